// The sink's clock, as far as a worker knows it: from what the shipper tells with each slot, and from the
// last answer. Used by the delivery loop to judge what lies ahead, and to stamp refused entries anew.

import type { Clock } from '../core/clock.ts'

/** A clock of ours that is further from the sink's is not to be stamped by. */
const maxDifferenceMs = 5 * 60_000

export class SinkTime {
  readonly #clock: Clock
  /** The sink's clock less ours, as last told. */
  skewMs = 0
  /** The sink's clock, as the last answer told it. */
  answeredMs: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The sink's clock, and `aheadMs` more. */
  nowNs(aheadMs = 0): bigint {
    return this.#clock.nowNs() + BigInt(Math.round(this.skewMs + aheadMs)) * 1_000_000n
  }

  /**
   * The sink's time where ours is far from it: stamped by ours, entries would be refused again, and for good.
   * As the sink told it, for the clock of ours that is wrong may be set right between two looks at it.
   */
  farNs(): bigint | undefined {
    const sinkMs = this.answeredMs
    if (sinkMs === undefined || Math.abs(sinkMs - this.#clock.nowMs()) <= maxDifferenceMs) return undefined
    return BigInt(Math.round(sinkMs)) * 1_000_000n
  }
}
