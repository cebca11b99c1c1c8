// Everything that happens, as data. Workers and hosts post events to the main thread, which folds them into
// one status (core/status) and writes state changes to the log (kit/log). Tests wait for events, never for
// time.

import type { ErrorReport } from './errors.ts'
import type { RefusalReason } from './sink.ts'
import type { Flag } from './source.ts'

export type DropReason = 'spool_full' | 'spool_total' | 'disk_low' | 'spool_damaged' | 'dead_letters_full'

export type HostRole = 'main' | 'isolation'

/** The depth of one metric's spool. */
export type SpoolDepth = {
  readonly bytes: number
  readonly rows: number
  /** Time of the oldest live entry, ms since the epoch. */
  readonly oldestMs?: number
  readonly deadLetters: number
}

export type MetricEvent =
  | { readonly type: 'metric.started'; readonly intervalMs: number; readonly isSending: boolean }
  /** A drain-only worker: its metric is no longer configured. */
  | { readonly type: 'metric.draining'; readonly depth: SpoolDepth }
  | { readonly type: 'metric.drained'; readonly deadLetters: number }
  | { readonly type: 'run.started'; readonly tickMs: number; readonly latenessMs: number }
  | {
      readonly type: 'run.finished'
      readonly rows: number
      readonly bytes: number
      readonly durationMs: number
      readonly isCut: boolean
      readonly flags: readonly Flag[]
      readonly skippedTicks: number
      /** Failures in a row that this run ended. */
      readonly failuresBefore: number
      readonly isSent: boolean
      /** When the next run is due, ms since the epoch. */
      readonly nextMs: number
      /** The last rows for the status page, where there is one: few, and cut where they are long. */
      readonly latestRows?: readonly string[]
    }
  | {
      readonly type: 'run.failed'
      readonly error: ErrorReport
      readonly durationMs: number
      readonly rows: number
      /** Failures in a row, this one included. */
      readonly failures: number
      readonly nextMs: number
    }
  /** Rows are taken but could not be spooled: the disk is full or the file is damaged. */
  | { readonly type: 'spool.failed'; readonly error: ErrorReport }
  | { readonly type: 'spool.recovered' }
  | {
      readonly type: 'spool.quarantined'
      readonly error: ErrorReport
      readonly copyPath: string
      /** Rows, run lines included, that could be read of it and are in the new spool. */
      readonly saved?: number
      /** Undefined where nothing tells how many it held besides. */
      readonly lost?: number
    }
  | { readonly type: 'spool.depth'; readonly depth: SpoolDepth }
  | {
      readonly type: 'rows.dropped'
      readonly rows: number
      readonly bytes: number
      readonly reason: DropReason
    }
  | {
      readonly type: 'push.delivered'
      readonly rows: number
      readonly bytes: number
      readonly durationMs: number
      /** Lines of the run stream: one a run, no rows of the metric. */
      readonly isRunLine?: true
    }
  | {
      readonly type: 'push.failed'
      readonly error: ErrorReport
      readonly outcome: string
      readonly failures: number
      /** A single entry that Loki has failed on alike 20 times: it is tried on and never dropped. */
      readonly isStuck?: boolean
    }
  | { readonly type: 'push.restamped'; readonly rows: number; readonly reason: RefusalReason }
  | {
      readonly type: 'dead_letters.added'
      readonly rows: number
      readonly reason: RefusalReason
      readonly said: string
    }
  | { readonly type: 'clock.stepped'; readonly behindMs: number }
  | { readonly type: 'clock.ahead'; readonly aheadMs: number }
  | { readonly type: 'metric.isolated'; readonly error: ErrorReport }
  | { readonly type: 'metric.returned' }

export type ServiceEvent =
  | {
      readonly type: 'service.starting'
      readonly version: string
      readonly target: string
      readonly metrics: number
    }
  | { readonly type: 'check.passed'; readonly check: string; readonly detail: string }
  | { readonly type: 'check.warned'; readonly check: string; readonly error: ErrorReport }
  | { readonly type: 'check.failed'; readonly check: string; readonly error: ErrorReport }
  | {
      readonly type: 'check.waiting'
      readonly check: string
      readonly error: ErrorReport
      readonly waitMs: number
    }
  | { readonly type: 'service.ready'; readonly listen?: string }
  | { readonly type: 'service.stopping'; readonly cause: string }
  | { readonly type: 'service.stopped'; readonly spooledRows: number }
  | { readonly type: 'warning'; readonly error: ErrorReport }
  | { readonly type: 'host.started'; readonly role: HostRole; readonly pid: number }
  | { readonly type: 'host.lost'; readonly role: HostRole; readonly pid: number; readonly error: ErrorReport }
  /** The driver cannot do something and is used without it; said once. */
  | { readonly type: 'driver.limited'; readonly what: string }
  | {
      readonly type: 'worker.lost'
      readonly metric: string
      readonly error: ErrorReport
      readonly restartMs: number
    }
  | { readonly type: 'worker.stuck'; readonly metric: string }
  | { readonly type: 'login.refused'; readonly error: ErrorReport; readonly probeMs: number }
  | { readonly type: 'login.accepted' }
  | { readonly type: 'sink.lost'; readonly error: ErrorReport }
  | { readonly type: 'sink.back'; readonly awayMs: number }
  | { readonly type: 'sink.limited'; readonly bytesPerSecond: number }
  /** A stream produces more than its pace and is sent as fast as that: a retry of it may be stored twice. */
  | { readonly type: 'stream.fast'; readonly stream: string; readonly bytesPerSecond: number }
  | { readonly type: 'stream.steady'; readonly stream: string }

export type RowtailEvent =
  | (MetricEvent & { readonly atMs: number; readonly metric: string })
  | (ServiceEvent & { readonly atMs: number })

export type EventType = RowtailEvent['type']
export type EventOf<T extends EventType> = Extract<RowtailEvent, { type: T }>
