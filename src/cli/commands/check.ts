// The command `check`: every startup check, then each query once, nothing pushed; and what a service would
// send, against the limits of Loki. A metric that sends nothing is not run, for it has effects. Exit code 3
// where anything failed; warnings leave it at 0.

import { ReportedError } from '../../core/errors.ts'
import type { ServiceEvent } from '../../core/events.ts'
import type { Metric } from '../../core/metric.ts'
import { countOf } from '../../core/quantity.ts'
import { systemClock } from '../../kit/clock.ts'
import { sinks } from '../../sinks/registry.ts'
import { lockStateDirectory } from '../../spool/state-lock.ts'
import { cpuCheckTimeoutMs } from '../../startup/check-cpu-only.ts'
import { runStartupChecks } from '../../startup/run-startup-checks.ts'
import { serviceChecks } from '../../startup/service-checks.ts'
import { openQuestions, type Questions } from '../../supervisor/questions.ts'
import { checkMetric } from '../check/metric.ts'
import { tellVolume } from '../check/tell-volume.ts'
import { findingOf, jsonVoice, textVoice, type Voice } from '../check/voice.ts'
import type { SampleRun } from '../check/volume.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Invocation } from '../program.ts'
import { type Loaded, loadOrTell, redactorOf } from './load.ts'

export async function check(invocation: Invocation): Promise<number> {
  const loaded = loadOrTell(invocation)
  if (loaded === undefined) return exitCodes.settings
  const { settings, spool } = invocation
  const voice = (spool.isJson ? jsonVoice : textVoice)(process.stdout, redactorOf(settings))
  const exitCode = await checkAll(invocation, loaded, voice)
  voice.end(exitCode)
  return exitCode
}

async function checkAll(invocation: Invocation, loaded: Loaded, voice: Voice): Promise<number> {
  const { settings } = invocation
  const { metrics } = loaded
  const text = `${countOf(metrics.length, 'metric')} in ${settings.metricsPath}`
  voice.tell({ result: 'ok', what: 'metrics', text })
  for (const warning of loaded.warnings) voice.tell(findingOf('warning', 'settings', warning))
  checkStateDirectory(settings.stateDir, voice)
  const maxTimeoutMs = Math.max(...metrics.map(({ timeoutMs }) => timeoutMs))
  const questions = openQuestions(settings.target, systemClock, maxTimeoutMs)
  try {
    const failed = await checkServers(invocation, questions, voice)
    // Queries need no Loki.
    if (failed !== undefined && failed !== 'loki') return exitCodes.startup
    const runs = await runsOf(metrics, { invocation, questions, voice })
    await tellVolume({ settings, metrics, runs: runs.filter((run) => run !== 'failed') }, voice)
    for (const text of questions.limitations()) voice.tell({ result: 'warning', what: 'driver', text })
    return failed !== undefined || runs.includes('failed') ? exitCodes.startup : exitCodes.stopped
  } finally {
    await questions.close()
  }
}

type Parts = { readonly invocation: Invocation; readonly questions: Questions; readonly voice: Voice }

/** One run of every metric that sends; those that do not are left out. */
async function runsOf(metrics: readonly Metric[], parts: Parts): Promise<(SampleRun | 'failed')[]> {
  const runs: (SampleRun | 'failed')[] = []
  for (const metric of metrics) {
    const run = await checkMetric(metric, { ...parts, settings: parts.invocation.settings })
    if (run !== 'not_run') runs.push(run)
  }
  return runs
}

/** A service may be running there: that is no fault of the settings. */
function checkStateDirectory(directory: string, voice: Voice): void {
  const what = 'state directory'
  try {
    lockStateDirectory(directory).release()
    voice.tell({ result: 'ok', what, text: directory })
  } catch (error) {
    if (!(error instanceof ReportedError) || error.report.code !== 'state_dir_in_use') throw error
    voice.tell(findingOf('warning', what, error.report))
  }
}

/** The name of the check that failed; undefined where all of them passed. */
async function checkServers(
  { settings }: Invocation,
  questions: Questions,
  voice: Voice,
): Promise<string | undefined> {
  const sink = (await sinks.loki.create())(settings.loki)
  const checks = serviceChecks(settings, {
    sink,
    connect: () => questions.connect(),
    ask: (query, signal) => questions.ask({ query, timeoutMs: cpuCheckTimeoutMs }, signal),
  })
  let failed: string | undefined
  try {
    await runStartupChecks(checks, {
      emit: (event) => {
        if (event.type === 'check.failed') failed = event.check
        tellCheck(event, voice)
      },
      clock: systemClock,
      waitMs: 0,
      hasDeliveredBefore: false,
      isStrict: true,
      signal: new AbortController().signal,
    })
    return failed
  } finally {
    sink.close()
  }
}

function tellCheck(event: ServiceEvent, voice: Voice): void {
  if (event.type === 'check.passed') voice.tell({ result: 'ok', what: event.check, text: event.detail })
  if (event.type === 'check.warned') voice.tell(findingOf('warning', event.check, event.error))
  if (event.type === 'check.failed') voice.tell(findingOf('failed', event.check, event.error))
}
