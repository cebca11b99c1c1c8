// One connection to a spool's file: its kept statements, its transactions, and SQLite's errors in rowtail's
// words. Called by spool.ts. A transaction happens wholly, or it throws and nothing has changed.

import type { DatabaseSync } from 'node:sqlite'
import { dirname } from 'node:path'
import { isDiskLow, keepBallast, releaseBallast } from './ballast.ts'
import { readNumber } from './schema.ts'
import { isFullDisk, lowDiskErrorOf, spoolErrorOf } from './sqlite-error.ts'
import { prepareStatements, type Statements } from './statements.ts'

/**
 * Free pages that stay in the file for the next run, 1 MiB: without them every run would grow and shrink it.
 */
const sparePages = 256

/** Pages that one slice of `reclaim` gives back, 512 KiB: a few ms. */
const reclaimPages = 128

/** Slices at once where the disk is nearly full, 8 MiB: some 30 ms. */
const slicesOnLowDisk = 16

/** Slices between two checkpoints: cutting 230 MiB off the file at once took 0.25 s, 4 MiB take 8 ms. */
const slicesPerCheckpoint = 8

export class Store {
  readonly path: string
  readonly database: DatabaseSync
  readonly statements: Statements
  readonly #directory: string
  #slices = 0

  constructor(database: DatabaseSync, path: string) {
    this.path = path
    this.#directory = dirname(path)
    this.database = database
    this.statements = prepareStatements(database)
  }

  /** Runs reads, or a transaction, with SQLite's errors as ReportedError. */
  guarded<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw spoolErrorOf(error, this.path)
    }
  }

  transaction<T>(work: () => T): T {
    return this.guarded(() => {
      this.statements.begin.run()
      try {
        const result = work()
        this.statements.commit.run()
        return result
      } catch (error) {
        // SQLite has rolled back by itself after some errors (full disk, I/O).
        if (this.database.isTransaction) this.statements.rollback.run()
        throw error
      }
    })
  }

  /** A transaction that adds rows: none is begun on a disk that is nearly full. */
  adding<T>(work: () => T): T {
    if (isDiskLow(this.#directory)) throw lowDiskErrorOf(this.path)
    return this.transaction(work)
  }

  /** A transaction that gives room back, or needs next to none: on a full disk it has the ballast's. */
  freeing<T>(work: () => T): T {
    return this.#withBallast(() => this.transaction(work))
  }

  /** Gives a slice of free pages back, true while more remains; only a checkpoint cuts the file. */
  reclaim(): boolean {
    const isLow = isDiskLow(this.#directory)
    let isMore = true
    for (let left = isLow ? slicesOnLowDisk : 1; isMore && left > 0; left -= 1) {
      isMore = this.guarded(() => this.#withBallast(() => this.#reclaimSlice(isLow)))
    }
    if (!isMore) keepBallast(this.#directory)
    return isMore
  }

  /** On a low disk the log keeps its blocks: the next transaction needs no others then. */
  #reclaimSlice(isLow: boolean): boolean {
    const surplus = readNumber(this.database, 'pragma freelist_count') - (isLow ? 0 : sparePages)
    if (surplus > 0) {
      this.database.exec(`pragma incremental_vacuum(${Math.min(reclaimPages, surplus)})`)
      this.#slices += 1
      if (this.#slices % slicesPerCheckpoint === 0) this.database.exec('pragma wal_checkpoint(passive)')
      return true
    }
    if (this.#slices > 0) this.database.exec(`pragma wal_checkpoint(${isLow ? 'passive' : 'truncate'})`)
    this.#slices = 0
    return false
  }

  #withBallast<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (!isFullDisk(error)) throw error
      releaseBallast(this.#directory)
      this.#emptyLog()
      return work()
    }
  }

  /** A log that is copied whole is written from its beginning again. */
  #emptyLog(): void {
    try {
      this.database.exec('pragma wal_checkpoint(passive)')
    } catch {
      // No room for that: then for less.
    }
  }
}
