// What a service would send, reckoned from one run of each metric. Bytes are those that Loki counts: lines
// and structured metadata. Pure.

import type { Metric } from '../../core/metric.ts'
import type { Metadata } from '../../core/sink.ts'
import type { RunSummary } from '../../core/source.ts'
import { rowMetadata, runLine, runLineMetadata } from '../../worker/run-line.ts'

/** One run of a metric, as it went. */
export type SampleRun = {
  readonly metric: Metric
  readonly summary: RunSummary
  readonly durationMs: number
  /** Bytes of its longest line. */
  readonly longestLineBytes: number
}

export type Volume = {
  readonly rowBytesPerSecond: number
  /** Of rows and run lines. */
  readonly bytesPerSecond: number
}

const runId = '0123456789'

export function volumeOf(run: SampleRun, sendsMetadata: boolean): Volume {
  const { metric, summary, durationMs } = run
  const { rows, bytes, flags, isCut } = summary
  const rowBytes = bytes - rows + (sendsMetadata ? rows * bytesOf(rowMetadata(runId, durationMs)) : 0)
  const outcome = { kind: 'ok', isCut, flags, isSent: metric.send } as const
  const told = { runId, rows, durationMs, outcome }
  const runBytes = Buffer.byteLength(runLine(told)) + (sendsMetadata ? bytesOf(runLineMetadata(told)) : 0)
  const seconds = periodMs(metric, durationMs) / 1_000
  const rowBytesPerSecond = metric.send ? rowBytes / seconds : 0
  return { rowBytesPerSecond, bytesPerSecond: rowBytesPerSecond + runBytes / seconds }
}

/** Milliseconds between two runs: a run that overruns skips the ticks that it missed. */
export function periodMs({ intervalMs }: Metric, durationMs: number): number {
  return Math.max(1, Math.ceil(durationMs / intervalMs)) * intervalMs
}

function bytesOf(metadata: Metadata): number {
  return metadata.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
}
