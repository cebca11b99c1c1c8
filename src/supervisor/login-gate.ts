// A refused login stops all workers of the target: fifty of them with an old password would lock the account.
// One probe at a time asks whether it is accepted again, with a backoff of 1 to 15 minutes.

import { backoffMs, loginBackoff } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import type { ErrorReport } from '../core/errors.ts'

export type LoginGateOptions = {
  readonly clock: Clock
  readonly random: () => number
  /** Tries one login; undefined where it worked. */
  readonly probe: () => Promise<ErrorReport | undefined>
  readonly onRefused: (error: ErrorReport, probeMs: number) => void
  readonly onAccepted: () => void
}

export class LoginGate {
  readonly #options: LoginGateOptions
  readonly #stop = new AbortController()
  #isClosed = false

  constructor(options: LoginGateOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return !this.#isClosed
  }

  /** The first refusal closes the gate and begins the probes; later ones change nothing. */
  refused(error: ErrorReport): void {
    if (this.#isClosed) return
    this.#isClosed = true
    void this.#probeUntilAccepted(error)
  }

  stop(): void {
    this.#stop.abort(new Error('the service is stopping'))
  }

  async #probeUntilAccepted(first: ErrorReport): Promise<void> {
    const { clock, random, probe, onRefused, onAccepted } = this.#options
    let refusal: ErrorReport | undefined = first
    for (let failures = 1; refusal !== undefined; failures += 1) {
      // Jitter may spread the probes of many services, but never below the first wait: locks count per
      // minute.
      const waitMs = Math.max(loginBackoff.firstMs, backoffMs(loginBackoff, failures, random()))
      onRefused(refusal, waitMs)
      try {
        await clock.sleep(waitMs, this.#stop.signal)
      } catch {
        return
      }
      refusal = await probe()
      if (this.#stop.signal.aborted) return
    }
    this.#isClosed = false
    onAccepted()
  }
}
