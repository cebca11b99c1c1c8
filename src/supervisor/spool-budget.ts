// The bounds that no single worker can keep: the bytes of all spools together, and what stays free on the
// disk. The metric with the most bytes gives up its oldest rows first.

import { statfs } from 'node:fs/promises'
import type { DropReason } from '../core/events.ts'

export type SpoolBudgetOptions = {
  readonly directory: string
  readonly totalBytes: number
  readonly diskReserveBytes: number
  readonly evict: (metric: string, bytes: number, reason: DropReason) => void
  /** Told at each check of the disk: the directory is not there any more. */
  readonly onGone: () => void
  /** Bytes free for us on the disk of a directory; tests have their own. */
  readonly freeBytes?: (directory: string) => Promise<number>
}

const diskCheckMs = 10_000
/** What one check of a low disk gives up at most: the file shrinks only after a while. */
const diskStepBytes = 16 * 1024 * 1024

type Share = {
  /** Live bytes, as last reported. */
  bytes: number
  /** Of these, what the worker was asked to drop and has not yet said to have done. */
  askedBytes: number
  /** So many bytes cannot be dropped: they are on their way to Loki. */
  firmBytes: number
}

export class SpoolBudget {
  readonly #options: SpoolBudgetOptions
  readonly #shares = new Map<string, Share>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: SpoolBudgetOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => void this.checkDisk(), diskCheckMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** The live bytes of a metric's spool, after each change. */
  report(metric: string, bytes: number): void {
    this.#shareOf(metric).bytes = bytes
    const excessBytes = this.#total() - this.#options.totalBytes
    if (excessBytes > 0) this.#evictFromLargest(excessBytes, 'spool_total')
  }

  /** The worker has done what it was asked to; its next report tells the truth. */
  evicted(metric: string, droppedBytes: number): void {
    const share = this.#shareOf(metric)
    const wasAsked = share.askedBytes > 0
    share.askedBytes = 0
    if (wasAsked && droppedBytes === 0) share.firmBytes = share.bytes
  }

  /** What it was asked to drop it may not have dropped; its successor's first report tells the truth. */
  workerLost(metric: string): void {
    this.#shareOf(metric).askedBytes = 0
  }

  async checkDisk(): Promise<void> {
    const { directory, diskReserveBytes, onGone, freeBytes = freeBytesOf } = this.#options
    // A disk that cannot be asked is no low one; what cannot be written to it, the spools tell. Only files
    // that were deleted take writes on, and are gone with the process.
    const free = await freeBytes(directory).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') onGone()
      return diskReserveBytes
    })
    const missingBytes = diskReserveBytes - free
    if (missingBytes > 0) this.#evictFromLargest(Math.min(missingBytes, diskStepBytes), 'disk_low')
  }

  #evictFromLargest(bytes: number, reason: DropReason): void {
    const [largest] = [...this.#shares]
      .filter(([, share]) => liveBytes(share) > 0 && share.bytes !== share.firmBytes)
      .sort(([, a], [, b]) => liveBytes(b) - liveBytes(a))
    if (largest === undefined) return
    const [metric, share] = largest
    const evictedBytes = Math.min(bytes, liveBytes(share))
    share.askedBytes += evictedBytes
    this.#options.evict(metric, evictedBytes, reason)
  }

  #shareOf(metric: string): Share {
    const known = this.#shares.get(metric)
    if (known !== undefined) return known
    const fresh = { bytes: 0, askedBytes: 0, firmBytes: 0 }
    this.#shares.set(metric, fresh)
    return fresh
  }

  #total(): number {
    return [...this.#shares.values()].reduce((sum, share) => sum + liveBytes(share), 0)
  }
}

/** What was asked to go counts as gone, or reports that crossed the question would ask for it twice. */
function liveBytes({ bytes, askedBytes }: Share): number {
  return Math.max(0, bytes - askedBytes)
}

async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory)
  return bavail * bsize
}
