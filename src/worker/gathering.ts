// Run lines that wait to go together. A push costs as much with one line as with hundreds of rows, and one
// for each run line was half of all where metrics run every second. Kept by the delivery loop; the shipper
// does the waiting.

import type { Clock } from '../core/clock.ts'
import type { StreamId } from '../spool/types.ts'

/** A metric that runs each second has its run lines sent five at a time. */
export const runLinesGatherMs = 5_000

export class Gathering {
  readonly #clock: Clock
  /** On the monotonic clock. */
  readonly #untilMs = new Map<StreamId, number>()
  #isOver = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  begin(stream: StreamId): void {
    this.#untilMs.set(stream, this.#clock.monotonicMs() + runLinesGatherMs)
  }

  /** The service stops: what is here waits like all else. */
  end(): void {
    this.#isOver = true
  }

  /** Streams of which nothing is late yet. */
  streams(): ReadonlySet<StreamId> {
    const nowMs = this.#clock.monotonicMs()
    const running = [...this.#untilMs].filter(([, untilMs]) => nowMs < untilMs && !this.#isOver)
    return new Set(running.map(([stream]) => stream))
  }
}
