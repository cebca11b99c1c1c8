// The bounds that no single worker can keep: the bytes of all spools together, and what stays free on the
// disk. The metric with the most bytes gives up its oldest rows first.

import { statfs } from 'node:fs/promises'
import type { DropReason } from '../core/events.ts'

export type SpoolBudgetOptions = {
  readonly directory: string
  readonly totalBytes: number
  readonly diskReserveBytes: number
  readonly evict: (metric: string, bytes: number, reason: DropReason) => void
  /** Bytes free for us on the disk of a directory; tests have their own. */
  readonly freeBytes?: (directory: string) => Promise<number>
}

const diskCheckMs = 10_000
/** What one check of a low disk gives up at most: the file shrinks only after a while. */
const diskStepBytes = 16 * 1024 * 1024

export class SpoolBudget {
  readonly #options: SpoolBudgetOptions
  readonly #bytes = new Map<string, number>()
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
    this.#bytes.set(metric, bytes)
    const excessBytes = this.#total() - this.#options.totalBytes
    if (excessBytes > 0) this.#evictFromLargest(excessBytes, 'spool_total')
  }

  async checkDisk(): Promise<void> {
    const { directory, diskReserveBytes, freeBytes = freeBytesOf } = this.#options
    const missingBytes = diskReserveBytes - (await freeBytes(directory))
    if (missingBytes > 0) this.#evictFromLargest(Math.min(missingBytes, diskStepBytes), 'disk_low')
  }

  #evictFromLargest(bytes: number, reason: DropReason): void {
    const [largest] = [...this.#bytes].sort(([, a], [, b]) => b - a)
    if (largest === undefined || largest[1] === 0) return
    const [metric, liveBytes] = largest
    const evictedBytes = Math.min(bytes, liveBytes)
    // Counted as gone at once: the worker's next report tells the truth.
    this.#bytes.set(metric, liveBytes - evictedBytes)
    this.#options.evict(metric, evictedBytes, reason)
  }

  #total(): number {
    return [...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0)
  }
}

async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory)
  return bavail * bsize
}
