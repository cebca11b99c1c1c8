// What SQLite says went wrong with a spool, as a report for the operator. Called wherever a spool is opened
// or used.

import { dirname } from 'node:path'
import { ReportedError, type ErrorReport } from '../core/errors.ts'
import { formatBytes } from '../core/quantity.ts'
import { minFreeBytes } from './ballast.ts'

const elsewhere = 'Free some space, or point --state_dir to another disk.'

/** SQLite's primary result codes that have a cure of their own (sqlite.org/rescode.html). */
const resultCodes = {
  error: 1,
  permission: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
} as const

/** An extended code: no room for the index of the log. */
const noRoomForLogIndex = 4874

/** The result code of an error thrown by node:sqlite; undefined for any other error. */
function sqliteCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode : undefined
}

/** True where the file itself is bad, so that trying again cannot help. */
export function isDamage(error: unknown): boolean {
  const primary = (sqliteCodeOf(error) ?? 0) & 0xff
  return primary === resultCodes.corrupt || primary === resultCodes.notADatabase
}

/** True where a table or column is missing: a spool whose schema was tampered with. */
export function isMissingTable(error: unknown): boolean {
  return sqliteCodeOf(error) === resultCodes.error
}

/** True where another connection holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  const primary = (sqliteCodeOf(error) ?? 0) & 0xff
  return primary === resultCodes.busy || primary === resultCodes.locked
}

/** True for a report of a file that cannot be written, now. */
export function isWriteFailure(error: unknown): boolean {
  return error instanceof ReportedError && error.report.code === 'spool_write_failed'
}

/** True where there was no room, in SQLite's words or in a report made of them. */
export function isFullDisk(error: unknown): boolean {
  const code = sqliteCodeOf(error instanceof ReportedError ? error.cause : error) ?? 0
  return (code & 0xff) === resultCodes.full || code === noRoomForLogIndex
}

/**
 * Errors of SQLite and of the file system as ReportedError; bugs, broken constraints included, as they are.
 */
export function spoolErrorOf(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error
  // A failed rename into quarantine is a file that cannot be opened for writing.
  const code = 'syscall' in error ? resultCodes.cannotOpen : sqliteCodeOf(error)
  if (code === undefined || (code & 0xff) === resultCodes.constraint) return error
  return new ReportedError(spoolReportOf(code, path, error.message), { cause: error })
}

function spoolReportOf(code: number, path: string, said: string): ErrorReport {
  const failed = (why: string, hint: string): ErrorReport => ({ ...failedReport(path, why, hint), said })
  switch (code === noRoomForLogIndex ? resultCodes.full : code & 0xff) {
    case resultCodes.corrupt:
    case resultCodes.notADatabase:
      return damageReport(path, said)
    case resultCodes.full:
      return failed(`the disk that holds ${dirname(path)} is full`, elsewhere)
    case resultCodes.busy:
    case resultCodes.locked:
      return failed('another program holds it locked', 'Close the program that has the file open.')
    case resultCodes.permission:
    case resultCodes.readOnly:
    case resultCodes.cannotOpen:
      return failed('rowtail may not write there', cureOfPermission(path))
    default:
      return failed(`SQLite failed with code ${code}`, `Look at the disk's health. ${elsewhere}`)
  }
}

/** For rows that are not written to a disk with little room left. */
export function lowDiskErrorOf(path: string): ReportedError {
  const why = `less than ${formatBytes(minFreeBytes)} are free on the disk that holds ${dirname(path)}`
  return new ReportedError(failedReport(path, why, elsewhere))
}

function failedReport(path: string, why: string, hint: string): ErrorReport {
  return { code: 'spool_write_failed', message: `The spool ${path} cannot be written: ${why}.`, hint }
}

export function damageReport(path: string, said: string): ErrorReport {
  return {
    code: 'spool_damaged',
    message: `The spool ${path} is damaged.`,
    hint: '`sqlite3 <copy> .recover` may save rows from its copy.',
    said,
  }
}

function cureOfPermission(path: string): string {
  const user = process.getuid === undefined ? 'the user who runs rowtail' : `user id ${process.getuid()}`
  return `Make ${path} and ${dirname(path)} writable for ${user}, or choose another --state_dir.`
}
