// The fidelity matrix: each database with its cells, and the routes by which its rows come to Loki. A driver
// that is not here was not tried; docs/fidelity.md names some of them.

import type { FidelityCell, Way } from './cell.ts'
import { mariadbCells } from './mariadb-cells.ts'
import { postgresCells } from './postgres-cells.ts'
import { sqliteCells } from './sqlite-cells.ts'

/** `driver` is the name under which Debian registers it, or rowtail's own. */
export type FidelityRoute = { readonly driver: string; readonly way: Way }

export type FidelityTable = {
  readonly database: 'PostgreSQL' | 'MariaDB' | 'SQLite'
  readonly cells: readonly FidelityCell[]
  readonly routes: readonly FidelityRoute[]
  /** Columns of odd names: their line, and what `| json` calls them. */
  readonly names: {
    readonly query: string
    readonly line: string
    readonly labels: Readonly<Record<string, string>>
    readonly flags: readonly { readonly column: string; readonly why: 'renamed' }[]
  }
  /** A text of the letter x, and the type of its column. */
  readonly longText: { readonly type: string; readonly sql: (length: number) => string }
}

/** What `| json` makes of names that are no labels. */
const oddLabels = { a: '1', a_2: '2', lock_mode: '3', _1x: '4', a_b: '5', __: '6', ['__proto__']: '7' }

const postgres: FidelityTable = {
  database: 'PostgreSQL',
  cells: postgresCells,
  routes: [
    { driver: 'PostgreSQL Unicode', way: 'direct' },
    { driver: 'PostgreSQL Unicode', way: 'package' },
    { driver: 'PostgreSQL ANSI', way: 'direct' },
    { driver: 'PostgreSQL ANSI', way: 'package' },
  ],
  names: {
    query:
      'select 1 as a, 2 as a, 3 as "lock mode", 4 as "1x", 5 as "a-b", 6 as "é😀", ' +
      '7 as "__proto__", 8 as job, 9',
    line: '{"a":1,"a_2":2,"lock_mode":3,"1x":4,"a-b":5,"é😀":6,"__proto__":7,"job":8,"?column?":9}',
    labels: { ...oddLabels, job_extracted: '8', _column_: '9' },
    flags: [{ column: 'a_2', why: 'renamed' }],
  },
  longText: { type: 'text', sql: (length) => `repeat('x', ${length})` },
}

const mariadb: FidelityTable = {
  database: 'MariaDB',
  cells: mariadbCells,
  routes: [
    { driver: 'MariaDB Unicode', way: 'direct' },
    { driver: 'MariaDB Unicode', way: 'package' },
  ],
  names: {
    query:
      'select 1 as a, 2 as a, 3 as `lock mode`, 4 as `1x`, 5 as `a-b`, 6 as `é漢`, ' +
      '7 as `__proto__`, 8 as ``',
    line: '{"a":1,"a_2":2,"lock_mode":3,"1x":4,"a-b":5,"é漢":6,"__proto__":7,"column_8":8}',
    labels: { ...oddLabels, column_8: '8' },
    flags: [
      { column: 'a_2', why: 'renamed' },
      { column: 'column_8', why: 'renamed' },
    ],
  },
  longText: { type: 'longtext', sql: (length) => `repeat('x', ${length})` },
}

const sqlite: FidelityTable = {
  database: 'SQLite',
  cells: sqliteCells,
  routes: [
    { driver: 'SQLite3', way: 'direct' },
    { driver: 'SQLite3', way: 'package' },
    { driver: 'sqlite', way: 'built-in' },
  ],
  names: {
    query:
      `select '1' as a, '2' as a, '3' as "lock mode", '4' as "1x", '5' as "a-b", '6' as "é漢", ` +
      `'7' as "__proto__", '8' as ""`,
    line: '{"a":"1","a_2":"2","lock_mode":"3","1x":"4","a-b":"5","é漢":"6","__proto__":"7","column_8":"8"}',
    labels: { ...oddLabels, column_8: '8' },
    flags: [
      { column: 'a_2', why: 'renamed' },
      { column: 'column_8', why: 'renamed' },
    ],
  },
  longText: { type: 'text', sql: (length) => `replace(hex(zeroblob(${length})), '00', 'x')` },
}

export const tables: readonly FidelityTable[] = [postgres, mariadb, sqlite]

/** Differences that no value shows: the log says them once, where they can happen. */
export const hidden: readonly string[] = [
  'psqlodbc drops the `BC` of a date. Dates before the year 1000 are flagged for it; from 1000 BC back to ' +
    '4713 BC they look like dates of our time. `column::text` keeps it.',
  'npm `odbc` (`--odbc_binding package`) ends a text at a NUL character. PostgreSQL holds none.',
  'npm `odbc` does not learn which driver is behind a DSN: that SQLite rounds is flagged only where the ' +
    'connection string has `Driver=`.',
  'The SQLite ODBC driver ends a text at a NUL character, through both bindings. `--driver sqlite` reads ' +
    'it whole.',
]

export const notRunHere: readonly string[] = [
  'SqreamODBCDriver',
  "Microsoft's msodbcsql and FreeTDS (SQL Server)",
  "Oracle's Instant Client",
  "MySQL's Connector/ODBC",
  'IBM Db2',
  'ODBC on Windows and macOS',
]
