// The spool's file: how a connection is set up, which tables it holds, how a file of an older rowtail gets
// those of this one, and how a file that is not ours is told. Called by open.ts and reader.ts. Anyone may
// read the file with `sqlite3`; the view visible_chunks is what is to be delivered.

import { DatabaseSync } from 'node:sqlite'

const schemaVersion = 2

/** 'rowt' in ASCII: tells a spool from any other SQLite file. */
const applicationId = 0x726f7774

/** The WAL is cut to this size after a checkpoint. */
const walLimitBytes = 8 * 1024 * 1024

/** Somebody with `sqlite3` may hold a lock for a moment; longer than this a worker does not stand still. */
const busyTimeoutMs = 250

/** One MiB of pages: fifty workers each have a cache of their own. */
const cacheKiB = 1024

// `run` orders visibility: chunks of runs above spool.visible_run are staged. Bodies stand last in their row,
// and chunk_index answers everything but bodies, so that no question about a backlog reads the backlog.
const firstTables = `
  create table spool (
    id integer primary key check (id = 1),
    visible_run integer not null,
    last_run_ms integer
  );
  insert into spool values (1, 0, null);
  create table streams (
    id integer primary key autoincrement,
    labels text not null unique,
    kind text not null check (kind in ('rows', 'runs')),
    last_ns integer not null default 0
  );
  create table chunks (
    id integer primary key autoincrement,
    stream integer not null references streams (id),
    run integer not null,
    entries integer not null,
    bytes integer not null,
    first_ns integer not null,
    last_ns integer not null,
    body blob not null
  );
  create index chunk_index on chunks (stream, id, run, entries, bytes, first_ns, last_ns);
  create view visible_chunks as
    select * from chunks where run <= (select visible_run from spool);
  create table dead_letters (
    id integer primary key autoincrement,
    stream integer not null references streams (id),
    reason text not null,
    said text not null,
    bytes integer not null,
    entry blob not null
  );
  create index dead_letter_index on dead_letters (bytes);
  create table dropped (
    reason text primary key,
    entries integer not null,
    bytes integer not null
  );
`

// Version 2: what Loki acknowledged, for `spool verify`, and when an entry became a dead letter. The names of
// a push's metadata are a text of their own, for they are the same in nearly all pushes.
const secondTables = `
  create table metadata_names (
    id integer primary key,
    names text not null unique
  );
  create table deliveries (
    id integer primary key autoincrement,
    stream integer not null references streams (id),
    at_ms integer not null,
    first_ns integer not null,
    last_ns integer not null,
    entries integer not null,
    bytes integer not null,
    checksum integer not null,
    metadata_names integer not null references metadata_names (id)
  );
  alter table dead_letters add column at_ms integer;
  alter table chunks add column checksum integer;
`

/** What a file turned out to be. */
export type FileKind = 'empty' | 'older' | 'spool' | 'newer' | 'foreign'

/** Opens the file, or creates an empty one. Throws what SQLite says. */
export function connect(path: string): DatabaseSync {
  return new DatabaseSync(path, { timeout: busyTimeoutMs })
}

/**
 * Sets what holds for one connection, and for an empty file for ever. To another file it writes nothing: that
 * may be locked, and its disk full.
 */
export function configure(database: DatabaseSync, kind: FileKind): void {
  // Counts only before the first page is written, and WAL mode writes it.
  if (kind === 'empty') database.exec('pragma auto_vacuum = incremental')
  database.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma journal_size_limit = ${walLimitBytes};
    pragma cache_size = -${cacheKiB};
  `)
}

/** Looks at the header and the schema only. */
export function fileKindOf(database: DatabaseSync): FileKind {
  if (readNumber(database, 'select count(*) from sqlite_schema') === 0) return 'empty'
  if (readNumber(database, 'pragma application_id') !== applicationId) return 'foreign'
  const version = readNumber(database, 'pragma user_version')
  if (version === schemaVersion) return 'spool'
  return version > schemaVersion ? 'newer' : 'older'
}

export function createTables(database: DatabaseSync): void {
  database.exec(`
    begin immediate;
    ${firstTables}
    ${secondTables}
    pragma application_id = ${applicationId};
    pragma user_version = ${schemaVersion};
    commit;
  `)
}

/** Gives a spool of version 1 what it lacks, wholly or not at all; its rows stay where they are. */
export function migrate(database: DatabaseSync): void {
  database.exec('begin immediate')
  try {
    database.exec(`${secondTables} pragma user_version = ${schemaVersion}; commit`)
  } catch (error) {
    if (database.isTransaction) database.exec('rollback')
    throw error
  }
}

/** The first column of the first row, for questions whose answer is one number. */
export function readNumber(database: DatabaseSync, sql: string): number {
  const row = database.prepare(sql).get()
  return Number(Object.values(row ?? {})[0] ?? 0)
}
