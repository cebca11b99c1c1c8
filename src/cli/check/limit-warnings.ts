// Which limits of Loki a service would meet, in words, with the cure. Pure: `check` asks Loki for its limits
// and the database for one run of each metric, and tells these sentences.

import type { Settings } from '../../config/settings.ts'
import type { Metric } from '../../core/metric.ts'
import { formatBytes, formatCount } from '../../core/quantity.ts'
import type { LokiLimits } from '../../sinks/loki/limits.ts'
import { type SampleRun, volumeOf } from './volume.ts'

export type Planned = {
  readonly settings: Settings
  readonly metrics: readonly Metric[]
  readonly runs: readonly SampleRun[]
  readonly limits: LokiLimits
}

export function limitWarnings(planned: Planned): string[] {
  return [
    ...metadataWarnings(planned),
    ...streamCountWarnings(planned),
    ...tenantWarnings(planned),
    ...planned.metrics.flatMap((metric) => labelWarnings(planned, metric)),
    ...planned.runs.flatMap((run) => runWarnings(planned, run)),
  ]
}

/** Streams of rows, of run lines, and of rowtail's own log. */
export function streamsOf({ settings, metrics }: Pick<Planned, 'settings' | 'metrics'>): number {
  const rowStreams = metrics.filter(({ send }) => send).length
  return rowStreams + metrics.length + (settings.log.isSentToLoki ? 1 : 0)
}

export function bytesPerSecondOf({ settings, runs }: Pick<Planned, 'settings' | 'runs'>): number {
  return runs.reduce((sum, run) => sum + volumeOf(run, settings.loki.sendsMetadata).bytesPerSecond, 0)
}

function metadataWarnings({ settings, limits }: Planned): string[] {
  if (limits.takesMetadata || !settings.loki.sendsMetadata) return []
  return ['Loki takes no structured metadata (allow_structured_metadata). Add --loki_metadata off.']
}

function streamCountWarnings(planned: Planned): string[] {
  const streams = streamsOf(planned)
  if (streams <= planned.limits.streams) return []
  const limit = `Loki's max_global_streams_per_user is ${formatCount(planned.limits.streams)}`
  return [`${formatCount(streams)} streams would be written, and ${limit}. Raise it, or ask less.`]
}

function tenantWarnings(planned: Planned): string[] {
  const { tenantBytesPerSecond } = planned.limits
  const bytesPerSecond = bytesPerSecondOf(planned)
  if (bytesPerSecond <= tenantBytesPerSecond) return []
  const limit = `Loki's ingestion_rate_mb is ${formatBytes(tenantBytesPerSecond)}`
  return [
    `${formatBytes(bytesPerSecond)} a second would be sent, and ${limit}. Raise it, or ask less often: ` +
      'the rest waits in the spools until they are full.',
  ]
}

function labelWarnings({ settings, limits }: Planned, { name, labels }: Metric): string[] {
  const pairs = Object.entries({ job: name, ...settings.target.labels, ...settings.labels, ...labels })
  const warnings: string[] = []
  const { labels: maxLabels, labelNameBytes, labelValueBytes } = limits
  if (pairs.length > maxLabels) {
    warnings.push(
      `${name} has ${pairs.length} labels, and Loki's max_label_names_per_series is ${maxLabels}.`,
    )
  }
  for (const [label, value] of pairs) {
    const place = `label ${label} of ${name} is longer than Loki's`
    if (Buffer.byteLength(label) > labelNameBytes) {
      warnings.push(`The ${place} max_label_name_length, ${labelNameBytes}.`)
    }
    if (Buffer.byteLength(value) > labelValueBytes) {
      warnings.push(`The value of the ${place} max_label_value_length, ${labelValueBytes}.`)
    }
  }
  return warnings
}

function runWarnings(planned: Planned, run: SampleRun): string[] {
  return run.metric.send ? [...lineWarnings(planned, run), ...paceWarnings(planned, run)] : []
}

function lineWarnings({ limits }: Planned, { metric, longestLineBytes }: SampleRun): string[] {
  if (longestLineBytes <= limits.lineBytes) return []
  return [
    `A row of ${metric.name} has ${formatBytes(longestLineBytes)}, and Loki's max_line_size is ` +
      `${formatBytes(limits.lineBytes)}: such rows become dead letters. Raise it, or select less.`,
  ]
}

/** A stream whose rows come faster than they may go never catches up. */
function paceWarnings({ settings, limits }: Planned, run: SampleRun): string[] {
  const { streamRate, sendsMetadata } = settings.loki
  const { rowBytesPerSecond } = volumeOf(run, sendsMetadata)
  const ownRate = streamRate === 'off' ? Number.POSITIVE_INFINITY : streamRate
  const paceBytes = Math.min(ownRate, limits.streamBytesPerSecond)
  if (rowBytesPerSecond <= paceBytes) return []
  const isOwn = ownRate <= limits.streamBytesPerSecond
  return [
    `${run.metric.name} would write ${formatBytes(rowBytesPerSecond)} a second into one stream, and ` +
      `${isOwn ? '--loki_stream_rate' : "Loki's per_stream_rate_limit"} is ${formatBytes(paceBytes)}: its ` +
      'rows would wait until its spool is full. Ask less often, select less, or make several metrics of it.',
  ]
}
