// The times of a worker's streams: never twice the same, never behind one another while the clock behaves.
// Loki drops an entry that equals another one, so equal rows of one run need times of their own.

import type { Clock } from '../core/clock.ts'
import type { StreamId } from '../spool/types.ts'

/**
 * Beyond this the clock was set back: times follow it at once, and Loki's window of an hour takes what comes.
 */
const maxAheadNs = 5n * 60n * 1_000_000_000n

export type StreamTimesOptions = {
  readonly clock: Clock
  /** The last time that the spool remembers of a stream; 0 where there is none. */
  readonly lastNs: (stream: StreamId) => bigint
  readonly onClockStep: (behindMs: number) => void
}

export class StreamTimes {
  readonly #options: StreamTimesOptions
  readonly #last = new Map<StreamId, bigint>()

  constructor(options: StreamTimesOptions) {
    this.#options = options
  }

  /** The stream's last time so far. */
  last(stream: StreamId): bigint {
    return this.#last.get(stream) ?? this.#options.lastNs(stream)
  }

  /** max(now, last + 1 ns), or now where `last` is more than 5 minutes ahead; not yet taken. */
  next(stream: StreamId): bigint {
    const lastNs = this.last(stream)
    const nowNs = this.#options.clock.nowNs()
    const aheadNs = lastNs - nowNs
    if (aheadNs < 0n) return nowNs
    if (aheadNs <= maxAheadNs) return lastNs + 1n
    this.#options.onClockStep(Number(aheadNs / 1_000_000n))
    return nowNs
  }

  /** Entries up to `lastNs` are, or are about to be, in the spool. */
  take(stream: StreamId, lastNs: bigint): void {
    this.#last.set(stream, lastNs)
  }
}
