// The demo's database file: a table for each utility function, replaced as a whole every second by what the
// cluster shows then. Readers never wait for it (WAL). A query of show_locks can be made to hang.

import { DatabaseSync } from 'node:sqlite'
import { type Cluster, newCluster, nextSecond } from './cluster.ts'
import { randomOf } from './random.ts'
import { rowsOf, type TableName, tables } from './tables.ts'

export interface LivingDatabase {
  /** One second of life passes. */
  advance(nowMs: number): void
  /** True: whoever asks for the locks from now on gets no answer. */
  setHung(isHung: boolean): void
  close(): void
}

const names = Object.keys(tables) as TableName[] // the keys of the literal
/** What the locks are read from; the name itself is a view. */
const storedAs = (name: TableName): string => (name === 'show_locks' ? 'stored_locks' : name)
/** No machine counts so far within anyone's patience. */
const endlessTurns = 10 ** 15

/** Creates the file, full of life already. */
export function createLivingDatabase(file: string, life: { seed: number; nowMs: number }): LivingDatabase {
  const random = randomOf(life.seed)
  const database = new DatabaseSync(file)
  database.exec(schema())
  const inserts = new Map(names.map((name) => [name, database.prepare(insertOf(name))]))
  let cluster: Cluster = newCluster(random)
  write(life.nowMs)

  function write(nowMs: number): void {
    const rows = rowsOf(cluster, nowMs)
    database.exec('begin immediate')
    for (const name of names) {
      database.exec(`delete from ${storedAs(name)}`)
      for (const row of rows[name]) inserts.get(name)?.run(...row)
    }
    database.exec('commit')
  }

  return {
    advance(nowMs) {
      cluster = nextSecond(cluster, random)
      write(nowMs)
    },
    setHung: (isHung) => void database.prepare('update hang set turns = ?').run(isHung ? endlessTurns : 0),
    close: () => database.close(),
  }
}

/** The view counts up to the number in `hang` before it shows anything. */
function schema(): string {
  const columns = (name: TableName) => tables[name].map(([column, type]) => `"${column}" ${type}`).join(', ')
  return `
    pragma journal_mode = wal;
    pragma synchronous = off;
    ${names.map((name) => `create table ${storedAs(name)} (${columns(name)});`).join('\n')}
    create table hang (turns integer not null);
    insert into hang values (0);
    create view show_locks as
      with recursive counting(turn) as (
        select 0 union all select turn + 1 from counting where turn < (select turns from hang)
      )
      select stored_locks.* from stored_locks where (select count(*) from counting) > 0;
  `
}

function insertOf(name: TableName): string {
  return `insert into ${storedAs(name)} values (${tables[name].map(() => '?').join(', ')})`
}
