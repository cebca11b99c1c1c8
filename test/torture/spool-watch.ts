// Looks into rowtail's spool files from outside, read-only, at any moment. What a spool shows as visible is
// rowtail's promise; the watch remembers every entry that it ever saw there.

import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { checksumOf } from '../../src/core/checksum.ts'
import { lokiCodec } from '../../src/sinks/loki/codec.ts'
import { decodeEntries } from '../../src/demo/receiver/protobuf.ts'

export type StreamKind = 'rows' | 'runs'

export type Entry = {
  readonly kind: StreamKind
  readonly atNs: string
  readonly line: string
  readonly metadata: Readonly<Record<string, string>>
}

export type DeadEntry = Entry & { readonly reason: string; readonly said: string }

export type SpoolState = {
  /** Runs that were committed since the file was begun, each with one run line. */
  readonly commits: number
  /** Visible entries, not yet settled. */
  readonly waiting: readonly Entry[]
  readonly dead: readonly DeadEntry[]
  readonly dropped: readonly { readonly reason: string; readonly entries: number }[]
}

/** Nothing was spooled yet. */
const noSpool: SpoolState = { commits: 0, waiting: [], dead: [], dropped: [] }

type ChunkRow = { readonly id: number; readonly kind: StreamKind; readonly body: Uint8Array }
type DeadRow = Omit<DeadEntry, keyof Entry> & { readonly kind: StreamKind; readonly entry: Uint8Array }

export class SpoolWatch {
  readonly metric: string
  /** Every visible chunk that was ever seen, by its number: numbers are never used again. */
  readonly #chunks = new Map<number, readonly Entry[]>()

  constructor(metric: string) {
    this.metric = metric
  }

  /** All entries that a look ever found visible. */
  promised(): Entry[] {
    return [...this.#chunks.values()].flat()
  }

  /** Reads the spool in this directory as it is now, beside a running rowtail too. */
  look(directory: string): SpoolState {
    const path = join(directory, `${this.metric}.sqlite`)
    if (!existsSync(path)) return noSpool
    const database = new DatabaseSync(path, { readOnly: true, timeout: 2_000 })
    try {
      database.exec('begin')
      const hasTables = database.prepare("select 1 from sqlite_schema where name = 'chunks'").get()
      return hasTables === undefined ? noSpool : this.#read(database)
    } finally {
      database.close()
    }
  }

  /** Makes what waits in some streams older; forgets that it was ever promised at its first times. */
  age(directory: string, { ageMs, labelText }: { readonly ageMs: number; readonly labelText: string }): void {
    const path = join(directory, `${this.metric}.sqlite`)
    if (!existsSync(path)) return
    const database = new DatabaseSync(path)
    const ageNs = BigInt(ageMs) * 1_000_000n
    const inStreams = 'stream in (select id from streams where instr(labels, ?))'
    const chunks = database.prepare(`select id, body from chunks where ${inStreams}`).all(labelText)
    const rewrite = database.prepare(
      `update chunks set body = ?, bytes = ?, checksum = ?, first_ns = first_ns - ?, last_ns = last_ns - ?
        where id = ?`,
    )
    database.exec('begin immediate')
    for (const { id, body } of chunks) {
      const older = olderBody(body as Uint8Array, ageNs) // the column is a blob
      rewrite.run(older, older.length, checksumOf(older), ageNs, ageNs, Number(id))
      this.#chunks.delete(Number(id))
    }
    database.prepare('update streams set last_ns = last_ns - ? where instr(labels, ?)').run(ageNs, labelText)
    database.exec('commit')
    database.close()
  }

  #read(database: DatabaseSync): SpoolState {
    return {
      commits: Number(database.prepare('select visible_run as n from spool').get()?.['n']),
      waiting: this.#waiting(database),
      dead: deadOf(database),
      dropped: database
        .prepare('select reason, entries from dropped')
        .all()
        .map(({ reason, entries }) => ({ reason: String(reason), entries: Number(entries) })),
    }
  }

  #waiting(database: DatabaseSync): Entry[] {
    const chunk = database.prepare(
      'select c.id, kind, body from visible_chunks c join streams s on s.id = c.stream where c.id = ?',
    )
    const ids = database.prepare('select id from visible_chunks order by id').all()
    return ids.flatMap(({ id }) => {
      const known = this.#chunks.get(Number(id))
      if (known !== undefined) return known
      const { kind, body } = chunk.get(Number(id)) as unknown as ChunkRow // the columns that it selects
      const entries = entriesOf(kind, body)
      this.#chunks.set(Number(id), entries)
      return entries
    })
  }
}

/** Copies spool files of a rowtail that has ended, its write-ahead logs too; later looks see this moment. */
export function copySpools(from: string, to: string): string {
  mkdirSync(to, { recursive: true })
  if (existsSync(from)) cpSync(from, to, { recursive: true })
  return to
}

/** Copies that rowtail has set aside as unusable. */
export function quarantinedIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).filter((name) => name.includes('.quarantine-')) : []
}

function deadOf(database: DatabaseSync): DeadEntry[] {
  const rows = database
    .prepare('select kind, reason, said, entry from dead_letters d join streams s on s.id = d.stream')
    .all() as unknown as DeadRow[] // the columns that it selects
  return rows.flatMap(({ kind, reason, said, entry }) =>
    entriesOf(kind, entry).map((one) => ({ ...one, reason, said })),
  )
}

function olderBody(body: Uint8Array, ageNs: bigint): Uint8Array {
  return Buffer.concat(
    lokiCodec
      .entriesOf(body)
      .map(({ atNs, start, end }) => lokiCodec.restamp(body.subarray(start, end), atNs - ageNs, [])),
  )
}

function entriesOf(kind: StreamKind, body: Uint8Array): Entry[] {
  return decodeEntries(body).map(({ atNs, line, metadata }) => ({
    kind,
    atNs: String(atNs),
    line,
    metadata: Object.fromEntries(metadata),
  }))
}
