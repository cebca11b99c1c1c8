// What Loki acknowledged, one small record for each push, so that `spool verify` can ask Loki for it: kept
// for 7 days and at most 16 MiB a metric, the oldest go first. Called by spool.ts inside the transaction that
// settles a range: it adds one record and removes at most four.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { queryOf, type Query } from './statements.ts'
import type { Delivered, StreamId } from './types.ts'

const keptMs = 7 * 24 * 60 * 60_000

/** A record takes 49 bytes of the file; the bound is kept as a number of them, which needs no counting. */
const maxRecordBytes = 60
export const maxDeliveries = Math.floor((16 * 1024 * 1024) / maxRecordBytes)

/** Ids ascend without gaps, so the newest one tells which are beyond the bound. */
const pruneSql = `delete from deliveries where id in (select id from deliveries order by id limit 4)
  and (at_ms < ? or id <= ?)`

export class Deliveries {
  readonly #insert: StatementSync
  readonly #prune: StatementSync
  readonly #insertNames: StatementSync
  readonly #namesId: Query<{ readonly id: number }>

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(`insert into deliveries
      (stream, at_ms, first_ns, last_ns, entries, bytes, checksum, metadata_names)
      values (?, ?, ?, ?, ?, ?, ?, ?)`)
    this.#prune = database.prepare(pruneSql)
    this.#insertNames = database.prepare('insert or ignore into metadata_names (names) values (?)')
    this.#namesId = queryOf(database.prepare('select id from metadata_names where names = ?'))
  }

  append(stream: StreamId, delivered: Delivered): void {
    const { atMs, firstNs, lastNs, entries, bytes, checksum, metadataNames } = delivered
    const names = this.#idOfNames(metadataNames.join(','))
    const values = [stream, atMs, firstNs, lastNs, entries, bytes, checksum, names]
    const id = Number(this.#insert.run(...values).lastInsertRowid)
    this.#prune.run(atMs - keptMs, id - maxDeliveries)
  }

  #idOfNames(names: string): number {
    const known = this.#namesId.get(names)
    if (known !== undefined) return known.id
    return Number(this.#insertNames.run(names).lastInsertRowid)
  }
}
