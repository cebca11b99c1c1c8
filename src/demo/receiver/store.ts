// What the receiver holds: streams and their entries, in SQLite, in a file or in memory. One class for both,
// so that the tests of the one try the other. It keeps at most `maxBytes` of entries; then the oldest taken
// go.

import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { identityOf } from './checked-stream.ts'
import type { Label, PushedEntry } from './push-request.ts'

/** A label set of one tenant. */
export type StoredStream = {
  readonly id: number
  readonly tenant: string
  readonly labels: readonly Label[]
  /** The labels as Loki writes them. */
  readonly text: string
}

/** Times in ns; the end is exclusive. */
export type TimeRange = { readonly startNs: bigint; readonly endNs: bigint }

/** Hears of the entries of one push to a stream, as they were stored; repeats are left out. */
export type StoreWatcher = (stream: StoredStream, entries: readonly PushedEntry[]) => void

const schema = `
  pragma journal_mode = wal;
  pragma synchronous = off;
  create table if not exists streams (
    id integer primary key, tenant text not null, labels text not null, text text not null,
    unique (tenant, text)
  );
  create table if not exists entries (
    id integer primary key autoincrement, stream integer not null, at_ns integer not null,
    line text not null, line_bytes integer not null, metadata text not null, bytes integer not null
  );
  create index if not exists entries_by_time on entries (stream, at_ns);
`

const entryColumns = 'at_ns, line, line_bytes, metadata'

export class EntryStore {
  readonly #database: DatabaseSync
  readonly #maxBytes: number
  readonly #insert: StatementSync
  readonly #removeOldest: StatementSync
  readonly #between: StatementSync
  readonly #watchers = new Set<StoreWatcher>()
  #bytes: number

  /** `:memory:` or a file, which is created where it is missing. */
  constructor(file: string, maxBytes: number) {
    this.#database = new DatabaseSync(file)
    this.#database.exec(schema)
    this.#maxBytes = maxBytes
    this.#insert = this.#database.prepare(
      `insert into entries (stream, ${entryColumns}, bytes) values (?, ?, ?, ?, ?, ?)`,
    )
    this.#removeOldest = this.#database.prepare(
      'delete from entries where id = (select min(id) from entries) returning bytes',
    )
    this.#between = this.#database.prepare(
      `select ${entryColumns} from entries where stream = ? and at_ns >= ? and at_ns < ? order by at_ns, id`,
    )
    this.#between.setReadBigInts(true)
    this.#bytes = this.#number('select coalesce(sum(bytes), 0) as n from entries')
  }

  /** Bytes of lines and metadata that are held. */
  get bytes(): number {
    return this.#bytes
  }

  streams(tenant: string): StoredStream[] {
    const rows = this.#database.prepare('select id, labels, text from streams where tenant = ?').all(tenant)
    return rows.map(({ id, labels, text }) => {
      return { id: Number(id), tenant, labels: labelsOf(labels), text: String(text) }
    })
  }

  addStream(tenant: string, { labels, text }: Pick<StoredStream, 'labels' | 'text'>): StoredStream {
    const insert = this.#database.prepare('insert into streams (tenant, labels, text) values (?, ?, ?)')
    const { lastInsertRowid } = insert.run(tenant, JSON.stringify(labels), text)
    return { id: Number(lastInsertRowid), tenant, labels, text }
  }

  /** All or none of them; then what is over the bound goes, the oldest taken first. */
  append(stream: StoredStream, entries: readonly PushedEntry[]): void {
    const isWatched = this.#watchers.size > 0
    const unseen: PushedEntry[] = []
    this.#database.exec('begin')
    try {
      for (const entry of entries) {
        if (isWatched && !this.#holds(stream, entry)) unseen.push(entry)
        const { atNs, line, lineBytes, metadata } = entry
        const pairs = JSON.stringify(metadata)
        const bytes = lineBytes + Buffer.byteLength(pairs)
        this.#insert.run(stream.id, atNs, line, lineBytes, pairs, bytes)
        this.#bytes += bytes
      }
      while (this.#bytes > this.#maxBytes) this.#bytes -= Number(this.#removeOldest.get()?.['bytes'])
      this.#database.exec('commit')
    } catch (error) {
      this.#database.exec('rollback')
      this.#bytes = this.#number('select coalesce(sum(bytes), 0) as n from entries')
      throw error
    }
    if (unseen.length > 0) for (const watcher of this.#watchers) watcher(stream, unseen)
  }

  /** Returns what ends it. */
  watch(watcher: StoreWatcher): () => void {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  /** Oldest first, repeats included. */
  entries({ id }: StoredStream, { startNs, endNs }: TimeRange): PushedEntry[] {
    return this.#between.all(id, startNs, endNs).map(entryOf)
  }

  /** The entry that was taken last, and the highest time; undefined where the stream holds none. */
  newest({ id }: StoredStream): { readonly last: PushedEntry; readonly highestNs: bigint } | undefined {
    const select = this.#database.prepare(
      `select ${entryColumns}, (select max(at_ns) from entries where stream = ?1) as highest
       from entries where stream = ?1 order by id desc limit 1`,
    )
    select.setReadBigInts(true)
    const row = select.get(id)
    if (row === undefined) return undefined
    return { last: entryOf(row), highestNs: row['highest'] as bigint } // read as bigint
  }

  /** Entries as they were taken, repeats included. */
  count(tenant: string): number {
    const select = this.#database.prepare(
      'select count(*) as n from entries join streams on streams.id = stream where tenant = ?',
    )
    return Number(select.get(tenant)?.['n'])
  }

  close(): void {
    this.#database.close()
  }

  #holds(stream: StoredStream, entry: PushedEntry): boolean {
    const identity = identityOf(entry)
    const range = { startNs: entry.atNs, endNs: entry.atNs + 1n }
    return this.entries(stream, range).some((held) => identityOf(held) === identity)
  }

  #number(query: string): number {
    return Number(this.#database.prepare(query).get()?.['n'])
  }
}

type Row = Record<string, unknown>

function entryOf(row: Row): PushedEntry {
  return {
    atNs: row['at_ns'] as bigint, // the statements read integers so
    line: String(row['line']),
    lineBytes: Number(row['line_bytes']),
    metadata: labelsOf(row['metadata']),
  }
}

function labelsOf(text: unknown): Label[] {
  return JSON.parse(String(text)) as Label[] // written here as such
}
