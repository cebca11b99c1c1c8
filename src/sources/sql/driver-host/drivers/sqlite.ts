// SQLite files through node:sqlite, for targets without ODBC. Synchronous: a query occupies the whole host
// until it ends, so each metric has a host of its own, and cancel can do nothing: the deadline is kept by
// SIGKILL. The file is opened for writing too (a query may be an update), but never created.

import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { ReportedError } from '../../../../core/errors.ts'
import { maxLineBytes } from '../../../../core/metric.ts'
import type { Target } from '../../../../core/target.ts'
import type { Flag } from '../../../../core/source.ts'
import { type CellColumn, isRenamed, lineNames } from '../../cells/columns.ts'
import { LineBuffer } from '../../cells/line-buffer.ts'
import { RowWriter } from '../../cells/row-writer.ts'
import { reportOfDiagnostics } from '../../sql-errors.ts'
import type { Cursor, Driver, DriverConnection, RowBlock } from './driver.ts'

const busyTimeoutMs = 2_000
const lineBufferBytes = 64 * 1024
const maxBlockRows = 200
const maxBlockBytes = 1024 * 1024

type Value = null | bigint | number | string | Uint8Array

export function sqliteDriver(settings = { maxLineBytes }): Driver {
  return { open: async (target) => new SqliteConnection(openDatabase(target), target, settings.maxLineBytes) }
}

function openDatabase(target: Target): DatabaseSync {
  const url = pathToFileURL(target.connectionString)
  url.searchParams.set('mode', 'rw') // without it SQLite would create the file
  try {
    const database = new DatabaseSync(url, { timeout: busyTimeoutMs })
    database.prepare('pragma schema_version').get() // reads the file: a text file opens just as well
    return database
  } catch (cause) {
    throw new ReportedError(
      {
        code: 'database_unknown',
        message: `${target.connectionString} cannot be opened as a SQLite database.`,
        hint: 'It must exist, be readable and writable, and be a SQLite file; rowtail never creates it.',
        said: wordsOf(cause),
      },
      { cause },
    )
  }
}

class SqliteConnection implements DriverConnection {
  readonly limitations: readonly string[] = [
    'SQLite cannot cancel a query: one that takes too long ends with its host.',
  ]
  readonly #database: DatabaseSync
  readonly #target: Target
  readonly #maxLineBytes: number
  readonly #lines = new LineBuffer(lineBufferBytes)
  #isUsable = true

  constructor(database: DatabaseSync, target: Target, lineBytes: number) {
    this.#database = database
    this.#target = target
    this.#maxLineBytes = lineBytes
  }

  get isUsable(): boolean {
    return this.#isUsable
  }

  async execute(query: string): Promise<Cursor> {
    return this.#guard(() => {
      const statement = this.#database.prepare(query)
      statement.setReadBigInts(true)
      statement.setReturnArrays(true)
      const columns = describe(statement)
      if (columns.length === 0) statement.run()
      const rows = columns.length === 0 ? [] : rowsOf(statement)
      const writer = new RowWriter(columns, this.#lines, this.#maxLineBytes)
      return new SqliteCursor(rows[Symbol.iterator](), writer, (step) => this.#guard(step))
    })
  }

  async cancel(): Promise<void> {
    // Nothing to do: while a query runs, this thread does not get here.
  }

  async close(): Promise<void> {
    if (!this.#isUsable) return
    this.#isUsable = false
    this.#database.close()
  }

  #guard<T>(step: () => T): T {
    try {
      return step()
    } catch (cause) {
      const diagnostics = [{ state: '', message: wordsOf(cause) }]
      const report = reportOfDiagnostics(diagnostics, {
        doing: 'query',
        tried: this.#target.tried,
        secrets: [],
      })
      throw new ReportedError(report, { cause })
    }
  }
}

class SqliteCursor implements Cursor {
  readonly columns
  readonly #rows: Iterator<readonly Value[]>
  readonly #writer: RowWriter
  readonly #guard: <T>(step: () => T) => T
  /** One row ahead: SQLite evaluates a query by stepping, so an error shows with the first row. */
  #ahead: IteratorResult<readonly Value[], unknown>

  constructor(rows: Iterator<readonly Value[]>, writer: RowWriter, guard: <T>(step: () => T) => T) {
    this.columns = writer.columns
    this.#rows = rows
    this.#writer = writer
    this.#guard = guard
    this.#ahead = rows.next()
  }

  async fetch(maxRows: number): Promise<RowBlock | undefined> {
    const writer = this.#writer
    const wanted = Math.min(maxRows, maxBlockRows)
    writer.startBlock()
    while (this.#ahead.done !== true && writer.rows < wanted && writer.blockBytes < maxBlockBytes) {
      this.#writeRow(this.#ahead.value)
      this.#ahead = this.#guard(() => this.#rows.next())
    }
    return writer.rows === 0 ? undefined : { rows: writer.rows, lines: writer.lines() }
  }

  flags(): readonly Flag[] {
    return this.#writer.flags()
  }

  async close(): Promise<void> {
    this.#rows.return?.()
  }

  #writeRow(row: readonly Value[]): void {
    for (const [index, value] of row.entries()) this.#writeValue(index, value)
    this.#writer.endRow()
  }

  #writeValue(index: number, value: Value): void {
    const writer = this.#writer
    if (value === null) writer.null(index)
    else if (typeof value === 'number') writer.number(index, value)
    else if (typeof value === 'bigint') this.#writeInteger(index, value)
    else if (typeof value === 'string') this.#writeText(index, value)
    else writer.bytes(index, value)
  }

  /** SQLite has no booleans: columns declared so hold 0 and 1. */
  #writeInteger(index: number, value: bigint): void {
    const isBoolean = this.#writer.columns[index]?.kind === 'boolean' && (value === 0n || value === 1n)
    if (isBoolean) this.#writer.boolean(index, value === 1n)
    else this.#writer.bigint(index, value)
  }

  /** Bytes that are no UTF-8 arrive replaced: the replacement character is all there is to see. */
  #writeText(index: number, value: string): void {
    if (value.includes('\ufffd')) this.#writer.flag(index, 'unreadable')
    this.#writer.text(index, value)
  }
}

function describe(statement: StatementSync): CellColumn[] {
  const described = statement.columns()
  const names = lineNames(described.map((column) => column.name))
  return described.map((column, index) => {
    const name = names[index] ?? column.name
    const typeName = column.type ?? ''
    const kind = /^bool/i.test(typeName) ? 'boolean' : 'text'
    return { name, typeName, kind, isRenamed: isRenamed(column.name, name) }
  })
}

function rowsOf(statement: StatementSync): Iterable<readonly Value[]> {
  return statement.iterate() as Iterable<unknown> as Iterable<readonly Value[]> // returnArrays
}

function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 2_000)
}
