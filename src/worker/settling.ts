// Settles one range piece by piece: what to push next after each answer, and at the end which entries were
// refused. Pure: the delivery loop pushes, waits and stores. The first piece is the whole range; where a sink
// only counts what it refused, halves of the same entries go again until each refused one stands alone
// (stored ones are repeats).

import type { ErrorReport } from '../core/errors.ts'
import type { EncodedEntry, Metadata, PushOutcome, Refusal } from '../core/sink.ts'

/** Indexes of the range's entries that make the next push, ascending. */
export type Piece = readonly number[]

export type RefusedEntry = {
  readonly index: number
  readonly refusal: Refusal
  /**
   * Refused for its time, and an earlier push of it had an unknown end: that one may have stored it, before
   * newer entries, or a clock that was set, made its time a wrong one.
   */
  readonly isMaybeStored: boolean
}

/** What to do after an answer; `next()` always tells what to push. */
export type Advice =
  | { readonly kind: 'next' }
  /**
   * The same entries, or half of them, after a wait. `isStuck`: a single entry that has failed alike 20
   * times.
   */
  | { readonly kind: 'again'; readonly afterMs?: number; readonly isStuck: boolean }
  /** Every entry is delivered or refused; refused ones ascending. */
  | { readonly kind: 'done'; readonly refused: readonly RefusedEntry[] }
  /** Nothing passes until somebody mends something: all is kept, `next()` is the probe. */
  | { readonly kind: 'blocked'; readonly error: ErrorReport }

export type Settling = {
  /** The piece to push; the same one until it is answered, undefined once all is settled. */
  next(): Piece | undefined
  answer(outcome: PushOutcome): Advice
}

/**
 * Equal server errors in a row after which a piece is halved: it may hold an entry that the sink cannot bear.
 */
export const maxEqualServerErrors = 20

/** Answers in a row that name a limit below the piece's size, after which it is halved. */
export const maxStreamLimits = 3

type Retry = Extract<PushOutcome, { kind: 'retry' }>
type Refused = Extract<PushOutcome, { kind: 'refused' }>

/** Retries of the current piece, counted to tell bad luck from a piece that never passes. */
type Streak = { sameAs: string; equalErrors: number; streamLimits: number }

/** `maybeStoredUntilNs`: entries up to that time may have been pushed before, with an end nobody knows. */
export function beginSettling(entries: readonly EncodedEntry[], maybeStoredUntilNs?: bigint): Settling {
  return new RangeSettling(entries, maybeStoredUntilNs ?? -1n)
}

class RangeSettling implements Settling {
  readonly #entries: readonly EncodedEntry[]
  /** Pieces still to be settled, the next one last: a second half waits for the first one's end. */
  readonly #pieces: Piece[]
  readonly #refused = new Map<number, RefusedEntry>()
  readonly #unknown = new Set<number>()
  #streak = freshStreak()

  constructor(entries: readonly EncodedEntry[], maybeStoredUntilNs: bigint) {
    this.#entries = entries
    this.#pieces = [wholeOf(entries)]
    for (const [index, { atNs }] of entries.entries()) {
      if (atNs <= maybeStoredUntilNs) this.#unknown.add(index)
    }
  }

  next(): Piece | undefined {
    return this.#pieces.at(-1)
  }

  answer(outcome: PushOutcome): Advice {
    const piece = this.next()
    if (piece === undefined) throw new Error('An answer came after the range was settled.')
    if (outcome.kind === 'delivered') return this.#replace([])
    if (outcome.kind === 'retry') return this.#retry(piece, outcome)
    if (outcome.kind === 'split') return this.#split(piece, outcome.error)
    if (outcome.kind === 'blocked') return outcome
    return this.#refuse(piece, outcome)
  }

  #retry(piece: Piece, retry: Retry): Advice {
    if (retry.isUnknown) for (const index of piece) this.#unknown.add(index)
    this.#streak = continued(this.#streak, retry)
    const { equalErrors, streamLimits } = this.#streak
    const isHopeless = equalErrors >= maxEqualServerErrors || streamLimits >= maxStreamLimits
    if (isHopeless && piece.length > 1) this.#replace(halvesOf(piece))
    const again = { kind: 'again', isStuck: isHopeless && piece.length === 1 } as const
    return retry.afterMs === undefined ? again : { ...again, afterMs: retry.afterMs }
  }

  #split(piece: Piece, error: ErrorReport): Advice {
    if (piece.length > 1) return this.#replace(halvesOf(piece))
    return this.#giveUp(piece, () => ({ reason: 'too_long', said: error.said ?? error.message }))
  }

  #refuse(piece: Piece, { error, named, isWhole, refusal }: Refused): Advice {
    const concernsAll = isWhole || piece.length === 1
    if (isOfStream(refusal, concernsAll && piece.length === this.#entries.length)) {
      return { kind: 'blocked', error }
    }
    const byTime = new Map(named.map(({ atNs, refusal }) => [atNs, refusal]))
    const namedOf = (index: number): Refusal | undefined => byTime.get(this.#entries[index]?.atNs ?? -1n)
    if (concernsAll) return this.#giveUp(piece, (index) => namedOf(index) ?? refusal)
    const isNamed = (index: number): boolean => namedOf(index) !== undefined
    for (const index of piece) if (!isNamed(index)) this.#unknown.add(index) // most of them are stored
    if (!piece.some(isNamed)) return this.#replace(halvesOf(piece))
    const rest = piece.filter((index) => !isNamed(index))
    return this.#giveUp(piece, namedOf, rest)
  }

  /** Records the refusals of a piece; `rest` of it goes again. */
  #giveUp(piece: Piece, refusalOf: (index: number) => Refusal | undefined, rest: Piece = []): Advice {
    for (const index of piece) {
      const refusal = refusalOf(index)
      if (refusal === undefined) continue
      const isMaybeStored = isOfTime(refusal) && this.#unknown.has(index)
      this.#refused.set(index, { index, refusal, isMaybeStored })
    }
    return this.#replace(rest.length === 0 ? [] : [rest])
  }

  /** Puts other pieces, first one first, in the place of the current one. */
  #replace(pieces: readonly Piece[]): Advice {
    this.#pieces.pop()
    this.#pieces.push(...pieces.toReversed())
    this.#streak = freshStreak()
    if (this.#pieces.length > 0) return { kind: 'next' }
    return this.#end()
  }

  /**
   * Metadata refused entry by entry until none is left is metadata switched off: the range starts over,
   * blocked.
   */
  #end(): Advice {
    const refused = [...this.#refused.values()].sort((left, right) => left.index - right.index)
    const [first] = refused
    const isAllMetadata =
      refused.length === this.#entries.length && refused.every(({ refusal }) => refusal.reason === 'metadata')
    if (first === undefined || !isAllMetadata) return { kind: 'done', refused }
    this.#refused.clear()
    this.#pieces.push(wholeOf(this.#entries))
    return { kind: 'blocked', error: metadataReport(first.refusal) }
  }
}

function wholeOf(entries: readonly EncodedEntry[]): Piece {
  return entries.map((_, index) => index)
}

function halvesOf(piece: Piece): [Piece, Piece] {
  const middle = Math.ceil(piece.length / 2)
  return [piece.slice(0, middle), piece.slice(middle)]
}

/**
 * A fault of the stream, not of an entry: dead letters would only empty the spool. Labels are the stream's
 * own, so one refusal tells; metadata is the same for all rows of a run, so a refusal of the whole range
 * does.
 */
function isOfStream({ reason }: Refusal, isWholeRange: boolean): boolean {
  return reason === 'labels' || (reason === 'metadata' && isWholeRange)
}

/** What Loki says of a time may be otherwise a moment later; of a line or its labels it is not. */
function isOfTime({ reason }: Refusal): boolean {
  return reason === 'too_new' || reason === 'too_old' || reason === 'too_far_behind'
}

function freshStreak(): Streak {
  return { sameAs: '', equalErrors: 0, streamLimits: 0 }
}

function continued(streak: Streak, retry: Retry): Streak {
  const equalBefore = streak.sameAs === retry.sameAs ? streak.equalErrors : 0
  return {
    sameAs: retry.sameAs,
    equalErrors: retry.error.code === 'loki_server_error' ? equalBefore + 1 : 0,
    streamLimits: retry.isStreamLimit === true ? streak.streamLimits + 1 : 0,
  }
}

function metadataReport({ said }: Refusal): ErrorReport {
  return {
    code: 'loki_refused_entries',
    message: 'Loki refuses the structured metadata of every entry.',
    hint: 'Use --loki_metadata off for a Loki without allow_structured_metadata.',
    said,
  }
}

/** Metadata that keeps an entry's first time once it was stamped anew. */
export const originalTimeName = 'ts_original'

/**
 * What becomes of a refused entry: a new time, once, where its time was the reason and it is not stored
 * already; else the dead letters.
 */
export function refusalCure(refused: {
  readonly refusal: Refusal
  readonly isMaybeStored: boolean
  readonly metadata: Metadata
}): 'restamp' | 'dead_letter' {
  const { refusal, isMaybeStored, metadata } = refused
  if (isMaybeStored) return 'dead_letter'
  if (refusal.reason !== 'too_new' && refusal.reason !== 'too_far_behind') return 'dead_letter'
  return metadata.some(([name]) => name === originalTimeName) ? 'dead_letter' : 'restamp'
}
