// How much a stream's metric produces, learnt from the growth of its spool. One that produces more than the
// pace for minutes would fill its spool and lose rows; it is sent as fast as it produces instead, although
// Loki then shards its stream and may store a retry twice (docs/specs/delivery.md, D-20).

import { ByteWindow } from './byte-window.ts'

const window = { windowMs: 3 * 60_000, slotMs: 10_000 } as const
/** What gathered while the rate was learnt has to go, too. */
const margin = 1.1
/** Below this share of the pace a fast stream is an ordinary one again. */
const steadyShare = 0.9

export type ProductionChange = 'fast' | 'steady'

export class Production {
  readonly #paceBytesPerSecond: number
  readonly #produced = new ByteWindow(window)
  #bytes: number | undefined
  #isFast = false

  constructor(paceBytesPerSecond: number) {
    this.#paceBytesPerSecond = paceBytesPerSecond
  }

  get isFast(): boolean {
    return this.#isFast
  }

  /** Live bytes of the spool, after each change of it. The first ones are of an earlier time. */
  report(nowMs: number, bytes: number): ProductionChange | undefined {
    const grownBytes = bytes - (this.#bytes ?? bytes)
    this.#bytes = bytes
    if (grownBytes > 0) this.#produced.add(nowMs, grownBytes)
    const share = this.#produced.bytesPerSecond(nowMs) / this.#paceBytesPerSecond
    const wasFast = this.#isFast
    this.#isFast = share > (wasFast ? steadyShare : 1)
    if (this.#isFast === wasFast) return undefined
    return this.#isFast ? 'fast' : 'steady'
  }

  /** What the stream may be sent at: the pace, or more where it produces more. */
  bytesPerSecond(nowMs: number): number {
    if (!this.#isFast) return this.#paceBytesPerSecond
    return Math.max(this.#paceBytesPerSecond, this.#produced.bytesPerSecond(nowMs) * margin)
  }
}
