// How fast pushes may follow one another. Loki shards a stream above 1.5 MB/s, and a retry that lands in
// another shard is stored twice; and it refuses what a tenant sends beyond its limit. Both are kept by
// pacing, never by luck.

import { maxChunkBytes } from '../spool/types.ts'

/**
 * Default pace of one stream: with pushes of 192 KiB no sharding was seen up to 1.3 MB/s, none at all at 1.0.
 */
export const defaultStreamRate = 1_000_000

/** Of the limit that Loki names, this much is used: one 429 in 30 s at 0.97, many above 1. */
const shareOfLimit = 0.97
/** Without a named limit: what is assumed to be one at the first refusal, bytes a second. */
const assumedLimit = 4_000_000
/**
 * A refusal that names the limit tells that the tenant's bucket is empty. All wait until it could hold as
 * many pushes as go at once, and one more, for what is in flight may still take from it: else some of them
 * would be refused again.
 */
export const refilledBytes = 5 * maxChunkBytes
/**
 * A push that a worker was slow to hand over is caught up with: the tenant's bucket has filled meanwhile.
 * Without that, 5 to 10 % of the limit went unused.
 */
const savedBytes = 4 * maxChunkBytes
const lowerBy = 0.85
const raiseBytesPerSecond = 150_000
/** So long without a refusal a named limit counts no more: somebody may have raised it. */
const rememberedMs = 60 * 60_000
/** However often Loki refuses: a largest push every 5 s still asks whether it goes on refusing. */
const slowestBytesPerSecond = maxChunkBytes / 5

/**
 * The next send not before the previous one plus its bytes over the rate. Strict where no credit is saved:
 * what was not sent in time is never made up for.
 */
export class Pace {
  #bytesPerSecond: number | undefined
  #nextMs = 0
  readonly #savedBytes: number

  constructor(bytesPerSecond: number | undefined, savedBytes = 0) {
    this.#bytesPerSecond = bytesPerSecond
    this.#savedBytes = savedBytes
  }

  get bytesPerSecond(): number | undefined {
    return this.#bytesPerSecond
  }

  set bytesPerSecond(rate: number | undefined) {
    this.#bytesPerSecond = rate
  }

  /** When the next send may start, ms on the monotonic clock. */
  get nextMs(): number {
    return this.#nextMs
  }

  sent(atMs: number, bytes: number): void {
    const rate = this.#bytesPerSecond
    if (rate === undefined) return
    const creditMs = (this.#savedBytes / rate) * 1_000
    this.#nextMs = Math.max(this.#nextMs, atMs - creditMs) + (bytes / rate) * 1_000
  }

  /** The next send not before this time. */
  waitUntil(atMs: number): void {
    this.#nextMs = Math.max(this.#nextMs, atMs)
  }

  /** The next send not before so many bytes could have been sent from `nowMs` on. */
  rest(nowMs: number, bytes: number): void {
    if (this.#bytesPerSecond !== undefined) this.waitUntil(nowMs + (bytes / this.#bytesPerSecond) * 1_000)
  }
}

/** What a tenant's 429 named, where it did: its limit in bytes a second, and how long to wait. */
export type TenantRefusal = { readonly limit?: number | undefined; readonly afterMs?: number | undefined }

/**
 * The pace of all streams together; unlimited until the sink refuses for the first time. Refusals at the
 * limit that the sink named mean that others send for the same tenant: each gives way and comes back
 * slowly, which is how TCP shares a line.
 */
export class TenantPace {
  readonly pace = new Pace(undefined, savedBytes)
  /** What the named limit allows, bytes a second. */
  #ceiling = Number.POSITIVE_INFINITY
  #loweredMs = Number.NEGATIVE_INFINITY
  #raisedMs = Number.NEGATIVE_INFINITY

  /** A 429 came. True where that tells something new: another limit, or another guess of it. */
  refused(nowMs: number, { limit, afterMs }: TenantRefusal): boolean {
    // Whoever names a time means all of the tenant's pushes.
    if (afterMs !== undefined) this.pace.waitUntil(nowMs + afterMs)
    const isNews = this.#isAnotherLimit(limit) ? this.#name(nowMs, limit) : this.#giveWay(nowMs)
    if (limit !== undefined) this.pace.rest(nowMs, refilledBytes)
    return isNews
  }

  /** A push was taken: the pace rises again, up to what was named, and beyond that an hour later. */
  accepted(nowMs: number): void {
    if (nowMs - this.#loweredMs > rememberedMs) this.#ceiling = Number.POSITIVE_INFINITY
    const rate = this.pace.bytesPerSecond
    if (rate === undefined || rate >= this.#ceiling || nowMs - this.#raisedMs < 1_000) return
    this.pace.bytesPerSecond = Math.min(this.#ceiling, rate + raiseBytesPerSecond)
    this.#raisedMs = nowMs
  }

  #isAnotherLimit(limit: number | undefined): limit is number {
    return limit !== undefined && limit * shareOfLimit !== this.#ceiling
  }

  #name(nowMs: number, limit: number): true {
    this.#ceiling = limit * shareOfLimit
    this.#paceFrom(nowMs, this.#ceiling)
    return true
  }

  #giveWay(nowMs: number): boolean {
    if (nowMs - this.#loweredMs < 1_000) return false
    const rate = this.pace.bytesPerSecond ?? assumedLimit / lowerBy
    this.#paceFrom(nowMs, Math.max(rate * lowerBy, slowestBytesPerSecond))
    return this.#ceiling === Number.POSITIVE_INFINITY
  }

  #paceFrom(nowMs: number, bytesPerSecond: number): void {
    this.pace.bytesPerSecond = bytesPerSecond
    this.#loweredMs = nowMs
    this.#raisedMs = nowMs
  }
}
