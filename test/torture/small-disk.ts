// A small disk for rowtail's state, which can be filled to the last byte and freed again. Needs root.

import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Room for a run of 100,000 rows that a kill left behind, and the next one. */
const sizeBytes = 64 * 1024 * 1024

export class SmallDisk {
  readonly #path: string
  #isMounted = true

  private constructor(path: string) {
    this.#path = path
  }

  /** Root in a container may not be allowed to. */
  static canMount(): boolean {
    const path = mkdtempSync(join(tmpdir(), 'rowtail-disk-'))
    try {
      SmallDisk.mountAt(path).unmount()
      return true
    } catch {
      return false
    } finally {
      rmSync(path, { recursive: true, force: true })
    }
  }

  static mountAt(path: string): SmallDisk {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes},mode=0700`, 'rowtail-torture', path], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
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

  get isFull(): boolean {
    return statfsSync(this.#path).bavail === 0
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
