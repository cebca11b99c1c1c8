// Wakes the shipper at the time that was set last. It is set after every word of a worker, mostly to the same
// time or to none: a sleep that is right already goes on, and ending one makes no DOMException. Both together
// were a tenth of the main thread's work on a push.

import type { Clock } from '../core/clock.ts'

const setAnew = new Error('the alarm was set anew')

export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #atMs: number | undefined
  #sleep = new AbortController()

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Monotonic ms; undefined: it does not ring. */
  set(atMs: number | undefined): void {
    if (atMs === this.#atMs) return
    if (this.#atMs !== undefined) this.#sleep.abort(setAnew)
    this.#atMs = atMs
    if (atMs !== undefined) this.#sleepUntil(atMs)
  }

  #sleepUntil(atMs: number): void {
    this.#sleep = new AbortController()
    const delayMs = Math.max(0, atMs - this.#clock.monotonicMs())
    this.#clock.sleep(delayMs, this.#sleep.signal).then(
      () => {
        this.#atMs = undefined
        this.#ring()
      },
      () => undefined, // set to another time
    )
  }
}
