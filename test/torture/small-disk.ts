// A small disk for rowtail's state, which can be filled to the last byte and freed again. Needs root.

import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Room for a run of 100,000 rows that a kill left behind, and the next one. */
const sizeBytes = 64 * 1024 * 1024

export class SmallDisk {
  readonly #path: string
  #isMounted = true

  private constructor(path: string) {
    this.#path = path
  }

  static mountAt(path: string): SmallDisk {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes},mode=0700`, 'rowtail-torture', path])
    return new SmallDisk(path)
  }

  /** Leaves no byte. */
  fill(): void {
    const file = openSync(this.#filler, 'w')
    const page = Buffer.alloc(4_096, 1)
    try {
      for (;;) writeSync(file, page)
    } catch {
      // ENOSPC: it is full.
    } finally {
      closeSync(file)
    }
  }

  free(): void {
    rmSync(this.#filler, { force: true })
  }

  unmount(): void {
    if (!this.#isMounted) return
    execFileSync('umount', ['-l', this.#path])
    this.#isMounted = false
  }

  get #filler(): string {
    return join(this.#path, 'filler')
  }
}
