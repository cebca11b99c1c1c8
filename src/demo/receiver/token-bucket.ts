// Go's rate.Limiter: refills evenly up to the burst, starts full, and a refused take costs nothing.

export class TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #lastMs: number | undefined

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
  }

  take(amount: number, nowMs: number): boolean {
    const passedMs = Math.max(0, nowMs - (this.#lastMs ?? nowMs))
    this.#lastMs = nowMs
    this.#tokens = Math.min(this.#burst, this.#tokens + (passedMs / 1_000) * this.#perSecond)
    if (amount > this.#tokens) return false
    this.#tokens -= amount
    return true
  }
}
