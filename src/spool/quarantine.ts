// Moves a spool that cannot be used aside, whole, so that a person may save its rows, and keeps few such
// copies. Called by openSpool, and by a worker whose spool proves damaged while in use.

import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Copies kept of one spool; each may be as large as the spool's bound. */
export const maxQuarantineCopies = 3

/** SQLite's files of one database: itself, its write-ahead log, the log's index. */
export const companions = ['', '-wal', '-shm'] as const

/**
 * Renames a closed spool to `<name>.quarantine-<time>` and returns that path. The oldest copies beyond 3 go.
 */
export function quarantine(path: string, nowMs: number): string {
  const copyPath = freePath(`${path}.quarantine-${timestampOf(nowMs)}`)
  for (const companion of companions) {
    if (existsSync(path + companion)) renameSync(path + companion, copyPath + companion)
  }
  for (const surplus of quarantineCopies(path).slice(0, -maxQuarantineCopies)) {
    for (const companion of companions) rmSync(surplus + companion, { force: true })
  }
  return copyPath
}

/** Copies of a spool, oldest first. */
export function quarantineCopies(path: string): string[] {
  const prefix = `${basename(path)}.quarantine-`
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && !name.endsWith('-wal') && !name.endsWith('-shm'))
    .sort()
    .map((name) => join(dirname(path), name))
}

/** 20261125T213710.123Z: sorts by time and is no trouble as a file name. */
function timestampOf(nowMs: number): string {
  return new Date(nowMs).toISOString().replaceAll(/[-:]/g, '')
}

function freePath(wanted: string): string {
  let path = wanted
  for (let copy = 2; existsSync(path); copy += 1) path = `${wanted}-${copy}`
  return path
}
