// One metric's part of the status: what its events add up to. core/status keeps one a metric. Pure and
// bounded.

import type { ErrorReport } from './errors.ts'
import type { DropReason, EventOf, RowtailEvent, SpoolDepth } from './events.ts'
import type { RefusalReason } from './sink.ts'
import type { Flag } from './source.ts'

export type MetricEventType = Extract<RowtailEvent, { metric: string }>['type']

/** In falling order of what weighs most where several are true; `waiting`: no run has ended yet. */
export type MetricState =
  | 'draining'
  | 'stuck'
  | 'login_refused'
  | 'isolated'
  | 'failing'
  | 'running'
  | 'ok'
  | 'waiting'

export type LastRun = {
  readonly atMs: number
  readonly rows: number
  readonly bytes: number
  readonly durationMs: number
  readonly isCut: boolean
  /** At most 20; the run line in Loki has them all. */
  readonly flags: readonly Flag[]
}

/** When the last run began, and how long after it was due: what other metrics or hosts cost this one. */
export type LastTick = { readonly atMs: number; readonly latenessMs: number }

export type LastError = ErrorReport & { readonly atMs: number }

/** `isStuck`: a single entry that Loki fails on again and again; it is tried on and never dropped. */
export type PushError = LastError & { readonly isStuck?: true }

export type MetricStatus = {
  readonly name: string
  readonly state: MetricState
  readonly isSending: boolean
  readonly intervalMs: number
  /** When its worker first started. */
  readonly startedMs?: number
  /** When the next run is due. */
  readonly nextMs?: number
  readonly runningSinceMs?: number
  readonly lastTick?: LastTick
  /** The last run that succeeded. */
  readonly lastRun?: LastRun
  /** Of a run, or of its worker; stays when all is well again. */
  readonly lastError?: LastError
  readonly runs: { readonly ok: number; readonly failed: number; readonly failuresInARow: number }
  readonly skippedTicks: number
  /** Times that its worker was lost. */
  readonly restarts: number
  readonly spool: SpoolDepth
  /** Rows can at present not be written to the spool. */
  readonly spoolError?: LastError
  readonly delivered: { readonly rows: number; readonly bytes: number; readonly lastMs?: number }
  /** What the last push met, where it was not delivered. */
  readonly pushError?: PushError
  readonly restampedRows: number
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>
  readonly deadLetters: Readonly<Partial<Record<RefusalReason, number>>>
}

type Worker = 'alive' | 'lost' | 'stuck' | 'draining'

/** The status in the making: what the snapshot shows, and what its state is derived from. */
export type MetricRecord = Mutable<Omit<MetricStatus, 'state'>> & { worker: Worker; isIsolated: boolean }

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const maxFlags = 20

export function newMetricRecord(name: string, intervalMs: number, isSending: boolean): MetricRecord {
  return {
    name,
    intervalMs,
    isSending,
    worker: 'alive',
    isIsolated: false,
    runs: { ok: 0, failed: 0, failuresInARow: 0 },
    skippedTicks: 0,
    restarts: 0,
    spool: { bytes: 0, rows: 0, deadLetters: 0 },
    delivered: { rows: 0, bytes: 0 },
    restampedRows: 0,
    dropped: {},
    deadLetters: {},
  }
}

export function metricStatusOf(record: MetricRecord, isLoginRefused: boolean): MetricStatus {
  const { worker: _worker, isIsolated: _isIsolated, ...status } = record
  return { ...status, state: stateOf(record, isLoginRefused) }
}

function stateOf(record: MetricRecord, isLoginRefused: boolean): MetricState {
  if (record.worker === 'draining' || record.worker === 'stuck') return record.worker
  if (isLoginRefused) return 'login_refused'
  if (record.isIsolated) return 'isolated'
  if (record.worker === 'lost' || record.runs.failuresInARow > 0) return 'failing'
  if (record.runningSinceMs !== undefined) return 'running'
  return record.lastRun === undefined ? 'waiting' : 'ok'
}

type Fold = { readonly [K in MetricEventType]: (record: MetricRecord, event: EventOf<K>) => void }

const workerFold: Pick<
  Fold,
  | 'metric.started'
  | 'metric.draining'
  | 'metric.drained'
  | 'metric.isolated'
  | 'metric.returned'
  | 'worker.lost'
  | 'worker.stuck'
> = {
  'metric.started': (record, { atMs, intervalMs, isSending }) => {
    record.worker = 'alive'
    record.isIsolated = false
    record.startedMs ??= atMs
    record.intervalMs = intervalMs
    record.isSending = isSending
  },
  'metric.draining': (record, { depth }) => {
    record.worker = 'draining'
    record.spool = depth
  },
  'metric.drained': () => {},
  'metric.isolated': (record, { error, atMs }) => {
    record.isIsolated = true
    record.lastError = { ...error, atMs }
  },
  'metric.returned': (record) => {
    record.isIsolated = false
  },
  'worker.lost': (record, { error, atMs }) => {
    if (record.worker !== 'draining') record.worker = 'lost'
    record.restarts += 1
    record.lastError = { ...error, atMs }
    delete record.runningSinceMs
  },
  'worker.stuck': (record) => {
    record.worker = 'stuck'
  },
}

const runFold: Pick<Fold, 'run.started' | 'run.finished' | 'run.failed'> = {
  'run.started': (record, { atMs, tickMs, latenessMs }) => {
    record.runningSinceMs = atMs
    record.lastTick = { atMs: tickMs, latenessMs }
  },
  'run.finished': (record, event) => {
    const { atMs, rows, bytes, durationMs, isCut, flags, skippedTicks, nextMs } = event
    record.lastRun = { atMs, rows, bytes, durationMs, isCut, flags: flags.slice(0, maxFlags) }
    record.runs = { ...record.runs, ok: record.runs.ok + 1, failuresInARow: 0 }
    record.skippedTicks += skippedTicks
    record.nextMs = nextMs
    delete record.runningSinceMs
  },
  'run.failed': (record, { error, atMs, nextMs, failures }) => {
    record.lastError = { ...error, atMs }
    record.runs = { ...record.runs, failed: record.runs.failed + 1, failuresInARow: failures }
    record.nextMs = nextMs
    delete record.runningSinceMs
  },
}

const spoolFold: Pick<
  Fold,
  'spool.failed' | 'spool.recovered' | 'spool.quarantined' | 'spool.depth' | 'rows.dropped'
> = {
  'spool.failed': (record, { error, atMs }) => {
    record.spoolError = { ...error, atMs }
  },
  'spool.recovered': (record) => {
    delete record.spoolError
  },
  'spool.quarantined': (record, { error, atMs }) => {
    record.lastError = { ...error, atMs }
  },
  'spool.depth': (record, { depth }) => {
    record.spool = depth
  },
  'rows.dropped': (record, { reason, rows }) => {
    record.dropped = { ...record.dropped, [reason]: (record.dropped[reason] ?? 0) + rows }
  },
}

const deliveryFold: Omit<Fold, keyof typeof workerFold | keyof typeof runFold | keyof typeof spoolFold> = {
  'push.delivered': (record, { rows, bytes, isRunLine, atMs }) => {
    delete record.pushError
    if (isRunLine === true) return
    const { delivered } = record
    record.delivered = { rows: delivered.rows + rows, bytes: delivered.bytes + bytes, lastMs: atMs }
  },
  'push.failed': (record, { error, atMs, isStuck }) => {
    record.pushError = { ...error, atMs, ...(isStuck === true ? { isStuck } : {}) }
  },
  'push.restamped': (record, { rows }) => {
    record.restampedRows += rows
  },
  'dead_letters.added': (record, { reason, rows }) => {
    record.deadLetters = { ...record.deadLetters, [reason]: (record.deadLetters[reason] ?? 0) + rows }
  },
  'clock.stepped': () => {},
  'clock.ahead': () => {},
}

const fold: Fold = { ...workerFold, ...runFold, ...spoolFold, ...deliveryFold }

export function foldMetric(record: MetricRecord, event: Extract<RowtailEvent, { metric: string }>): void {
  // The key chose the event's own.
  const apply = fold[event.type] as (record: MetricRecord, event: RowtailEvent) => void
  apply(record, event)
}
