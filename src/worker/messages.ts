// What the main thread and a worker say to each other; a worker says it in lists, one for each turn of its
// event loop. Rows cross only inside a `push`, whose bytes are moved, not copied; everything else is small.
// A worker answers every grant: with a push, a question or a pass.

import type { ErrorReport } from '../core/errors.ts'
import type { DropReason, MetricEvent } from '../core/events.ts'
import type { Metric, RunBounds } from '../core/metric.ts'
import type { Place } from '../core/schedule.ts'
import type { Lookup, PushResult } from '../core/sink.ts'
import type { HostAddress } from '../sources/sql/host-lane.ts'
import type { SpoolBounds, StreamBacklog, StreamId } from '../spool/types.ts'

/** Everything that a worker is born with. It holds no secret. */
export type WorkerInit = {
  readonly name: string
  /** Undefined for a worker that only drains the spool of a metric that is no longer configured. */
  readonly metric?: Metric
  readonly place: Place
  readonly spoolPath: string
  readonly spoolBounds: SpoolBounds
  readonly runBounds: RunBounds
  readonly sink: 'loki'
  /** Labels of the row stream and of the run stream, complete. */
  readonly labels: {
    readonly rows: Readonly<Record<string, string>>
    readonly runs: Readonly<Record<string, string>>
  }
  /** False where Loki takes no structured metadata. */
  readonly isMetadataOn: boolean
  /** The status page shows the last rows of each run. */
  readonly showsRows: boolean
}

export type ToWorker =
  /** Polls may begin: all startup checks have passed. */
  | { readonly type: 'poll' }
  /** The login is refused: no run until `poll` comes again. */
  | { readonly type: 'pause' }
  | { readonly type: 'host'; readonly address?: HostAddress }
  | { readonly type: 'host_lost'; readonly hostId: number; readonly error: ErrorReport }
  /** A slot: one push of this stream is welcome. */
  | { readonly type: 'grant'; readonly stream: StreamId; readonly skewMs: number }
  | { readonly type: 'answer'; readonly stream: StreamId; readonly result: PushResult }
  /** What the sink said to an `ask`. */
  | { readonly type: 'told'; readonly stream: StreamId; readonly lookup: Lookup }
  | { readonly type: 'evict'; readonly bytes: number; readonly reason: DropReason }
  /** Polls end now; deliveries go on until `leave`. */
  | { readonly type: 'stop' }
  | { readonly type: 'leave' }

export type FromWorker =
  | { readonly type: 'event'; readonly event: MetricEvent & { readonly atMs: number } }
  | { readonly type: 'beat' }
  /** All streams with something to send; sent after each change. */
  | { readonly type: 'backlog'; readonly streams: readonly StreamBacklog[] }
  | { readonly type: 'push'; readonly push: PushOrder }
  /** Instead of a push: which of these entries does the sink have? */
  | { readonly type: 'ask'; readonly question: Question }
  /** Nothing of this stream may go now; ask again after `afterMs`. */
  | { readonly type: 'pass'; readonly stream: StreamId; readonly afterMs: number }
  /** What an answer led to; the stream may be granted again after `afterMs`. */
  | { readonly type: 'settled'; readonly stream: StreamId; readonly afterMs: number }
  /** Nothing of this stream waits: what comes within `forMs` goes in one push. Said before `settled`. */
  | { readonly type: 'gather'; readonly stream: StreamId; readonly forMs: number }
  /** A call was left behind on that host: this metric needs another one. */
  | { readonly type: 'abandoned'; readonly hostId: number }
  /** A call went down with that host, as far as the worker knows: its lane ended. */
  | { readonly type: 'went_down'; readonly hostId: number }
  /** Ten clean runs on the isolation host. */
  | { readonly type: 'clean' }
  | { readonly type: 'login_refused'; readonly error: ErrorReport }
  /** What `evict` led to; nothing goes where all is on its way to the sink. */
  | { readonly type: 'evicted'; readonly bytes: number }
  /** No run is in flight any more, after `stop`. */
  | { readonly type: 'stopped' }

export type Question = {
  readonly stream: StreamId
  readonly labels: string
  /** Whole encoded entries; moved to the main thread. */
  readonly entries: Uint8Array
  readonly count: number
}

export type PushOrder = Question & {
  readonly firstChunk: number
  readonly lastChunk: number
}
