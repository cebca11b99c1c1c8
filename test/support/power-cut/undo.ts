// The power cut itself: brings the spools of a rowtail that was killed back to what they had synced, by the
// journals that journal.c has kept. The torture harness calls it between the kill and the next start.

import { closeSync, existsSync, ftruncateSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const ending = '.undo'
const headBytes = 24

/** Returns how many writes were forgotten. */
export function cutPower(directory: string): number {
  const names = readdirSync(directory)
  // SQLite builds the index of a write-ahead log anew where there is none.
  for (const name of names.filter((one) => one.endsWith('-shm'))) rmSync(join(directory, name))
  return names
    .filter((name) => name.endsWith(ending))
    .reduce((count, name) => count + playBack(join(directory, name)), 0)
}

/**
 * What was written before reaches the disk now, as it does when a process is killed and the machine goes on.
 */
export function flush(directory: string): void {
  for (const name of readdirSync(directory)) if (name.endsWith(ending)) rmSync(join(directory, name))
}

type Undo = { readonly offset: number; readonly size: number; readonly bytes: Buffer }

function playBack(journal: string): number {
  const undos = undosOf(readFileSync(journal))
  const path = journal.slice(0, -ending.length)
  if (!existsSync(path)) return 0 // a log that was closed in order
  const file = openSync(path, 'r+')
  for (const { offset, size, bytes } of undos.toReversed()) {
    writeSync(file, bytes, 0, bytes.length, offset)
    ftruncateSync(file, size)
  }
  closeSync(file)
  rmSync(journal)
  return undos.length
}

/** The kill may have cut the last record; then its write never began. */
function undosOf(journal: Buffer): Undo[] {
  const undos: Undo[] = []
  for (let at = 0; at + headBytes <= journal.length; ) {
    const [offset, length, size] = [0, 8, 16].map((place) => Number(journal.readBigUInt64LE(at + place)))
    if (offset === undefined || length === undefined || size === undefined) break
    const end = at + headBytes + length
    if (end > journal.length) break
    undos.push({ offset, size, bytes: journal.subarray(at + headBytes, end) })
    at = end
  }
  return undos
}
