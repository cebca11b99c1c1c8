// Room for the way out of a full disk. A spool that gives rows back needs some first, for its log. So a file
// of written blocks lies beside the spools: it is given up when what frees space finds none, and made again
// when there is room. Rows are not spooled into the last of a disk, so they never take what it gave. Called
// by store.ts and open.ts, from the threads of all metrics.

import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const mebibyte = 1024 * 1024

/** As large as a log grows before SQLite copies it into its spool. */
const ballastBytes = 4 * mebibyte
/** What stays free of rows, whatever --disk_reserve says: more than the ballast, once it is given up. */
export const minFreeBytes = ballastBytes + mebibyte

const name = 'ballast'

export function releaseBallast(directory: string): void {
  rmSync(join(directory, name), { force: true })
}

/** Makes the ballast where it is missing and the disk has room for it beside what stays free. */
export function keepBallast(directory: string): void {
  const path = join(directory, name)
  if (sizeOf(path) >= ballastBytes || freeBytesOf(directory) < minFreeBytes + ballastBytes) return
  releaseBallast(directory) // a kill may have left a part of one
  try {
    writeBlocks(path)
  } catch {
    // Another thread makes it, or something else took the room: there is always a next time.
  }
}

export function isDiskLow(directory: string): boolean {
  return freeBytesOf(directory) < minFreeBytes
}

function writeBlocks(path: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    const block = Buffer.alloc(mebibyte, 'rowtail keeps this room for a full disk\n')
    for (let written = 0; written < ballastBytes; ) written += writeSync(file, block)
  } finally {
    closeSync(file)
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** A disk that does not tell is taken for one with room: what cannot be written to it fails by itself. */
function freeBytesOf(directory: string): number {
  try {
    const { bavail, bsize, blocks } = statfsSync(directory)
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
