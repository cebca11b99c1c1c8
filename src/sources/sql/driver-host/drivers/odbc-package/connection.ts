// One connection of npm `odbc`. Every run takes a fresh statement with a cursor: other shapes of call crash
// the process, give no rows the second time, or hold the whole result in memory.

import type { ReportedError } from '../../../../../core/errors.ts'
import type { Flag } from '../../../../../core/source.ts'
import { cellColumns } from '../../../cells/columns.ts'
import { LineBuffer } from '../../../cells/line-buffer.ts'
import { RowWriter } from '../../../cells/row-writer.ts'
import { dynamicDoubt } from '../../../cells/dynamic-types.ts'
import { sqlTypes } from '../../../cells/sql-types.ts'
import { type PackageTraits, sentQuery } from '../../../profiles.ts'
import type { Cursor, DriverConnection, RowBlock } from '../driver.ts'
import { doubtOf } from './doubts.ts'
import type {
  NativeColumn,
  NativeConnection,
  NativeCursor,
  NativeRows,
  NativeStatement,
  NativeValue,
} from './package-types.ts'

/** Rows a fetch. */
const blockRows = 100
const lineBufferBytes = 64 * 1024
const limitations = [
  'npm odbc cancels on the event loop: against a server that cannot be reached this blocks for seconds.',
  'npm odbc ends a text at a NUL character, and this shows nowhere: --odbc_binding direct reads it whole.',
]
const eraLimitation =
  'psqlodbc drops the BC of a date: one of 1000 BC or before looks like one of our time (column::text).'

export type PackageParts = {
  readonly failure: (error: unknown) => ReportedError
  readonly maxLineBytes: number
  readonly traits: PackageTraits
}

export class PackageConnection implements DriverConnection {
  readonly limitations: readonly string[]
  readonly #native: NativeConnection
  readonly #parts: PackageParts
  readonly #lines = new LineBuffer(lineBufferBytes)
  #statement: NativeStatement | undefined
  #isUsable = true

  constructor(native: NativeConnection, parts: PackageParts) {
    this.#native = native
    this.#parts = parts
    this.limitations = parts.traits.losesEra ? [...limitations, eraLimitation] : limitations
  }

  get isUsable(): boolean {
    return this.#isUsable && this.#native.connected
  }

  async execute(query: string, options: { readonly timeoutMs: number }): Promise<Cursor> {
    const statement = await this.#guard(this.#native.createStatement())
    this.#statement = statement
    try {
      await this.#guard(statement.prepare(sentQuery(query)))
      const timeout = Math.ceil(options.timeoutMs / 1_000)
      const { maxLineBytes, traits } = this.#parts
      const fetchSize = traits.repairsInBlock ? blockRows : 1
      const native = await this.#guard(statement.execute({ cursor: true, fetchSize, timeout }))
      const first = await this.#guard(native.fetch())
      const columns = first.columns.map(({ name, dataType, dataTypeName }) => ({
        name,
        sqlType: dataType,
        typeName: dataTypeName,
      }))
      // Which timestamps have a zone is not told: they stay without one, flagged.
      const writer = new RowWriter(cellColumns(columns, false), this.#lines, maxLineBytes)
      if (traits.hasDynamicTypes) flagNumbers(writer)
      const guard = <T>(call: Promise<T>) => this.#guard(call)
      const onClose = () => this.#release(statement)
      return new PackageCursor({ native, first, writer, traits, guard, onClose })
    } catch (error) {
      await this.#release(statement).catch(() => undefined) // the error of the query is the one to tell
      throw error
    }
  }

  async cancel(): Promise<void> {
    await this.#statement?.cancel().catch(() => undefined) // nothing runs, or the connection is gone
  }

  async close(): Promise<void> {
    this.#isUsable = false
    await this.#native.close()
  }

  async #release(statement: NativeStatement): Promise<void> {
    this.#statement = undefined
    this.#lines.shrink()
    await statement.close()
  }

  async #guard<T>(call: Promise<T>): Promise<T> {
    try {
      return await call
    } catch (error) {
      const reported = this.#parts.failure(error)
      if (reported.report.code === 'connection_lost') this.#isUsable = false
      throw reported
    }
  }
}

type CursorParts = {
  readonly native: NativeCursor
  readonly first: NativeRows
  readonly writer: RowWriter
  readonly traits: PackageTraits
  readonly guard: <T>(call: Promise<T>) => Promise<T>
  readonly onClose: () => Promise<void>
}

class PackageCursor implements Cursor {
  readonly columns
  readonly #parts: CursorParts
  readonly #described: readonly NativeColumn[]
  #rows: NativeRows
  #next = 0

  constructor(parts: CursorParts) {
    this.#parts = parts
    this.columns = parts.writer.columns
    this.#described = parts.first.columns
    this.#rows = parts.first
  }

  async fetch(maxRows: number): Promise<RowBlock | undefined> {
    const { writer, native, guard } = this.#parts
    writer.startBlock()
    if (this.#next === this.#rows.length && !native.noData) {
      this.#rows = await guard(native.fetch())
      this.#next = 0
    }
    while (this.#next < this.#rows.length && writer.rows < maxRows) {
      this.#writeRow(this.#rows[this.#next++] ?? [])
    }
    return writer.rows === 0 ? undefined : { rows: writer.rows, lines: writer.lines() }
  }

  flags(): readonly Flag[] {
    return this.#parts.writer.flags()
  }

  async close(): Promise<void> {
    await this.#parts.native.close()
    await this.#parts.onClose()
  }

  #writeRow(row: readonly NativeValue[]): void {
    const { writer } = this.#parts
    for (const [index, column] of this.#described.entries())
      this.#writeValue(index, column, row[index] ?? null)
    writer.endRow()
  }

  #writeValue(index: number, column: NativeColumn, value: NativeValue): void {
    const { writer } = this.#parts
    if (value === null) writer.null(index)
    else if (value instanceof ArrayBuffer) writer.bytes(index, new Uint8Array(value))
    else this.#writeDoubtful(index, column, value)
  }

  #writeDoubtful(index: number, column: NativeColumn, value: string | number | bigint): void {
    const { writer, traits } = this.#parts
    const isDynamic = traits.hasDynamicTypes && typeof value === 'string'
    const doubt = doubtOf(column, value) ?? (isDynamic ? dynamicDoubt(Buffer.from(value)) : undefined)
    if (doubt !== undefined) writer.flag(index, doubt)
    // The package ends text at a NUL, and MariaDB's driver gives a bit as a byte.
    if (value === '' && column.dataType === sqlTypes.bit) writer.boolean(index, false)
    else if (typeof value === 'string') writer.string(index, value)
    else if (typeof value === 'number') writer.number(index, value)
    else writer.bigint(index, value)
  }
}

/** Also where all is NULL: a text in a column of numbers arrives as one. */
function flagNumbers(writer: RowWriter): void {
  for (const [index, { kind }] of writer.columns.entries())
    if (kind === 'number') writer.flag(index, 'rounded')
}
