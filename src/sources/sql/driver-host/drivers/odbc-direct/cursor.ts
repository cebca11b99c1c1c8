// The rows of one executed statement, block by block, written straight from the driver's buffers into JSON
// lines. OdbcConnection opens one per run; closing it frees the statement. Where nothing of a block has to be
// asked for again, the driver fetches the next one while this is written, from a copy.

import type { Flag } from '../../../../../core/source.ts'
import { dynamicDoubt } from '../../../cells/dynamic-types.ts'
import type { RowWriter } from '../../../cells/row-writer.ts'
import type { DriverTraits } from '../../../profiles.ts'
import type { Cursor, RowBlock } from '../driver.ts'
import { cTypes, lengths, returns, statementAttributes } from './api.ts'
import { type Arena, type BindingPlan, type BoundColumn, maxBlockRows } from './binding.ts'
import { checkedLength, checkedRows } from './checks.ts'
import { isSuccess } from './handles.ts'
import type { LongCell, LongCells } from './long-cells.ts'
import type { Statement } from './statement.ts'

/** A block ends early when its lines reach this. */
const maxBlockBytes = 1024 * 1024
const rowError = 5

export type CursorParts = {
  readonly statement: Statement
  readonly plan: BindingPlan
  readonly arena: Arena
  /** Where a block is copied to; not kept beyond a turn. */
  readonly page: Arena
  readonly long: LongCells
  readonly writer: RowWriter
  readonly traits: DriverTraits
  /** More of a cell is not read: it could not be sent. */
  readonly maxCellBytes: number
  /** The error of the statement's last call; the connection learns from it. */
  readonly failure: () => Error
  /** A cell was longer than its declared size, and could not be read again. */
  readonly onLyingSize: () => void
  readonly onClose: () => Promise<void>
}

export class OdbcCursor implements Cursor {
  readonly columns
  readonly #parts: CursorParts
  /** Rows of the block that the driver fetched, and the first that is not written yet. */
  #fetched = 0
  #next = 0
  #blockRows: number
  #isAtEnd: boolean
  /** What rows are written from: the arena, or the page while the driver writes there. */
  #from: Arena
  /** The code of a fetch that began before its block was asked for. */
  #ahead: Promise<number> | undefined

  constructor(parts: CursorParts) {
    this.#parts = parts
    this.#from = parts.arena
    this.columns = parts.writer.columns
    this.#blockRows = parts.plan.rows
    this.#isAtEnd = parts.plan.columns.length === 0 // fetching from a statement without a result is an error
  }

  async fetch(maxRows: number): Promise<RowBlock | undefined> {
    const { writer, plan } = this.#parts
    const wanted = Math.min(maxRows, maxBlockRows)
    writer.startBlock()
    while (writer.rows < wanted && writer.blockBytes < maxBlockBytes) {
      if (this.#next === this.#fetched) {
        if (writer.rows > 0 && plan.rows > 1) break
        if (!(await this.#fetchRows(Math.min(plan.rows, wanted)))) break
        if (this.#canFetchAhead(wanted)) {
          this.#writeWhileFetching()
          break
        }
      }
      const row = this.#next++
      const long = this.#hasLongCell(row) ? await this.#readLongCells(row) : undefined
      this.#writeRow(row, long)
    }
    return writer.rows === 0 ? undefined : { rows: writer.rows, lines: writer.lines() }
  }

  flags(): readonly Flag[] {
    return this.#parts.writer.flags()
  }

  close(): Promise<void> {
    this.#isAtEnd = true
    return this.#parts.onClose()
  }

  async #fetchRows(rows: number): Promise<boolean> {
    const { statement, arena, plan } = this.#parts
    if (this.#isAtEnd) return false
    const ahead = this.#ahead
    this.#ahead = undefined
    const code = await (ahead ?? this.#beginFetch(rows))
    if (statement.isCancelled) throw this.#parts.failure()
    if (code === returns.noData) {
      this.#isAtEnd = true
      return false
    }
    if (!isSuccess(code)) throw this.#parts.failure()
    this.#fetched = checkedRows(arena.low(plan.fetched), this.#blockRows)
    this.#next = 0
    return this.#fetched > 0
  }

  #beginFetch(rows: number): Promise<number> {
    const { statement, arena, plan } = this.#parts
    if (statement.isCancelled) throw this.#parts.failure()
    if (rows !== this.#blockRows) this.#setBlockRows(rows)
    arena.words[plan.fetched >> 2] = 1 // for drivers that fetch row by row and count none
    return statement.later(statement.api.fetch)
  }

  /** The whole block is wanted, and the statement will not be asked anything about it. */
  #canFetchAhead(wanted: number): boolean {
    const { plan, arena, statement } = this.#parts
    const isOneByOne = plan.mode !== 'block' || plan.rows === 1
    if (isOneByOne || this.#fetched > wanted || statement.isCancelled) return false
    for (let row = 0; row < this.#fetched; row++) {
      if (this.#hasLongCell(row) || arena.units[(plan.status >> 1) + row] === rowError) return false
    }
    return true
  }

  #writeWhileFetching(): void {
    const { arena, page, plan } = this.#parts
    copyBlock({ plan, rows: this.#fetched }, arena, page)
    this.#ahead = this.#beginFetch(this.#blockRows)
    this.#ahead.catch(() => undefined) // the next call hears of it
    this.#from = page
    while (this.#next < this.#fetched) this.#writeRow(this.#next++, undefined)
    this.#from = arena
  }

  #setBlockRows(rows: number): void {
    const { statement } = this.#parts
    statement.now(statement.api.setStatement, statementAttributes.rowArraySize, BigInt(rows), 0)
    this.#blockRows = rows
  }

  #hasLongCell(row: number): boolean {
    const { arena, plan } = this.#parts
    if (plan.mode === 'unbound') return true
    for (const column of plan.columns) if (isCut(column, arena.low(column.indicators + row * 8))) return true
    return false
  }

  /** The cells of a row that must be read by themselves; absent where the driver cannot. */
  async #readLongCells(row: number): Promise<Map<number, LongCell>> {
    const { arena, plan, long, statement, traits } = this.#parts
    const cells = new Map<number, LongCell>()
    const isLocal = traits.repairsInBlock
    if (plan.mode === 'block' && !isLocal) return cells
    if (isLocal) statement.now(statement.api.setPosition, BigInt(row + 1), 0, 0)
    long.startRow()
    for (const [index, column] of plan.columns.entries()) {
      const isWanted = plan.mode === 'unbound' || isCut(column, arena.low(column.indicators + row * 8))
      if (!isWanted) continue
      const maxBytes = this.#parts.maxCellBytes * (column.cType === cTypes.wchar ? 2 : 1)
      const target = { number: index + 1, cType: column.cType }
      const cell = await long.read(statement, target, { maxBytes, isLocal })
      if (cell === undefined) throw this.#parts.failure()
      cells.set(index, cell)
    }
    return cells
  }

  #writeRow(row: number, long: Map<number, LongCell> | undefined): void {
    const { plan, writer } = this.#parts
    const from = this.#from
    if (from.units[(plan.status >> 1) + row] === rowError) throw this.#parts.failure()
    writer.source = from.units
    const { columns } = plan
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index] as BoundColumn // index < length
      const length = from.low(column.indicators + row * 8)
      const cell = long?.get(index)
      if (cell !== undefined) this.#writeLongCell(index, column, cell)
      else if (length === lengths.null) writer.null(index)
      else this.#writeCell(index, column.data + row * column.widthBytes, checkedLength(length))
    }
    writer.endRow()
  }

  #writeCell(index: number, start: number, length: number): void {
    const { writer, plan } = this.#parts
    const column = plan.columns[index] as BoundColumn // index < length
    const usedBytes = isCut(column, length) ? column.roomBytes : length
    if (usedBytes !== length) {
      writer.flag(index, 'cut_by_driver')
      this.#parts.onLyingSize()
    }
    const end = start + usedBytes
    if (column.cType === cTypes.wchar) writer.units(index, start >> 1, end >> 1)
    else this.#writeBytes(index, this.#from, { start, end })
  }

  /** What is no UTF-16. */
  #writeBytes(index: number, from: Arena, at: { readonly start: number; readonly end: number }): void {
    const { writer, plan } = this.#parts
    const cType = plan.columns[index]?.cType
    if (cType === cTypes.double) writer.float(index, from.doubles[at.start >> 3] ?? 0)
    else if (cType === cTypes.char) this.#writeUtf8(index, from.bytes.subarray(at.start, at.end))
    else writer.bytes(index, from.bytes.subarray(at.start, at.end))
  }

  #writeUtf8(index: number, bytes: Uint8Array): void {
    const { writer, traits } = this.#parts
    const isDoubtful = traits.hasDynamicTypes && writer.columns[index]?.kind === 'text'
    const doubt = isDoubtful ? dynamicDoubt(bytes) : undefined
    if (doubt !== undefined) writer.flag(index, doubt)
    writer.utf8(index, bytes)
  }

  #writeLongCell(index: number, column: BoundColumn, cell: LongCell): void {
    const { arena, writer, long } = this.#parts
    if (cell === 'null') {
      writer.null(index)
    } else if (column.cType === cTypes.wchar) {
      writer.source = long.scratch.units
      writer.units(index, cell.start >> 1, cell.end >> 1)
      writer.source = arena.units
    } else {
      this.#writeBytes(index, long.scratch, cell)
    }
  }
}

/** Declared sizes lie, so every cell's length is looked at. */
function isCut(column: BoundColumn, length: number): boolean {
  return length > column.roomBytes || length === lengths.unknown
}

/** What the driver wrote of a block's rows. */
function copyBlock(
  block: { readonly plan: BindingPlan; readonly rows: number },
  from: Arena,
  to: Arena,
): void {
  const { plan, rows } = block
  to.ensure(plan.sizeBytes)
  const copy = (start: number, size: number) => to.bytes.set(from.bytes.subarray(start, start + size), start)
  for (const { data, widthBytes, indicators } of plan.columns) {
    copy(data, widthBytes * rows)
    copy(indicators, 8 * rows)
  }
  copy(plan.status, 2 * rows)
}
