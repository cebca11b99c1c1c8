// Saves what can still be read of a damaged spool into a fresh one: chunk by chunk, each looked up by itself,
// so that a broken page costs its own rows only. What is lost is counted from the index, where that can be
// read. Called by open.ts; the damaged file is read and never changed.

import { rmSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { ReportedError } from '../core/errors.ts'
import { isWhole } from './body.ts'
import { type Amount, sumOf } from './ledger.ts'
import { isLogDamaged, writeWithLog } from './log-file.ts'
import type { Spool } from './spool.ts'
import type { Chunk, StreamId, StreamKind } from './types.ts'

export type Salvaged = {
  readonly saved: Amount
  /** Undefined where nothing tells how many there were. */
  readonly lost?: Amount
}

type Row = Readonly<Record<string, unknown>>

/** A chunk as the index has it. */
type Listed = Amount & { readonly id: bigint }

export const nothing: Amount = { entries: 0, bytes: 0 }

/** Bytes of one commit: a run of the fresh spool. */
const batchBytes = 4 * 1024 * 1024

/** More ids than a spool has chunks: what is tried one by one where the index is broken. */
const maxTries = 1_000_000

/** Throws only what the fresh spool says: a full disk. */
export function salvage(path: string, fresh: Spool): Salvaged {
  const playedPath = `${path}.played`
  try {
    if (!hasPages(path) || isLogDamaged(path)) {
      writeWithLog(path, playedPath)
      return salvageFrom(playedPath, fresh)
    }
    return salvageFrom(path, fresh)
  } catch (error) {
    if (error instanceof ReportedError) throw error
    return { saved: nothing } // not a word of it can be read
  } finally {
    rmSync(playedPath, { force: true })
  }
}

function salvageFrom(path: string, fresh: Spool): Salvaged {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    return new Salvage(database, fresh).run()
  } finally {
    database.close()
  }
}

function hasPages(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0
}

class Salvage {
  readonly #database: DatabaseSync
  readonly #fresh: Spool
  readonly #visibleRun: bigint
  readonly #lastRunMs: number
  /** By their number in the damaged file. */
  readonly #streams: ReadonlyMap<StreamId, StreamId>
  readonly #last: ReadonlyMap<StreamId, bigint>
  readonly #checksum: string
  #batch: Chunk[] = []
  #batchedBytes = 0

  constructor(database: DatabaseSync, fresh: Spool) {
    this.#database = database
    this.#fresh = fresh
    const [spool] = this.#all('select visible_run, last_run_ms from spool')
    this.#visibleRun = spool?.['visible_run'] as bigint // an integer of the schema
    this.#lastRunMs = Number(spool?.['last_run_ms'] ?? 0)
    const streams = this.#all('select id, labels, kind, last_ns from streams').map((row) => {
      const kind = row['kind'] as StreamKind // checked by the schema
      const stream = fresh.streamOf(String(row['labels']), kind)
      return { id: Number(row['id']), stream, lastNs: row['last_ns'] as bigint } // an integer of the schema
    })
    this.#streams = new Map(streams.map(({ id, stream }) => [id, stream]))
    this.#last = new Map(streams.map(({ stream, lastNs }) => [stream, lastNs]))
    const columns = this.#all('pragma table_info(chunks)').map(({ name }) => name)
    this.#checksum = columns.includes('checksum') ? 'checksum' : 'null as checksum'
  }

  run(): Salvaged {
    const listed = this.#listed()
    let saved = nothing
    let lost = nothing
    for (const amount of listed ?? this.#tried()) {
      const chunk = this.#chunk(amount)
      if (chunk === undefined) {
        lost = sumOf(lost, amount)
        continue
      }
      saved = sumOf(saved, { entries: chunk.entries, bytes: chunk.body.byteLength })
      this.#keep(chunk)
    }
    this.#commit()
    return listed === undefined ? { saved } : { saved, lost }
  }

  /** What waits, oldest first; undefined where the index is broken. */
  #listed(): Listed[] | undefined {
    try {
      return [...this.#streams.keys()]
        .flatMap((stream) => this.#all(listSql, stream, this.#visibleRun))
        .map((row) => listedOf(row))
        .sort((left, right) => Number(left.id - right.id))
    } catch {
      return undefined
    }
  }

  /** Every number that a chunk may have. */
  *#tried(): Generator<Listed> {
    const [newest] = this.#all("select seq from sqlite_sequence where name = 'chunks'")
    const last = (newest?.['seq'] ?? 0n) as bigint // an integer of SQLite's own table
    const first = last > maxTries ? last - BigInt(maxTries) : 0n
    for (let id = first + 1n; id <= last; id += 1n) yield { ...nothing, id }
  }

  /** Undefined where it cannot be read, or is not what was written. */
  #chunk({ id }: Listed): Chunk | undefined {
    try {
      const [row] = this.#all(
        `select stream, entries, bytes, first_ns, last_ns, body, ${this.#checksum}
        from chunks where id = ? and run <= ?`,
        id,
        this.#visibleRun,
      )
      return row === undefined ? undefined : this.#chunkOf(row)
    } catch {
      return undefined
    }
  }

  #chunkOf(row: Row): Chunk | undefined {
    const stream = this.#streams.get(Number(row['stream']))
    const { body, bytes, checksum, first_ns: firstNs, last_ns: lastNs } = row
    if (stream === undefined || !(body instanceof Uint8Array)) return undefined
    if (typeof firstNs !== 'bigint' || typeof lastNs !== 'bigint') return undefined
    const sum = checksum === null ? null : Number(checksum)
    if (!isWhole({ body, bytes: Number(bytes), checksum: sum })) return undefined
    return { stream, body, entries: Number(row['entries']), firstNs, lastNs }
  }

  #keep(chunk: Chunk): void {
    this.#batch.push(chunk)
    this.#batchedBytes += chunk.body.byteLength
    if (this.#batchedBytes >= batchBytes) this.#commit()
  }

  #commit(): void {
    this.#fresh.commitRun({ chunks: this.#batch, last: this.#last, lastRunMs: this.#lastRunMs })
    this.#batch = []
    this.#batchedBytes = 0
  }

  #all(sql: string, ...values: readonly (number | bigint)[]): Row[] {
    const statement = this.#database.prepare(sql)
    statement.setReadBigInts(true)
    return statement.all(...values)
  }
}

const listSql = `select id, entries, bytes from chunks indexed by chunk_index
  where stream = ? and run <= ? order by id`

function listedOf(row: Row): Listed {
  return {
    id: row['id'] as bigint, // an integer of the schema
    entries: Number(row['entries']),
    bytes: Number(row['bytes']),
  }
}
