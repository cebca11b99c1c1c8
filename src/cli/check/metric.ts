// One metric under `check`: its query once, and everything about the answer that a person wants to know
// before the service runs: columns and types, what could not be passed on exactly, how long it took, how much
// it is.

import type { Settings } from '../../config/settings.ts'
import { formatDuration } from '../../core/duration.ts'
import { sentencesOfFlags } from '../../core/log-lines-flags.ts'
import type { Metric } from '../../core/metric.ts'
import { countOf, formatBytes, formatElapsed } from '../../core/quantity.ts'
import type { ResultColumn } from '../../core/source.ts'
import { systemClock } from '../../kit/clock.ts'
import type { Questions } from '../../supervisor/questions.ts'
import { renamedByJson } from '../commands/json-names.ts'
import { findingOf, type Voice } from './voice.ts'
import { periodMs, type SampleRun, volumeOf } from './volume.ts'

export type MetricCheck = {
  readonly settings: Settings
  readonly questions: Questions
  readonly voice: Voice
}

/** What every entry carries beside its line: a column of that name is renamed by `| json`. */
const reservedNames = ['job', 'host', 'database', 'service_name', 'response_time', 'run_id', 'detected_level']

const dayMs = 86_400_000
/** Of the interval; a run that takes longer will sometimes miss a tick. */
const longShare = 0.8

export async function checkMetric(
  metric: Metric,
  { settings, questions, voice }: MetricCheck,
): Promise<SampleRun | 'failed' | 'not_run'> {
  const { name, intervalMs, send } = metric
  const known = { metric: name, intervalSeconds: intervalMs / 1_000, sends: send }
  if (!send) {
    const text = 'not run here, for it sends no rows and may have effects'
    voice.tell({ result: 'not_run', what: name, text })
    voice.metric({ ...known, result: 'not_run' })
    return 'not_run'
  }
  const lines = createLineWatch()
  const startMs = systemClock.monotonicMs()
  const { query, timeoutMs } = metric
  const question = {
    query,
    timeoutMs,
    bounds: settings.bounds.run,
    onLines: lines.add,
    withColumns: true,
  } as const
  const result = await questions.ask(question, new AbortController().signal)
  if (result.kind === 'failed') {
    voice.tell(findingOf('failed', name, result.error))
    voice.metric({ ...known, result: 'failed' })
    return 'failed'
  }
  const durationMs = systemClock.monotonicMs() - startMs
  const { summary } = result
  const run: SampleRun = { metric, summary, durationMs, longestLineBytes: lines.longestBytes() }
  const bytesPerDay = (volumeOf(run, settings.loki.sendsMetadata).bytesPerSecond * dayMs) / 1_000
  tellRun(run, bytesPerDay, voice)
  for (const { text } of sentencesOfFlags(summary.flags)) voice.tell({ result: 'warning', what: name, text })
  warnOfInterval(run, voice)
  warnOfNames(metric, { settings, voice, firstLine: lines.first() })
  const { rows, bytes, columns = [], flags } = summary
  const durationSeconds = Math.round(durationMs) / 1_000
  const told = { rows, bytes, durationSeconds, columns, flags, bytesPerDay: Math.round(bytesPerDay) }
  voice.metric({ ...known, result: 'ok', ...told })
  return run
}

function tellRun({ metric, summary, durationMs }: SampleRun, bytesPerDay: number, voice: Voice): void {
  const { rows, columns = [] } = summary
  const share = Math.round((100 * durationMs) / metric.intervalMs)
  const part = `${share} % of its interval of ${formatDuration(metric.intervalMs)}`
  const time = `${formatElapsed(durationMs)}, ${part}`
  const text = `${countOf(rows, 'row')} in ${time}; ${formatBytes(bytesPerDay)} a day`
  voice.tell({ result: 'ok', what: metric.name, text })
  voice.detail(`columns: ${columns.map(columnText).join(', ')}`)
}

function columnText({ name, type }: ResultColumn): string {
  return type === '' ? name : `${name} ${type}`
}

function warnOfInterval({ metric, durationMs }: SampleRun, voice: Voice): void {
  const { name, intervalMs } = metric
  if (durationMs <= intervalMs * longShare) return
  const text =
    durationMs > intervalMs
      ? `the run took longer than the interval: ticks would be skipped, and rows come every ` +
        `${formatElapsed(periodMs(metric, durationMs))}. Ask less often, or make the query cheaper.`
      : 'the run took most of its interval: a busy database would miss ticks. Ask less often.'
  voice.tell({ result: 'warning', what: name, text })
}

type Names = { readonly settings: Settings; readonly voice: Voice; readonly firstLine: string | undefined }

function warnOfNames({ name, labels }: Metric, { settings, voice, firstLine }: Names): void {
  const taken = [...reservedNames, ...Object.keys(settings.labels), ...Object.keys(labels)]
  for (const { column, renamed } of firstLine === undefined ? [] : renamedByJson(firstLine, taken)) {
    const text = `column "${column}": LogQL's \`| json\` calls it ${renamed}; give it another name with AS`
    voice.tell({ result: 'warning', what: name, text })
  }
}

type LineWatch = {
  /** Whole lines; the bytes are read during the call. */
  readonly add: (lines: Uint8Array) => void
  readonly first: () => string | undefined
  readonly longestBytes: () => number
}

function createLineWatch(): LineWatch {
  let first: string | undefined
  let longestBytes = 0
  return {
    add(lines) {
      first ??= Buffer.from(lines.subarray(0, lines.indexOf(10))).toString('utf8')
      for (let start = 0; start < lines.length; ) {
        const end = lines.indexOf(10, start)
        longestBytes = Math.max(longestBytes, end - start)
        start = end + 1
      }
    },
    first: () => first,
    longestBytes: () => longestBytes,
  }
}
