// What a worker knows of the driver hosts: the one that serves it now, why an earlier one went away, and how
// many runs went well since it was moved.

import type { ErrorReport } from '../core/errors.ts'
import type { HostAddress } from '../sources/sql/host-lane.ts'
import type { HostLink } from '../sources/sql/source.ts'
import type { FromWorker } from './messages.ts'

/**
 * A lost lane is usually explained within milliseconds: the parent sees the exit of its child, unless it
 * waits for a disk just then.
 */
const explanationMs = 2_000
/** After this many clean runs a metric leaves the isolation host. */
const cleanRunsToReturn = 10

export class HostBook implements HostLink {
  readonly #post: (message: FromWorker) => void
  #address: HostAddress | undefined
  #cleanRuns = 0
  #explained: { hostId: number; error: ErrorReport } | undefined
  #onExplained: (hostId: number) => void = () => undefined
  #onAddress: () => void = () => undefined

  constructor(post: (message: FromWorker) => void) {
    this.#post = post
  }

  use(address: HostAddress | undefined): void {
    this.#address = address
    this.#cleanRuns = 0
    if (address !== undefined) this.#onAddress()
  }

  lost(hostId: number, error: ErrorReport): void {
    this.#explained = { hostId, error }
    if (this.#address?.hostId === hostId) this.#address = undefined
    this.#onExplained(hostId)
  }

  /** The host that serves this metric; where there is none, the one that comes within `waitMs`. */
  async address(waitMs: number): Promise<HostAddress | undefined> {
    if (this.#address === undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs)
        this.#onAddress = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return this.#address
  }

  /** A call was left behind there: no run begins on that host before the supervisor says which one serves. */
  abandoned(hostId: number): void {
    if (this.#address?.hostId === hostId) this.#address = undefined
    this.#post({ type: 'abandoned', hostId })
  }

  wentDown(hostId: number): void {
    this.#post({ type: 'went_down', hostId })
  }

  async lossOf(hostId: number): Promise<ErrorReport> {
    if (this.#explained?.hostId !== hostId) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, explanationMs)
        this.#onExplained = (explainedId) => {
          if (explainedId !== hostId) return
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return this.#explained?.hostId === hostId ? this.#explained.error : unexplained
  }

  /** True at the tenth run that went well on one host. */
  countCleanRun(): boolean {
    this.#cleanRuns += 1
    return this.#cleanRuns === cleanRunsToReturn
  }
}

const unexplained: ErrorReport = {
  code: 'host_unavailable',
  message: 'The driver host closed the connection to this metric.',
  hint: 'The metric connects again by itself.',
}
