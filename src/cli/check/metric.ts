// One metric under `check`: its query once, and everything about the answer that a person wants to know
// before the service runs: columns and types, what could not be passed on exactly, how long it took, how much
// it is.

import type { Settings } from '../../config/settings.ts'
import { formatDuration } from '../../core/duration.ts'
import { sentencesOfFlags } from '../../core/log-lines-flags.ts'
import type { Metric } from '../../core/metric.ts'
import { countOf, formatBytes, formatElapsed } from '../../core/quantity.ts'
import type { ResultColumn } from '../../core/source.ts'
import { entryLabels, renamedByJson } from '../../sinks/loki/json-names.ts'
import type { Questions } from '../../supervisor/questions.ts'
import { sampleOf } from './sample.ts'
import { findingOf, type Voice } from './voice.ts'
import { periodMs, type SampleRun, volumeOf } from './volume.ts'

export type MetricCheck = {
  readonly settings: Settings
  readonly questions: Questions
  readonly voice: Voice
}

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
  const sample = await sampleOf(metric, questions, settings.bounds.run)
  if (sample.kind === 'failed') {
    voice.tell(findingOf('failed', name, sample.error))
    voice.metric({ ...known, result: 'failed' })
    return 'failed'
  }
  const { run, firstLines } = sample
  const { summary, durationMs } = run
  const bytesPerDay = (volumeOf(run, settings.loki.sendsMetadata).bytesPerSecond * dayMs) / 1_000
  tellRun(run, bytesPerDay, voice)
  for (const { text } of sentencesOfFlags(summary.flags)) voice.tell({ result: 'warning', what: name, text })
  warnOfInterval(run, voice)
  warnOfNames(metric, { settings, voice, firstLine: firstLines[0] })
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
  const taken = [...entryLabels, ...Object.keys(settings.labels), ...Object.keys(labels)]
  for (const { column, renamed } of firstLine === undefined ? [] : renamedByJson(firstLine, taken)) {
    const text = `column "${column}": LogQL's \`| json\` calls it ${renamed}; give it another name with AS`
    voice.tell({ result: 'warning', what: name, text })
  }
}
