// The command `once`: one run of each metric that is named, or of every one that sends, its rows on standard
// output as the lines that Loki would store, what happened on standard error. Nothing is pushed, nothing is
// spooled.

import { once as onceEmitted } from 'node:events'
import { nearestName } from '../../config/suggest.ts'
import { ReportedError, sentenceOf } from '../../core/errors.ts'
import { sentencesOfFlags } from '../../core/log-lines-flags.ts'
import type { Metric } from '../../core/metric.ts'
import { countOf, formatElapsed } from '../../core/quantity.ts'
import { systemClock } from '../../kit/clock.ts'
import { checkDatabase } from '../../startup/check-database.ts'
import { openQuestions, type Questions } from '../../supervisor/questions.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Invocation } from '../program.ts'
import { loadOrTell, redactorOf } from './load.ts'
import { speaker } from './tell.ts'

export async function once(invocation: Invocation): Promise<number> {
  const loaded = loadOrTell(invocation)
  if (loaded === undefined) return exitCodes.settings
  const metrics = chosen(loaded.metrics, invocation.metrics)
  const { settings } = invocation
  const say = speaker(process.stderr, redactorOf(settings))
  for (const warning of loaded.warnings) say(sentenceOf(warning))
  const questions = openQuestions(
    settings.target,
    systemClock,
    Math.max(...metrics.map((one) => one.timeoutMs)),
  )
  try {
    const signal = new AbortController().signal
    const finding = await checkDatabase(settings.target, () => questions.connect(), signal)
    if (finding.kind === 'failed') throw new ReportedError(finding.error)
    let exitCode: number = exitCodes.stopped
    for (const metric of metrics) {
      if (!(await runOne(metric, questions, { say, invocation }))) exitCode = exitCodes.startup
    }
    return exitCode
  } finally {
    await questions.close()
  }
}

/** Every metric that sends; one that does not has effects, and runs only when it is named. */
function chosen(metrics: readonly Metric[], names: readonly string[]): readonly Metric[] {
  if (names.length === 0) return metrics.filter(({ send }) => send)
  return names.map((name) => {
    const metric = metrics.find((one) => one.name === name)
    if (metric !== undefined) return metric
    const near = nearestName(
      name,
      metrics.map((one) => one.name),
    )
    throw new ReportedError({
      code: 'flag_invalid',
      message: `There is no metric '${name}' in the metrics file.`,
      hint:
        near === undefined
          ? `There are: ${metrics.map((one) => one.name).join(', ')}.`
          : `Did you mean '${near}'?`,
    })
  })
}

/** True where the query ended well. */
async function runOne(
  metric: Metric,
  questions: Questions,
  { say, invocation }: { say: (text: string) => void; invocation: Invocation },
): Promise<boolean> {
  const startMs = systemClock.monotonicMs()
  let waiting: Promise<unknown> = Promise.resolve()
  const onLines = (lines: Uint8Array) => {
    // A copy: the bytes are the source's again after this call.
    if (!process.stdout.write(Buffer.from(lines))) waiting = onceEmitted(process.stdout, 'drain')
  }
  const { query, timeoutMs } = metric
  const question = { query, timeoutMs, bounds: invocation.settings.bounds.run, onLines }
  const result = await questions.ask(question, new AbortController().signal)
  await waiting
  const elapsed = formatElapsed(systemClock.monotonicMs() - startMs)
  if (result.kind === 'failed') {
    say(`${metric.name}: failed after ${elapsed}: ${sentenceOf(result.error)}`)
    return false
  }
  say(`${metric.name}: ${countOf(result.summary.rows, 'row')} in ${elapsed}`)
  for (const { text } of sentencesOfFlags(result.summary.flags)) say(`${metric.name}: ${text}`)
  return true
}
