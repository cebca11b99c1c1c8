// A Clock that stands still until a test moves it. Sleepers wake in the order in which they are due, and what
// they set off is settled before the next one wakes, so that one `advance` plays a whole schedule.

import type { Clock } from '../../src/core/clock.ts'

type Sleeper = { readonly dueMs: number; readonly order: number; readonly wake: () => void }

export class FakeClock implements Clock {
  #wallMs: number
  #monotonicMs = 0
  #order = 0
  readonly #sleepers = new Set<Sleeper>()
  readonly #sleepsAskedMs: number[] = []

  constructor(startMs = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    this.#wallMs = startMs
  }

  nowNs(): bigint {
    return BigInt(Math.round(this.#wallMs * 1_000)) * 1_000n
  }

  nowMs(): number {
    return this.#wallMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const leave = () => {
        signal.removeEventListener('abort', fail)
        this.#sleepers.delete(sleeper)
      }
      const fail = () => {
        leave()
        reject(signal.reason)
      }
      const wake = () => {
        leave()
        resolve()
      }
      const sleeper = { dueMs: this.#monotonicMs + Math.max(0, ms), order: this.#order++, wake }
      this.#sleepsAskedMs.push(ms)
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', fail, { once: true })
    })
  }

  /** Every sleep that was asked for so far, in ms, in order. */
  get sleepsAskedMs(): readonly number[] {
    return this.#sleepsAskedMs
  }

  /** How many are asleep now. */
  get sleepers(): number {
    return this.#sleepers.size
  }

  /**
   * Moves both clocks on by `ms`, waking on the way whoever is due, those included who fall asleep meanwhile.
   */
  async advance(ms: number): Promise<void> {
    await settle()
    const endMs = this.#monotonicMs + ms
    for (let next = this.#nextDue(endMs); next !== undefined; next = this.#nextDue(endMs)) {
      this.#moveTo(next.dueMs)
      next.wake()
      await settle()
    }
    this.#moveTo(endMs)
  }

  /**
   * Moves to the next sleeper's time and wakes it; waits for one where nobody sleeps yet. Returns the ms
   * passed.
   */
  async advanceToNextSleeper(): Promise<number> {
    while (this.#sleepers.size === 0) await settle()
    const startMs = this.#monotonicMs
    const next = this.#nextDue(Infinity)
    if (next !== undefined) await this.advance(next.dueMs - startMs)
    return this.#monotonicMs - startMs
  }

  /** Steps the wall clock only, forth or back, as NTP or an operator does. */
  stepWall(ms: number): void {
    this.#wallMs += ms
  }

  #nextDue(endMs: number): Sleeper | undefined {
    const due = [...this.#sleepers].filter(({ dueMs }) => dueMs <= endMs)
    return due.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0]
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs
    this.#monotonicMs = monotonicMs
  }
}

/** Lets every promise that can go on do so. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
