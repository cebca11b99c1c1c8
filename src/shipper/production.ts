// How much a stream's metric produces, learnt from what its spool took in, dropped rows too. One that
// produces more than the pace for minutes would fill its spool and lose rows; it is sent as fast as it
// produces instead, although Loki then shards its stream and may store a retry twice
// (docs/specs/delivery.md, D-20).

import { ByteWindow } from './byte-window.ts'

const window = { windowMs: 3 * 60_000, slotMs: 10_000 } as const
/**
 * A stream that Loki shards anyway goes as fast as it produced just now: else its spool fills while the mean
 * of three minutes rises.
 */
const recentWindow = { windowMs: 30_000, slotMs: 5_000 } as const
/** Bytes a second; Loki's desired_rate of a shard is 1,536 KB. */
const shardedRate = 1_500_000
/** What gathered while the rate was learnt has to go, too. */
const margin = 1.1
/** Below this share of the pace a fast stream is an ordinary one again. */
const steadyShare = 0.9

export type ProductionChange = 'fast' | 'steady'

export class Production {
  readonly #paceBytesPerSecond: number
  readonly #produced = new ByteWindow(window)
  readonly #recent = new ByteWindow(recentWindow)
  #appendedBytes = 0
  #isFast = false

  constructor(paceBytesPerSecond: number) {
    this.#paceBytesPerSecond = paceBytesPerSecond
  }

  get isFast(): boolean {
    return this.#isFast
  }

  /** Bytes that the spool has taken in since it was opened, after each change of it; default: no more. */
  report(nowMs: number, appendedBytes = this.#appendedBytes): ProductionChange | undefined {
    const grownBytes = appendedBytes - this.#appendedBytes
    this.#appendedBytes = appendedBytes
    this.#produced.add(nowMs, grownBytes)
    this.#recent.add(nowMs, grownBytes)
    const share = this.#produced.bytesPerSecond(nowMs) / this.#paceBytesPerSecond
    const wasFast = this.#isFast
    this.#isFast = share > (wasFast ? steadyShare : 1)
    if (this.#isFast === wasFast) return undefined
    return this.#isFast ? 'fast' : 'steady'
  }

  /** What the stream may be sent at: the pace, or more where it produces more. */
  bytesPerSecond(nowMs: number): number {
    if (!this.#isFast) return this.#paceBytesPerSecond
    const usual = this.#produced.bytesPerSecond(nowMs)
    const recent = usual > shardedRate ? this.#recent.bytesPerSecond(nowMs) : 0
    return Math.max(this.#paceBytesPerSecond, usual * margin, recent * margin)
  }
}
