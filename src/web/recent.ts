// What the page shows of each metric beside its status: the last runs for its sparklines, the latest rows,
// how fast its rows are sent. Fed with every event. Bounded: 60 runs and one small set of rows a metric.

import type { EventOf, RowtailEvent } from '../core/events.ts'

export type RecentRun = {
  readonly atMs: number
  readonly durationMs: number
  /** Undefined where the run failed. */
  readonly rows?: number
}

export type LatestRows = {
  readonly atMs: number
  /** JSON, one text a row; a long one is cut and ends with "…". */
  readonly lines: readonly string[]
}

/** What is new of a metric since some moment. */
export type MetricNews = {
  readonly name: string
  readonly runs: readonly RecentRun[]
  readonly latestRows?: LatestRows
  readonly sentRowsPerSecond: number
}

export interface Recent {
  readonly apply: (event: RowtailEvent) => void
  /** Rises with every run: who knows all until then asks with it for what came later. */
  readonly sequence: () => number
  /** Everything with 0. */
  readonly since: (sequence: number, nowMs: number) => MetricNews[]
}

export const maxRecentRuns = 60
const maxMetrics = 1_000
const bucketMs = 10_000
const buckets = 6

type Numbered<T> = T & { readonly sequence: number }
type Sent = { startMs: number; rows: number }
type MetricMemory = { runs: Numbered<RecentRun>[]; latestRows?: Numbered<LatestRows>; sent: Sent[] }

export function createRecent(): Recent {
  const memories = new Map<string, MetricMemory>()
  let sequence = 1 // 0 is known to nobody

  function memoryOf(metric: string): MetricMemory | undefined {
    const known = memories.get(metric)
    if (known !== undefined || memories.size >= maxMetrics) return known
    const fresh: MetricMemory = { runs: [], sent: [] }
    memories.set(metric, fresh)
    return fresh
  }

  function addRun(memory: MetricMemory, run: RecentRun): void {
    sequence += 1
    memory.runs.push({ ...run, sequence })
    if (memory.runs.length > maxRecentRuns) memory.runs.shift()
  }

  function finish(memory: MetricMemory, { atMs, durationMs, rows, latestRows }: EventOf<'run.finished'>) {
    addRun(memory, { atMs, durationMs, rows })
    if (latestRows !== undefined) memory.latestRows = { atMs, lines: latestRows, sequence }
  }

  function apply(event: RowtailEvent): void {
    if (!('metric' in event)) return
    const memory = memoryOf(event.metric)
    if (memory === undefined) return
    if (event.type === 'run.finished') finish(memory, event)
    if (event.type === 'run.failed') addRun(memory, { atMs: event.atMs, durationMs: event.durationMs })
    if (event.type === 'push.delivered' && event.isRunLine !== true) addSent(memory.sent, event)
    if (event.type === 'metric.drained') memories.delete(event.metric)
  }

  return {
    apply,
    sequence: () => sequence,
    since: (known, nowMs) => [...memories].map(([name, memory]) => newsOf(name, memory, { known, nowMs })),
  }
}

function newsOf(name: string, memory: MetricMemory, since: { known: number; nowMs: number }): MetricNews {
  const { latestRows } = memory
  return {
    name,
    runs: memory.runs.filter((run) => run.sequence > since.known).map(withoutSequence),
    ...(latestRows !== undefined && latestRows.sequence > since.known
      ? { latestRows: withoutSequence(latestRows) }
      : {}),
    sentRowsPerSecond: rateOf(memory.sent, since.nowMs),
  }
}

function withoutSequence<T extends object>({ sequence: _sequence, ...rest }: Numbered<T>) {
  return rest
}

function addSent(sent: Sent[], { atMs, rows }: { readonly atMs: number; readonly rows: number }): void {
  const newest = sent.at(-1)
  const startMs = Math.floor(atMs / bucketMs) * bucketMs
  if (newest?.startMs === startMs) newest.rows += rows
  else sent.push({ startMs, rows })
  if (sent.length > buckets + 1) sent.shift()
}

/** Over the last minute. */
function rateOf(sent: readonly Sent[], nowMs: number): number {
  const sinceMs = nowMs - buckets * bucketMs
  const rows = sent.reduce((sum, bucket) => sum + (bucket.startMs >= sinceMs ? bucket.rows : 0), 0)
  return rows / ((buckets * bucketMs) / 1_000)
}
