// Looks into a spool, read-only, beside the worker that uses it or into a copy set aside: for the commands of
// `spool`. Every call is one short read, so that no snapshot is held: one would keep the write-ahead log from
// being cut. Reads spools of this rowtail and of older ones.

import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { ReportedError } from '../core/errors.ts'
import type { RefusalReason } from '../core/sink.ts'
import { fileKindOf } from './schema.ts'
import { damageReport, isDamage, isMissingTable } from './sqlite-error.ts'
import type { Delivered, Dropped, StreamId, StreamKind } from './types.ts'

/** A worker never holds the file for so long; it does for a moment when it begins or migrates one. */
const busyTimeoutMs = 5_000

/** Rows of one read: some ms. */
const pageRows = 1_000

export type StreamContent = {
  readonly stream: StreamId
  readonly labels: string
  readonly kind: StreamKind
  readonly chunks: number
  readonly entries: number
  readonly bytes: number
  /** The newest time given to an entry. */
  readonly lastNs: bigint
  /** First time of what waits; undefined where nothing does. */
  readonly oldestNs?: bigint
}

export type SpoolContent = {
  readonly streams: readonly StreamContent[]
  readonly deadLetters: readonly { readonly reason: RefusalReason; readonly entries: number }[]
  readonly dropped: readonly Dropped[]
  /** Pushes of record, for `spool verify`. */
  readonly deliveries: number
}

export type ChunkSpan = { readonly id: number; readonly firstNs: bigint; readonly lastNs: bigint }

export type DeliveryRecord = Delivered & { readonly id: number; readonly stream: StreamId }

export type LetterRecord = {
  readonly id: number
  readonly stream: StreamId
  readonly reason: RefusalReason
  readonly said: string
  /** Unknown for letters of an older rowtail. */
  readonly atMs?: number
  readonly entry: Uint8Array
}

export class SpoolReader {
  readonly #path: string
  readonly #database: DatabaseSync
  /** A spool of version 1 has no record of deliveries, and no time of its dead letters. */
  readonly #isFirstVersion: boolean
  readonly #statements = new Map<string, StatementSync>()

  /** Throws ReportedError: state_dir_unusable where it may not be read, spool_damaged, spool_newer. */
  constructor(path: string) {
    this.#path = path
    this.#database = this.#guarded(() => new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs }))
    const kind = this.#guarded(() => fileKindOf(this.#database))
    if (kind === 'spool' || kind === 'older') {
      this.#isFirstVersion = kind === 'older'
      return
    }
    this.#database.close()
    throw new ReportedError(kind === 'newer' ? newerReport(path) : damageReport(path, `It is ${kind}.`))
  }

  content(): SpoolContent {
    const [recorded] = this.#isFirstVersion ? [] : this.#all<{ readonly count: number }>(countSql)
    return {
      streams: this.#all(streamsSql),
      deadLetters: this.#all(lettersByReasonSql),
      dropped: this.#all('select reason, entries, bytes from dropped order by reason'),
      deliveries: recorded?.count ?? 0,
    }
  }

  /** All chunks of a stream that wait, oldest first, read page by page. */
  chunks(stream: StreamId): Generator<ChunkSpan> {
    return allOf((id) => this.chunksAfter(stream, id))
  }

  /** All dead letters, oldest first, read page by page. */
  letters(): Generator<LetterRecord> {
    return allOf((id) => this.lettersAfter(id))
  }

  /** The pushes of record behind `afterId`, in the order of their acknowledgement, read page by page. */
  deliveries(afterId = 0): Generator<DeliveryRecord> {
    return allOf((id) => this.deliveriesAfter(id), afterId)
  }

  /** The next 1,000 chunks of a stream that wait, oldest first. */
  chunksAfter(stream: StreamId, id: number): ChunkSpan[] {
    return this.#all(chunksSql, stream, id)
  }

  /** The entries of a chunk; undefined where it is delivered meanwhile, or where its page is damaged. */
  bodyOf(id: number): Uint8Array | 'gone' | 'damaged' {
    try {
      const [row] = this.#all<{ body: Uint8Array }>('select body from chunks where id = ?', id)
      return row?.body ?? 'gone'
    } catch (error) {
      if (error instanceof ReportedError && error.report.code === 'spool_damaged') return 'damaged'
      throw error
    }
  }

  /** The next dead letters, oldest first; at most some hundred KiB. */
  lettersAfter(id: number): LetterRecord[] {
    return this.#all(lettersSql(this.#isFirstVersion ? 'null' : 'at_ms'), id)
  }

  /** The next 1,000 pushes of record, in the order in which Loki acknowledged them. */
  deliveriesAfter(id: number): DeliveryRecord[] {
    if (this.#isFirstVersion) return []
    const rows = this.#all<DeliveryRow>(deliveriesSql, id)
    return rows.map(({ metadataNames: names, ...row }) => ({
      ...row,
      metadataNames: names === '' ? [] : names.split(','),
    }))
  }

  close(): void {
    this.#database.close()
  }

  /** Integers are read as bigint: times in ns do not fit a double. */
  #all<Row>(sql: string, ...values: readonly (number | bigint)[]): Row[] {
    return this.#guarded(() => {
      const statement = this.#statements.get(sql) ?? this.#database.prepare(sql)
      statement.setReadBigInts(true)
      this.#statements.set(sql, statement)
      return statement.all(...values).map(rowOf) as Row[] // mirrors the columns that the text selects
    })
  }

  #guarded<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (isDamage(error) || isMissingTable(error)) {
        throw new ReportedError(damageReport(this.#path, String(error)), { cause: error })
      }
      throw unreadable(this.#path, error)
    }
  }
}

/** A page is read when it is asked for, so that no read holds a snapshot while its rows are worked on. */
function* allOf<Row extends { readonly id: number }>(
  pageAfter: (id: number) => readonly Row[],
  afterId = 0,
): Generator<Row> {
  for (let id: number | undefined = afterId; id !== undefined; ) {
    const page: readonly Row[] = pageAfter(id)
    yield* page
    id = page.at(-1)?.id
  }
}

type DeliveryRow = Omit<DeliveryRecord, 'metadataNames'> & { readonly metadataNames: string }

/** Times in ns stay bigint, all other integers fit a number; what is null is left out. */
function rowOf(columns: Record<string, SQLOutputValue>): Record<string, unknown> {
  const known = Object.entries(columns).filter(([, value]) => value !== null)
  const values = known.map(([name, value]): [string, unknown] => [
    name,
    typeof value === 'bigint' && !name.endsWith('Ns') ? Number(value) : value,
  ])
  return Object.fromEntries(values)
}

const countSql = 'select count(*) as count from deliveries'

const streamsSql = `select streams.id as stream, labels, kind, streams.last_ns as lastNs,
  count(chunks.id) as chunks,
  coalesce(sum(entries), 0) as entries, coalesce(sum(bytes), 0) as bytes,
  (select first_ns from visible_chunks as head
    where head.stream = streams.id order by head.id limit 1) as oldestNs
  from streams left join visible_chunks as chunks on chunks.stream = streams.id
  group by streams.id order by streams.id`

const lettersByReasonSql = `select reason, count(*) as entries from dead_letters
  group by reason order by reason`

const chunksSql = `select id, first_ns as firstNs, last_ns as lastNs from visible_chunks
  where stream = ? and id > ? order by id limit ${pageRows}`

const deliveriesSql = `select deliveries.id, stream, at_ms as atMs, entries, bytes, checksum,
  first_ns as firstNs, last_ns as lastNs, names as metadataNames from deliveries
  join metadata_names on metadata_names.id = metadata_names where deliveries.id > ?
  order by deliveries.id limit ${pageRows}`

/** Letters are read few at a time: one may have 256 KiB. */
function lettersSql(atMs: string): string {
  return `select id, stream, reason, said, ${atMs} as atMs, entry from dead_letters
    where id > ? order by id limit 20`
}

function newerReport(path: string) {
  return {
    code: 'spool_newer',
    message: `The spool ${path} was written by a newer rowtail.`,
    hint: 'Look into it with that one.',
  } as const
}

function unreadable(path: string, cause: unknown): ReportedError {
  const said = cause instanceof Error ? cause.message : String(cause)
  return new ReportedError(
    {
      code: 'state_dir_unusable',
      message: `The spool ${path} cannot be read.`,
      hint: 'Run this as the user who runs rowtail.',
      said,
    },
    { cause },
  )
}
