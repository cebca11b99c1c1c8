// The spool's SQL, prepared once per connection and kept. Called by spool.ts and dead-letters.ts.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { StoredBody } from './body.ts'
import type { Dropped } from './types.ts'

/** A kept statement whose rows have the shape that its text selects. */
export type Query<Row> = {
  all(...values: SQLInputValue[]): Row[]
  get(...values: SQLInputValue[]): Row | undefined
  iterate(...values: SQLInputValue[]): IterableIterator<Row>
}

/** Integers arrive as bigint: times in ns do not fit a double. */
export type ChunkRow = {
  readonly id: bigint
  readonly isStaged: bigint
  readonly entries: bigint
  readonly bytes: bigint
  readonly firstNs: bigint
  readonly lastNs: bigint
}

export type StreamRow = {
  readonly id: bigint
  readonly labels: string
  readonly kind: 'rows' | 'runs'
  readonly lastNs: bigint
  readonly entries: bigint
  readonly bytes: bigint
}

/** A chunk that may be evicted. */
export type VictimRow = {
  readonly id: number
  readonly stream: number
  readonly entries: number
  readonly bytes: number
}

export type Statements = ReturnType<typeof prepareStatements>

export function prepareStatements(database: DatabaseSync) {
  const write = (sql: string): StatementSync => database.prepare(sql)
  const read = <Row>(sql: string): Query<Row> => queryOf<Row>(database.prepare(sql))
  return {
    begin: write('begin immediate'),
    commit: write('commit'),
    rollback: write('rollback'),

    insertStream: write('insert into streams (labels, kind) values (?, ?)'),
    setLast: write('update streams set last_ns = ? where id = ?'),
    streams: bigintQueryOf<StreamRow>(
      database.prepare(`select id, labels, kind, last_ns as lastNs,
        (select coalesce(sum(entries), 0) from visible_chunks where stream = streams.id) as entries,
        (select coalesce(sum(bytes), 0) from visible_chunks where stream = streams.id) as bytes
        from streams order by id`),
    ),

    insertChunk: write(`insert into chunks (run, stream, entries, bytes, first_ns, last_ns, body, checksum)
      values ((select visible_run from spool) + ?, ?, ?, ?, ?, ?, ?, ?)`),
    showRun: write('update spool set visible_run = visible_run + 1, last_run_ms = ?'),
    lastRun: read<{ readonly lastRunMs: number | null }>('select last_run_ms as lastRunMs from spool'),
    firstStaged: read<{ readonly id: number | null }>(`select min(id) as id from chunks indexed by chunk_index
      where run > (select visible_run from spool)`),
    deleteStaged: write('delete from chunks where id >= ? and run > (select visible_run from spool)'),
    deleteRange: write('delete from chunks where stream = ? and id between ? and ?'),
    deleteChunk: write('delete from chunks where id = ?'),

    head: bigintQueryOf<{ readonly firstNs: bigint }>(
      database.prepare('select first_ns as firstNs from visible_chunks where stream = ? order by id limit 1'),
    ),
    chunks: bigintQueryOf<ChunkRow>(
      database.prepare(`select id, run > (select visible_run from spool) as isStaged, entries, bytes,
        first_ns as firstNs, last_ns as lastNs from chunks where stream = ? order by id`),
    ),
    bodies: read<StoredBody>(
      'select body, bytes, checksum from chunks where stream = ? and id between ? and ? order by id',
    ),
    victims: read<VictimRow>(`select id, stream, entries, bytes from visible_chunks
      where stream = ? and id not between ? and ? order by id limit ?`),
    countDropped: write(`insert into dropped values (?1, ?2, ?3)
      on conflict (reason) do update set entries = entries + ?2, bytes = bytes + ?3`),
    dropped: read<Dropped>('select reason, entries, bytes from dropped order by reason'),
  }
}

export function queryOf<Row>(statement: StatementSync): Query<Row> {
  return statement as unknown as Query<Row> // Row mirrors the columns that the statement's own text selects
}

function bigintQueryOf<Row>(statement: StatementSync): Query<Row> {
  statement.setReadBigInts(true)
  return queryOf<Row>(statement)
}
