// Makes sure that one process at a time uses a state directory: an exclusive SQLite lock that the kernel
// frees when its holder goes, however it goes. Called by the startup checks. The pid beside it is only there
// to be named.

import { accessSync, constants, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ReportedError } from '../core/errors.ts'
import { isBusy } from './sqlite-error.ts'

// Neither ends in .sqlite: a metric may be called `lock`.
const lockName = 'state.lock'
const pidName = 'state.pid'

/**
 * Keeps the locks of this process from the garbage collector, which would close the database and so unlock
 * it.
 */
const heldLocks = new Set<DatabaseSync>()

export type StateLock = { release(): void }

/**
 * Creates the directory (0700) where it is missing and locks it until `release` or the end of the process.
 * Throws ReportedError state_dir_in_use or state_dir_unusable.
 */
export function lockStateDirectory(directory: string): StateLock {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
    return takeLock(directory)
  } catch (error) {
    throw isBusy(error) ? inUse(directory, error) : unusable(directory, error)
  }
}

/**
 * The open transaction is the lock; nothing is ever written to the database. Its journal lies in memory: a
 * file would need room, which a full disk has none of.
 */
function takeLock(directory: string): StateLock {
  const database = new DatabaseSync(join(directory, lockName), { timeout: 0 })
  const pidPath = join(directory, pidName)
  try {
    database.exec('pragma journal_mode = memory; begin exclusive')
    writePid(pidPath)
  } catch (error) {
    database.close()
    throw error
  }
  heldLocks.add(database)
  return {
    release() {
      heldLocks.delete(database)
      rmSync(pidPath, { force: true })
      database.close()
    },
  }
}

/** On a full disk the holder stays unnamed; that is no reason not to start. */
function writePid(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`)
  } catch (error) {
    if (!isErrorWithCode(error, 'ENOSPC')) throw error
  }
}

function inUse(directory: string, cause: unknown): ReportedError {
  return new ReportedError(
    {
      code: 'state_dir_in_use',
      message: `The state directory ${directory} is in use by ${holderOf(directory)}.`,
      hint: 'Stop that one, or give this one a directory of its own with --state_dir.',
    },
    { cause },
  )
}

/**
 * The holder writes its pid after it has the lock, so for a moment the file may be missing or name a dead
 * one.
 */
function holderOf(directory: string): string {
  try {
    const pid = Number(readFileSync(join(directory, pidName), 'utf8'))
    if (pid === 0) return 'another process'
    process.kill(pid, 0)
    return `process ${pid}`
  } catch (error) {
    return isErrorWithCode(error, 'EPERM') ? 'a process of another user' : 'another process'
  }
}

function unusable(directory: string, cause: unknown): ReportedError {
  const said = cause instanceof Error ? cause.message : String(cause)
  const report = {
    code: 'state_dir_unusable',
    message: `The state directory ${directory} cannot be used.`,
  } as const
  return new ReportedError({ ...report, hint: cureOf(cause), said }, { cause })
}

function cureOf(cause: unknown): string {
  if (isErrorWithCode(cause, 'EEXIST') || isErrorWithCode(cause, 'ENOTDIR')) {
    return 'A part of this path is a file: remove it, or choose another directory with --state_dir.'
  }
  if (isErrorWithCode(cause, 'ENOSPC')) return 'The disk is full: free some space.'
  const user = process.getuid === undefined ? 'the user who runs rowtail' : `user id ${process.getuid()}`
  return `Make it writable for ${user}, or choose another directory with --state_dir.`
}

function isErrorWithCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
