// Opens a metric's spool or begins one. A file that is damaged, foreign or of a newer rowtail is moved aside
// and a fresh one begun: the metric works on. A spool of an older rowtail gets the tables of this one. Called
// by the worker at its start; looks at header, schema and index only.

import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type ErrorReport, ReportedError } from '../core/errors.ts'
import { isDiskLow, releaseBallast } from './ballast.ts'
import { quarantine } from './quarantine.ts'
import { configure, connect, createTables, fileKindOf, migrate } from './schema.ts'
import { Spool } from './spool.ts'
import { damageReport, isDamage, isMissingTable, spoolErrorOf } from './sqlite-error.ts'
import type { SpoolBounds } from './types.ts'

export type OpenOptions = { readonly bounds: SpoolBounds; readonly nowMs: number }

export type OpenedSpool = {
  readonly spool: Spool
  /** Where the file that could not be used was moved, and why. */
  readonly quarantined?: { readonly copyPath: string; readonly error: ErrorReport }
}

/** Throws ReportedError spool_write_failed where the file cannot be written: no permission, full disk. */
export function openSpool(path: string, { bounds, nowMs }: OpenOptions): OpenedSpool {
  try {
    const first = openWithBallast(path, bounds)
    if (first instanceof Spool) return { spool: first }
    const copyPath = quarantine(path, nowMs)
    const second = tryOpen(path, bounds)
    if (second instanceof Spool) return { spool: second, quarantined: { copyPath, error: first } }
    throw new Error(`The fresh spool ${path} cannot be used: ${second.message}`)
  } catch (error) {
    throw spoolErrorOf(error, path)
  }
}

/** On a full disk there is no room for the index of the log. */
function openWithBallast(path: string, bounds: SpoolBounds): Spool | ErrorReport {
  try {
    return tryOpen(path, bounds)
  } catch (error) {
    if (!isDiskLow(dirname(path))) throw error
    releaseBallast(dirname(path))
    return tryOpen(path, bounds)
  }
}

/** The spool, or why this file is none that can be used. */
function tryOpen(path: string, bounds: SpoolBounds): Spool | ErrorReport {
  let database: DatabaseSync | undefined
  try {
    database = connect(path)
    const spool = spoolIn(database, path, bounds)
    if (!(spool instanceof Spool)) database.close()
    return spool
  } catch (error) {
    if (database?.isOpen === true) database.close()
    const cause = error instanceof ReportedError ? error.cause : error
    if (isDamage(cause) || isMissingTable(cause)) return damageReport(path, String(cause))
    throw error
  }
}

function spoolIn(database: DatabaseSync, path: string, bounds: SpoolBounds): Spool | ErrorReport {
  const kind = fileKindOf(database)
  if (kind === 'foreign') return damageReport(path, 'It is an SQLite database of another program.')
  if (kind === 'newer') return newerReport(path)
  configure(database)
  if (kind === 'empty') createTables(database)
  if (kind === 'older') migrate(database)
  return new Spool(database, { path, bounds })
}

function newerReport(path: string): ErrorReport {
  return {
    code: 'spool_newer',
    message: `The spool ${path} was written by a newer rowtail.`,
    hint: 'It is kept as a copy beside it: put the copy back in its place and run the newer rowtail.',
  }
}
