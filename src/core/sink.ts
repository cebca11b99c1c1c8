// The seam towards where rows go. A sink has two sides: `EntryCodec` freezes rows in the worker, light enough
// for fifty threads, and `Sink` pushes what was frozen from the main thread. Loki is the first kind.

import type { ErrorReport } from './errors.ts'

/** Structured metadata of an entry, as name and value; names match [a-zA-Z_][a-zA-Z0-9_]*. */
export type Metadata = readonly (readonly [name: string, value: string])[]

/** Encodes entries of one run: the metadata is the same for all of them and is encoded once. */
export interface EntryEncoder {
  /**
   * Appends one entry to `out` at `offset` and returns the offset behind it. `line` is UTF-8.
   * The caller makes room: at most `maxEncodedBytes(line.length)`.
   */
  encode(atNs: bigint, line: Uint8Array, out: Uint8Array, offset: number): number
  maxEncodedBytes(lineBytes: number): number
}

/** The light half of a sink. The encoded entries of a chunk concatenate: a push body needs no decoding. */
export interface EntryCodec {
  encoderOf(metadata: Metadata): EntryEncoder
  /** The stream's identity as text, canonical: equal label sets give equal text. */
  streamOf(labels: Readonly<Record<string, string>>): string
  /** Where each entry of a chunk body starts, with its time; used when a push has to be taken apart. */
  entriesOf(body: Uint8Array): EncodedEntry[]
  /** The same line at another time, its metadata with `extra` added. */
  restamp(entry: Uint8Array, atNs: bigint, extra: Metadata): Uint8Array
  /** The same time and line, without metadata. */
  withoutMetadata(entry: Uint8Array): Uint8Array
  /** What a person reads of an entry, or of the first of several. */
  decode(entry: Uint8Array): { atNs: bigint; line: string; metadata: Metadata }
}

export type EncodedEntry = { readonly atNs: bigint; readonly start: number; readonly end: number }

/** One HTTP request's worth: whole encoded entries of one stream, times ascending. */
export type PushBody = {
  readonly stream: string
  readonly entries: Uint8Array
  /** Number of entries, for checking the counts that Loki answers with. */
  readonly count: number
}

/** Why a sink refused an entry for good; time reasons can be cured by a new time stamp. */
export const refusalReasons = [
  'too_new',
  'too_old',
  'too_far_behind',
  'too_long',
  'metadata',
  'labels',
  'other',
] as const

export type RefusalReason = (typeof refusalReasons)[number]

export type Refusal = { readonly reason: RefusalReason; readonly said: string }

/** What the sink said about one push, as a decision (docs/specs/delivery.md). */
export type PushOutcome =
  | { readonly kind: 'delivered' }
  /** The same bytes again. `isUnknown`: it may have been stored (no answer, 5xx). */
  | {
      readonly kind: 'retry'
      readonly error: ErrorReport
      readonly afterMs?: number
      readonly isUnknown: boolean
      /** Bytes a second of the tenant's limit, where the answer named it. */
      readonly tenantLimit?: number
      /** Identifies answers that say the same thing, for "20 identical 500 halve the push". */
      readonly sameAs: string
      /** Whose limit a 429 is, where not the tenant's: this stream's alone. All others go on. */
      readonly scope?: 'stream'
      /**
       * The limit may be below this push's size, in which case it never passes: a stream's own limit, whose
       * burst Loki does not name, or a tenant's that is below the push. Three in a row: halve it.
       */
      readonly isStreamLimit?: boolean
    }
  | { readonly kind: 'split'; readonly error: ErrorReport }
  /**
   * Some entries were refused, all others are stored. `named`: refused for sure, by time. `isWhole`: every
   * entry of the push was refused. Neither: halve until each refused one stands alone.
   */
  | {
      readonly kind: 'refused'
      readonly error: ErrorReport
      readonly named: readonly { readonly atNs: bigint; readonly refusal: Refusal }[]
      readonly isWhole: boolean
      readonly refusal: Refusal
    }
  /** Nothing will pass until somebody mends something: keep, say so, probe once a minute. */
  | { readonly kind: 'blocked'; readonly error: ErrorReport }

export type PushResult = {
  readonly outcome: PushOutcome
  /** The sink's clock minus ours in ms, from the answer's Date header (resolution 1 s). */
  readonly skewMs?: number
  /** The sink's clock when it answered, ms since the epoch: good also where ours steps right now. */
  readonly sinkMs?: number
  readonly durationMs: number
  /** Compressed bytes on the wire. */
  readonly wireBytes: number
}

export type Readiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'not_ready'; readonly error: ErrorReport }

/** Which of some entries a sink has; both lists are indexes. */
export type Lookup =
  /** In neither list: it is not seen, which of an entry of its age proves nothing. */
  | { readonly kind: 'known'; readonly stored: readonly number[]; readonly absent: readonly number[] }
  /** The sink does not answer now. */
  | { readonly kind: 'later' }
  /** It does not tell: an address for pushes only, or a login for them. */
  | { readonly kind: 'unknown' }

export interface Sink {
  /** Never rejects for what the sink or the network does: the outcome tells. Bounded by its own 10 s. */
  push(body: PushBody, signal: AbortSignal): Promise<PushResult>
  /** How many bytes of these entries the sink's rate limit counts. */
  countedBytes(entries: Uint8Array): number
  /** One question whether pushes are welcome and the login works; bounded by 5 s. */
  readiness(signal: AbortSignal): Promise<Readiness>
  /**
   * Which of these entries of one stream are stored, times ascending. Never rejects; bounded by 20 s. A sink
   * that cannot be asked has none.
   */
  lookUp?(entries: PushBody, signal: AbortSignal): Promise<Lookup>
  close(): void
}
