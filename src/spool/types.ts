// What the spool stores and hands out. A chunk is whole encoded entries of one stream, at most 192 KiB; a
// range is a run of neighbouring chunks of one stream: what a push is made of, settled as one.

import type { DropReason } from '../core/events.ts'
import type { RefusalReason } from '../core/sink.ts'

/**
 * The most bytes of one chunk's body, and of one push: above it Loki may shard the stream and store a retry
 * twice.
 */
export const maxChunkBytes = 192 * 1024
/** The most time that one push spans: a retry of older entries stays well inside Loki's window of an hour. */
export const maxRangeSpanNs = 15n * 60n * 1_000_000_000n

export type StreamId = number

export type Chunk = {
  readonly stream: StreamId
  /** Encoded entries, concatenated. */
  readonly body: Uint8Array
  readonly entries: number
  readonly firstNs: bigint
  readonly lastNs: bigint
}

/** The end of a run: what makes its chunks, staged ones included, visible. */
export type RunCommit = {
  readonly chunks: readonly Chunk[]
  /** The newest time given to an entry, for each stream that the run wrote to. */
  readonly last: ReadonlyMap<StreamId, bigint>
  /** When the run began, ms since the epoch. */
  readonly lastRunMs: number
}

export type StreamBacklog = {
  readonly stream: StreamId
  /** Canonical label text, see EntryCodec.streamOf. */
  readonly labels: string
  readonly bytes: number
  readonly entries: number
  readonly oldestNs: bigint
  /** Every byte that was added since the spool was opened, whether delivered, dropped or still there. */
  readonly appendedBytes: number
}

/** Neighbouring visible chunks of one stream, oldest first, times ascending over the whole range. */
export type ChunkRange = {
  readonly stream: StreamId
  readonly kind: StreamKind
  readonly labels: string
  readonly firstChunk: number
  readonly lastChunk: number
  readonly entries: number
  readonly bytes: number
  readonly firstNs: bigint
  readonly lastNs: bigint
}

/** What stands first in `said` of a dead letter that an earlier push, its answer lost, may have stored. */
export const maybeStoredWords = 'It may be stored already'

/** An entry that the sink refused for good. */
export type DeadLetter = {
  readonly entry: Uint8Array
  readonly reason: RefusalReason
  /** The sink's words, at most 500 characters. */
  readonly said: string
  /** When it was refused, ms since the epoch; unknown for letters of an older rowtail. */
  readonly atMs?: number
}

/** What was stored of a range, so that Loki can be asked for it later. Refused entries are no part of it. */
export type Delivered = {
  /** When Loki acknowledged it, ms since the epoch. */
  readonly atMs: number
  readonly firstNs: bigint
  readonly lastNs: bigint
  readonly entries: number
  /** Encoded bytes of the entries. */
  readonly bytes: number
  /** Of the entries as they were sent, see core/checksum.ts. */
  readonly checksum: number
  /** Names of the metadata in the order in which it was sent: Loki shows it in another one. */
  readonly metadataNames: readonly string[]
}

/** How a range ended: its entries are gone, delivered ones leave one record. */
export type Settlement = {
  /** None where all entries were refused. */
  readonly delivered?: Delivered
  readonly dead: readonly DeadLetter[]
  /** Refused for their time and stamped anew: appended to the stream as a chunk, in the same transaction. */
  readonly restamped: readonly Chunk[]
}

export type Dropped = { readonly entries: number; readonly bytes: number; readonly reason: DropReason }

/** Whose lines a stream holds: rows of the metric, or one line per run. Run lines are evicted last. */
export type StreamKind = 'rows' | 'runs'

export type SpoolBounds = {
  /** Live bytes of one metric's spool; default 256 MiB. */
  readonly maxBytes: number
  /** Bytes of dead letters; default 32 MiB. */
  readonly maxDeadLetterBytes: number
}

export const defaultSpoolBounds: SpoolBounds = {
  maxBytes: 256 * 1024 * 1024,
  maxDeadLetterBytes: 32 * 1024 * 1024,
}
