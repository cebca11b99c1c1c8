// What the spool holds, counted in memory: live bytes and entries of each stream, its head and its last time.
// Loaded once at open; a change is collected beside its transaction and applied only after the commit, so
// that the counters stay true when a write fails.

import type { Chunk, StreamBacklog, StreamId, StreamKind } from './types.ts'

export type StreamState = {
  readonly labels: string
  readonly kind: StreamKind
  /** The newest time given to an entry of this stream; 0 before the first. */
  lastNs: bigint
  bytes: number
  entries: number
  /** First time of the chunk that is next to go; meaningless while there are no entries. */
  oldestNs: bigint
  /** Every byte that was added since the spool was opened, whatever became of it. */
  appendedBytes: number
}

export type Amount = { readonly entries: number; readonly bytes: number }

/** What one transaction changes. */
export class Change {
  readonly amounts = new Map<StreamId, Amount>()
  readonly appendedBytes = new Map<StreamId, number>()
  readonly lastNs = new Map<StreamId, bigint>()

  add(stream: StreamId, amount: Amount): void {
    this.#count(stream, amount)
    this.appendedBytes.set(stream, (this.appendedBytes.get(stream) ?? 0) + amount.bytes)
  }

  remove(stream: StreamId, amount: Amount): void {
    this.#count(stream, { entries: -amount.entries, bytes: -amount.bytes })
  }

  /** What was staged: nothing is removed there. */
  addAll(staged: Change): void {
    for (const [stream, amount] of staged.amounts) this.add(stream, amount)
  }

  #count(stream: StreamId, amount: Amount): void {
    this.amounts.set(stream, sumOf(this.amounts.get(stream) ?? { entries: 0, bytes: 0 }, amount))
  }
}

export class Ledger {
  readonly #streams = new Map<StreamId, StreamState>()
  readonly #ids = new Map<string, StreamId>()

  addStream(stream: StreamId, state: Omit<StreamState, 'appendedBytes'>): void {
    this.#streams.set(stream, { ...state, appendedBytes: 0 })
    this.#ids.set(state.labels, stream)
  }

  idOf(labels: string): StreamId | undefined {
    return this.#ids.get(labels)
  }

  /** Throws for an id that no stream has: a bug of the caller. */
  stateOf(stream: StreamId): StreamState {
    const state = this.#streams.get(stream)
    if (state === undefined) throw new Error(`The spool has no stream ${stream}.`)
    return state
  }

  /** `oldestNs` holds the new head of every stream that the change touched. */
  apply(change: Change, oldestNs: ReadonlyMap<StreamId, bigint>): void {
    for (const [stream, amount] of change.amounts) {
      const state = this.stateOf(stream)
      state.entries += amount.entries
      state.bytes += amount.bytes
      state.appendedBytes += change.appendedBytes.get(stream) ?? 0
      state.oldestNs = oldestNs.get(stream) ?? 0n
    }
    for (const [stream, lastNs] of change.lastNs) this.stateOf(stream).lastNs = lastNs
  }

  total(): Amount {
    return [...this.#streams.values()].reduce<Amount>(sumOf, { entries: 0, bytes: 0 })
  }

  backlogs(): StreamBacklog[] {
    return [...this.#streams]
      .filter(([, state]) => state.entries > 0)
      .map(([stream, { labels, bytes, entries, oldestNs, appendedBytes }]) => {
        return { stream, labels, bytes, entries, oldestNs, appendedBytes }
      })
  }

  /** Streams of one kind that hold something. */
  filled(kind: StreamKind): StreamId[] {
    return [...this.#streams]
      .filter(([, state]) => state.kind === kind && state.entries > 0)
      .map(([stream]) => stream)
  }
}

export function sumOf(left: Amount, right: Amount): Amount {
  return { entries: left.entries + right.entries, bytes: left.bytes + right.bytes }
}

export function amountOf(chunk: Chunk): Amount {
  return { entries: chunk.entries, bytes: chunk.body.byteLength }
}
