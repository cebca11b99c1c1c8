// Opens a metric's spool or begins one. A file that is damaged, foreign or of a newer rowtail is moved aside
// and a fresh one begun: the metric works on. A spool of an older rowtail gets the tables of this one. Called
// by the worker at its start; looks at header, schema and index only.

import { accessSync, closeSync, constants, existsSync, fsyncSync } from 'node:fs'
import { openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type ErrorReport, ReportedError } from '../core/errors.ts'
import { isDiskLow, releaseBallast } from './ballast.ts'
import { isLogDamaged } from './log-file.ts'
import { companions, quarantine } from './quarantine.ts'
import { nothing, salvage, type Salvaged } from './salvage.ts'
import { configure, connect, createTables, fileKindOf, migrate } from './schema.ts'
import { Spool } from './spool.ts'
import { damageReport, isDamage, isMissingTable, spoolErrorOf } from './sqlite-error.ts'
import type { SpoolBounds } from './types.ts'

export type OpenOptions = { readonly bounds: SpoolBounds; readonly nowMs: number }

export type OpenedSpool = {
  readonly spool: Spool
  /** Why the file that was there could not be used, and what became of it. */
  readonly quarantined?: Quarantined
}

export type Quarantined = Salvaged & { readonly copyPath: string; readonly error: ErrorReport }

/** Throws ReportedError spool_write_failed where the file cannot be written: no permission, full disk. */
export function openSpool(path: string, options: OpenOptions): OpenedSpool {
  const { bounds } = options
  return guarded(path, () => {
    const damage = damageOfFiles(path)
    if (damage !== undefined) return replaced(path, damage, options)
    if (!existsSync(path)) begin(path, bounds)
    const opened = openWithBallast(path, bounds)
    return opened instanceof Spool ? { spool: opened } : replaced(path, opened, options)
  })
}

/** For a closed spool that proved damaged while it was in use. */
export function replaceSpool(path: string, error: ErrorReport, options: OpenOptions): OpenedSpool {
  return guarded(path, () => replaced(path, error, options))
}

/**
 * The damaged file stays where it is until all that can be read of it is in the new one: whenever that is cut
 * short, it is begun again.
 */
function replaced(path: string, error: ErrorReport, { bounds, nowMs }: OpenOptions): OpenedSpool {
  const salvaged = error.code === 'spool_damaged' ? salvaging(path, bounds) : { saved: nothing }
  const copyPath = quarantine(path, nowMs)
  if (existsSync(newPathOf(path))) takeName(path)
  else begin(path, bounds)
  const spool = openWithBallast(path, bounds)
  if (spool instanceof Spool) return { spool, quarantined: { ...salvaged, copyPath, error } }
  throw new Error(`The fresh spool ${path} cannot be used: ${spool.message}`)
}

/** Leaves the new spool beside the damaged one, or none where there is no room for it. */
function salvaging(path: string, bounds: SpoolBounds): Salvaged {
  try {
    return inNewSpool(path, bounds, (fresh) => {
      const salvaged = salvage(path, fresh)
      if (salvaged.lost !== undefined) fresh.countLost(salvaged.lost)
      return salvaged
    })
  } catch (error) {
    if (!(error instanceof ReportedError)) throw error
    removeFiles(newPathOf(path))
    return { saved: nothing }
  }
}

/** Nothing but a whole spool ever has its name: an empty file is a damaged one. */
function begin(path: string, bounds: SpoolBounds): void {
  inNewSpool(path, bounds, () => undefined)
  takeName(path)
}

/** Synced, or a cut of the power might bring the name of before back. */
function takeName(path: string): void {
  renameSync(newPathOf(path), path)
  if (process.platform === 'win32') return // a directory cannot be opened there
  const directory = openSync(dirname(path), 'r')
  fsyncSync(directory)
  closeSync(directory)
}

function inNewSpool<T>(path: string, bounds: SpoolBounds, fill: (spool: Spool) => T): T {
  const newPath = newPathOf(path)
  removeFiles(newPath)
  const fresh = openWithBallast(newPath, bounds)
  if (!(fresh instanceof Spool)) throw new ReportedError(fresh)
  try {
    return fill(fresh)
  } finally {
    fresh.close()
  }
}

function newPathOf(path: string): string {
  return `${path}.new`
}

function removeFiles(path: string): void {
  for (const companion of companions) rmSync(path + companion, { force: true })
}

/** What SQLite would take for a new database, or for a log that ends early, and say nothing. */
function damageOfFiles(path: string): ErrorReport | undefined {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  const logSize = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
  if (size === 0) return damageReport(path, 'It is empty.')
  if (size === undefined && logSize > 0) return damageReport(path, 'Only its write-ahead log is there.')
  return isLogDamaged(path) ? damageReport(path, 'Its write-ahead log is broken.') : undefined
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
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
  accessSync(path, constants.W_OK) // SQLite opens what may only be read, and tells at the first write
  configure(database, kind)
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
