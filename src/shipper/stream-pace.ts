// The pace of one stream, kept by its queue. Loki measures a stream by the second: whoever sent nothing for
// one may send at once what the pace lets go in the next, pays for all of it, and is then no faster than
// others. So a run of some hundred kilobytes is in Loki at once instead of a second later.

import { maxChunkBytes } from '../spool/types.ts'
import { Pace } from './pace.ts'

/** So no second has more than the pace and the push behind it, as that of a steady stream. */
const silenceMs = 1_000
/**
 * After a lost answer no stream bursts for so long: Loki may have restarted, and counts what it replays as
 * rate.
 */
const calmMs = 60_000

export class StreamPace {
  readonly #pace: Pace
  /** What may go at once. */
  #burstBytes = 0
  #noBurstBeforeMs = 0

  /** `bytesPerSecond` undefined: not paced. */
  constructor(bytesPerSecond: number | undefined) {
    this.#pace = new Pace(bytesPerSecond)
  }

  get bytesPerSecond(): number | undefined {
    return this.#pace.bytesPerSecond
  }

  set bytesPerSecond(rate: number | undefined) {
    this.#pace.bytesPerSecond = rate
  }

  /** When the next push may go, whatever its size; ms on the monotonic clock, which began as this process. */
  get nextMs(): number {
    return this.#burstBytes >= maxChunkBytes ? 0 : this.#pace.nextMs
  }

  sent(atMs: number, bytes: number): void {
    if (this.#isRested(atMs)) this.#burstBytes = ((this.bytesPerSecond ?? 0) * silenceMs) / 1_000
    this.#burstBytes -= bytes
    this.#pace.sent(atMs, bytes)
  }

  /** An answer was lost, of this stream or of another. */
  lostAnswer(atMs: number): void {
    this.#burstBytes = 0
    this.#noBurstBeforeMs = atMs + calmMs
  }

  #isRested(atMs: number): boolean {
    return atMs - this.#pace.nextMs >= silenceMs && atMs >= this.#noBurstBeforeMs
  }
}
