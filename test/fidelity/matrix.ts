// The fidelity matrix: each database with its cells, and the routes by which its rows come to Loki. A driver
// that is not here was not tried; docs/fidelity.md names some of them.

import type { FidelityCell, Way } from './cell.ts'
import { postgresCells } from './postgres-cells.ts'

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
  /** The letter x, `length` times. */
  readonly longText: (length: number) => string
}

const postgres: FidelityTable = {
  database: 'PostgreSQL',
  cells: postgresCells,
  routes: [
    { driver: 'PostgreSQL Unicode', way: 'direct' },
    { driver: 'PostgreSQL Unicode', way: 'package' },
  ],
  names: {
    query:
      'select 1 as a, 2 as a, 3 as "lock mode", 4 as "1x", 5 as "a-b", 6 as "é😀", ' +
      '7 as "__proto__", 8 as job, 9',
    line: '{"a":1,"a_2":2,"lock_mode":3,"1x":4,"a-b":5,"é😀":6,"__proto__":7,"job":8,"?column?":9}',
    labels: {
      a: '1',
      a_2: '2',
      lock_mode: '3',
      _1x: '4',
      a_b: '5',
      __: '6',
      ['__proto__']: '7',
      job_extracted: '8',
      _column_: '9',
    },
    flags: [{ column: 'a_2', why: 'renamed' }],
  },
  longText: (length) => `repeat('x', ${length})`,
}

export const tables: readonly FidelityTable[] = [postgres]

/** Differences that neither the driver nor the value shows: said once, in the log, instead of flagged. */
export const hidden: readonly string[] = [
  'psqlodbc drops the `BC` of a date. Dates before the year 1000 are flagged for it; from 1000 BC back to ' +
    '4713 BC they look like dates of our time. `column::text` keeps it.',
  'npm `odbc` ends a text at a NUL character (`--odbc_binding package`). PostgreSQL holds none.',
]

export const notRunHere: readonly string[] = [
  'SqreamODBCDriver',
  "Microsoft's msodbcsql and FreeTDS (SQL Server)",
  "Oracle's Instant Client",
  "MySQL's Connector/ODBC",
  'IBM Db2',
  'ODBC on Windows and macOS',
]
