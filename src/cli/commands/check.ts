// The command `check`: every startup check, then each query once, nothing pushed. A metric that sends nothing
// is not run, for it has effects. Exit code 3 where anything failed.

import { ReportedError, sentenceOf } from '../../core/errors.ts'
import type { ServiceEvent } from '../../core/events.ts'
import { sentencesOfFlags } from '../../core/log-lines-flags.ts'
import type { Metric } from '../../core/metric.ts'
import { countOf, formatElapsed } from '../../core/quantity.ts'
import { systemClock } from '../../kit/clock.ts'
import { sinks } from '../../sinks/registry.ts'
import { lockStateDirectory } from '../../spool/state-lock.ts'
import { cpuCheckTimeoutMs } from '../../startup/check-cpu-only.ts'
import { runStartupChecks } from '../../startup/run-startup-checks.ts'
import { serviceChecks } from '../../startup/service-checks.ts'
import { openQuestions, type Questions } from '../../supervisor/questions.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Invocation } from '../program.ts'
import { renamedByJson } from './json-names.ts'
import { loadOrTell, redactorOf } from './load.ts'
import { speaker } from './tell.ts'

type Mark = 'ok' | 'warn' | 'FAIL' | 'skip'
type Tell = (mark: Mark, what: string, text: string) => void

/** What every entry carries beside its line: a column of that name is renamed by `| json`. */
const reservedNames = ['job', 'host', 'database', 'service_name', 'response_time', 'run_id', 'detected_level']

export async function check(invocation: Invocation): Promise<number> {
  const loaded = loadOrTell(invocation)
  if (loaded === undefined) return exitCodes.settings
  const { settings } = invocation
  const say = speaker(process.stdout, redactorOf(settings))
  const tell: Tell = (mark, what, text) => say(`${mark.padEnd(4)}  ${what.padEnd(20)}  ${text}`)
  tell('ok', 'metrics', `${countOf(loaded.metrics.length, 'metric')} in ${settings.metricsPath}`)
  for (const warning of loaded.warnings) tell('warn', 'settings', sentenceOf(warning))
  checkStateDirectory(settings.stateDir, tell)
  const maxTimeoutMs = Math.max(...loaded.metrics.map(({ timeoutMs }) => timeoutMs))
  const questions = openQuestions(settings.target, systemClock, maxTimeoutMs)
  try {
    const isServed = await checkServers(invocation, questions, tell)
    if (!isServed) return exitCodes.startup
    let failures = 0
    for (const metric of loaded.metrics) {
      const isGood = await checkMetric(metric, { invocation, questions, tell })
      if (!isGood) failures += 1
    }
    return failures === 0 ? exitCodes.stopped : exitCodes.startup
  } finally {
    await questions.close()
  }
}

/** A service may be running there: that is no fault of the settings. */
function checkStateDirectory(directory: string, tell: Tell): void {
  try {
    lockStateDirectory(directory).release()
    tell('ok', 'state directory', directory)
  } catch (error) {
    if (!(error instanceof ReportedError) || error.report.code !== 'state_dir_in_use') throw error
    tell('warn', 'state directory', sentenceOf(error.report))
  }
}

/** True where all of them passed. */
async function checkServers({ settings }: Invocation, questions: Questions, tell: Tell): Promise<boolean> {
  const sink = (await sinks.loki.create())(settings.loki)
  const checks = serviceChecks(settings, {
    sink,
    connect: () => questions.connect(),
    ask: (query, signal) => questions.ask({ query, timeoutMs: cpuCheckTimeoutMs }, signal),
  })
  try {
    const failed = await runStartupChecks(checks, {
      emit: (event) => tellCheck(event, tell),
      clock: systemClock,
      waitMs: 0,
      hasDeliveredBefore: false,
      isStrict: true,
      signal: new AbortController().signal,
    })
    return failed === undefined
  } finally {
    sink.close()
  }
}

function tellCheck(event: ServiceEvent, tell: Tell): void {
  if (event.type === 'check.passed') tell('ok', event.check, event.detail)
  if (event.type === 'check.warned') tell('warn', event.check, sentenceOf(event.error))
  if (event.type === 'check.failed') tell('FAIL', event.check, sentenceOf(event.error))
}

type CheckParts = { readonly invocation: Invocation; readonly questions: Questions; readonly tell: Tell }

/** True where the query ended well, or was not to be run. */
async function checkMetric(metric: Metric, { invocation, questions, tell }: CheckParts): Promise<boolean> {
  const { name, query, timeoutMs } = metric
  if (!metric.send) {
    tell('skip', name, 'not run here, for it sends no rows and may have effects')
    return true
  }
  const { bounds, labels } = invocation.settings
  let firstLine: string | undefined
  const onLines = (lines: Uint8Array) => {
    firstLine ??= Buffer.from(lines.subarray(0, lines.indexOf(10))).toString('utf8')
  }
  const startMs = systemClock.monotonicMs()
  const question = { query, timeoutMs, bounds: bounds.run, onLines }
  const result = await questions.ask(question, new AbortController().signal)
  if (result.kind === 'failed') {
    tell('FAIL', name, sentenceOf(result.error))
    return false
  }
  const elapsed = formatElapsed(systemClock.monotonicMs() - startMs)
  tell('ok', name, `${countOf(result.summary.rows, 'row')} in ${elapsed}`)
  for (const { text } of sentencesOfFlags(result.summary.flags)) tell('warn', name, text)
  const taken = [...reservedNames, ...Object.keys(labels), ...Object.keys(metric.labels)]
  for (const { column, renamed } of firstLine === undefined ? [] : renamedByJson(firstLine, taken)) {
    tell(
      'warn',
      name,
      `column "${column}": LogQL's \`| json\` calls it ${renamed}; give it another name with AS`,
    )
  }
  return true
}
