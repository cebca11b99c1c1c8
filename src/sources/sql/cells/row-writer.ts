// Writes the rows of one result as JSON lines into a reused buffer and keeps the flags. Every driver makes
// one per run and hands it cell after cell in SELECT order: units from a driver's buffer, or JavaScript
// values. Fidelity: what cannot be passed on as the database meant it is flagged, never silently different.

import type { Flag, FlagReason } from '../../../core/source.ts'
import { FlagBook } from './flags.ts'
import type { CellColumn } from './columns.ts'
import type { LineBuffer } from './line-buffer.ts'
import { shortenLine } from './shorten.ts'
import { isCommonTimestamp, isoDate, isoTimestamp } from './timestamps.ts'

const newLine = 0x0a
const closeBrace = 0x7d
const quote = 0x22
const zero = 0x30
const one = 0x31
const letterT = 0x54
const letterZ = 0x5a
const words = {
  null: Buffer.from('null', 'latin1'),
  true: Buffer.from('true', 'latin1'),
  false: Buffer.from('false', 'latin1'),
}
/** NaN and the infinities as databases spell them. */
const notANumber = /^\s*[+-]?(?:nan|inf(?:inity)?|1\.#\w+)\s*$/i

export class RowWriter {
  readonly columns: readonly CellColumn[]
  /** Rows since the block began. */
  rows = 0
  /** Where `units` reads from. */
  source = new Uint16Array(0)
  readonly #out: LineBuffer
  readonly #maxLineBytes: number
  readonly #prefixes: readonly Uint8Array[]
  readonly #flags: FlagBook
  /** Start and end of each value of the row, relative to the buffer. */
  readonly #spans: Uint32Array
  #rowStart = 0

  constructor(columns: readonly CellColumn[], out: LineBuffer, maxLineBytes: number) {
    this.columns = columns
    this.#out = out
    this.#maxLineBytes = maxLineBytes
    this.#prefixes = columns.map((column, index) => prefixOf(column.name, index))
    this.#flags = new FlagBook(columns.map((column) => column.name))
    this.#spans = new Uint32Array(columns.length * 2)
    for (const [index, column] of columns.entries()) if (column.isRenamed) this.#flags.add(index, 'renamed')
  }

  /** Forgets the lines written so far. */
  startBlock(): void {
    this.#out.at = 0
    this.#rowStart = 0
    this.rows = 0
  }

  /** The block's lines; valid until the next startBlock. */
  lines(): Uint8Array {
    return this.#out.bytes.subarray(0, this.#rowStart)
  }

  get blockBytes(): number {
    return this.#rowStart
  }

  flag(column: number, why: FlagReason): void {
    this.#flags.add(column, why)
  }

  flags(): readonly Flag[] {
    return this.#flags.flags()
  }

  null(column: number): void {
    this.#begin(column)
    this.#out.copy(words.null)
    this.#end(column)
  }

  boolean(column: number, value: boolean): void {
    this.#begin(column)
    this.#out.copy(value ? words.true : words.false)
    this.#end(column)
  }

  bigint(column: number, value: bigint): void {
    this.#begin(column)
    this.#out.ascii(String(value))
    this.#end(column)
  }

  number(column: number, value: number): void {
    if (!Number.isFinite(value)) {
      this.#flags.add(column, 'not_a_number')
      this.null(column)
      return
    }
    this.#begin(column)
    this.#out.ascii(Object.is(value, -0) ? '-0' : String(value))
    this.#end(column)
  }

  /** A number of single precision, with no more digits than it has. */
  float(column: number, value: number): void {
    this.number(column, shortestFloat(value))
  }

  bytes(column: number, value: Uint8Array): void {
    this.#begin(column)
    this.#out.base64(value)
    this.#end(column)
  }

  /** JavaScript text, whatever the column's kind. */
  text(column: number, text: string): void {
    const before = this.#out.illFormed
    this.#begin(column)
    this.#out.string(text)
    this.#end(column)
    if (this.#out.illFormed !== before) this.#flags.add(column, 'unreadable')
  }

  /** JavaScript text, written by the column's kind. */
  string(column: number, text: string): void {
    if (this.columns[column]?.kind === 'text') {
      this.text(column, text)
      return
    }
    this.source = new Uint16Array(text.length)
    for (let index = 0; index < text.length; index++) this.source[index] = text.charCodeAt(index)
    this.units(column, 0, text.length)
  }

  /** The UTF-8 bytes of a value, written by the column's kind. */
  utf8(column: number, bytes: Uint8Array): void {
    if (this.columns[column]?.kind !== 'text') {
      this.string(column, Buffer.from(bytes).toString('utf8'))
      return
    }
    this.#begin(column)
    if (!this.#out.utf8(bytes)) this.#flags.add(column, 'unreadable')
    this.#end(column)
  }

  /** The UTF-16 text of a value, at these positions of `source`, written by the column's kind. */
  units(column: number, start: number, end: number): void {
    const units = this.source
    this.#begin(column)
    switch (this.columns[column]?.kind) {
      case 'number':
        if (!this.#out.number(units, start, end)) this.#oddNumber(column, textOf(units, start, end))
        break
      case 'boolean':
        this.#truth(units, start, end)
        break
      case 'date':
        this.#time(column, isoDate(textOf(units, start, end)))
        break
      case 'timestamp':
      case 'timestamp_utc':
      case 'timestamp_unknown':
        this.#timestamp(column, start, end)
        break
      case 'uuid':
        this.#out.string(textOf(units, start, end).toLowerCase())
        break
      case 'text':
      case 'bytes':
      case undefined:
        this.#text(column, start, end)
    }
    this.#end(column)
  }

  endRow(): void {
    const out = this.#out
    out.room(3)
    if (this.columns.length === 0) out.bytes[out.at++] = 0x7b
    out.bytes[out.at++] = closeBrace
    if (out.at - this.#rowStart > this.#maxLineBytes) this.#shorten()
    out.byte(newLine)
    this.#rowStart = out.at
    this.rows++
  }

  #begin(column: number): void {
    const prefix = this.#prefixes[column]
    if (prefix !== undefined) this.#out.copy(prefix)
    this.#spans[column * 2] = this.#out.at
  }

  #end(column: number): void {
    this.#spans[column * 2 + 1] = this.#out.at
  }

  #text(column: number, start: number, end: number): void {
    const before = this.#out.illFormed
    this.#out.text(this.source, start, end)
    if (this.#out.illFormed !== before) this.#flags.add(column, 'unreadable')
  }

  /** The common spelling is copied, with a `T` inside: making text of it would cost as much again. */
  #timestamp(column: number, start: number, end: number): void {
    const kind = this.columns[column]?.kind ?? 'timestamp_unknown'
    if (!isCommonTimestamp(this.source, start, end)) {
      this.#time(column, isoTimestamp(textOf(this.source, start, end), kind))
      return
    }
    const out = this.#out
    const opening = out.at
    out.text(this.source, start, end)
    out.bytes[opening + 11] = letterT
    if (kind === 'timestamp_unknown') this.#flags.add(column, 'zone_unknown')
    if (kind !== 'timestamp_utc') return
    out.bytes[out.at - 1] = letterZ
    out.byte(quote)
  }

  #time(column: number, time: { readonly text: string; readonly why?: FlagReason }): void {
    this.#out.string(time.text)
    if (time.why !== undefined) this.#flags.add(column, time.why)
  }

  /** Money comes as a number with a currency: that stays text. */
  #oddNumber(column: number, text: string): void {
    if (!notANumber.test(text)) {
      this.#out.string(text)
      return
    }
    this.#flags.add(column, 'not_a_number')
    this.#out.copy(words.null)
  }

  #truth(units: Uint16Array, start: number, end: number): void {
    const first = end - start === 1 ? units[start] : undefined
    // A digit, or the bit itself: MariaDB's driver gives bit(1) as a byte.
    if (first === zero || first === one || first === 0 || first === 1) {
      this.#out.copy(first === one || first === 1 ? words.true : words.false)
      return
    }
    const text = textOf(units, start, end)
    if (/^(?:t|true|y|yes)$/i.test(text)) this.#out.copy(words.true)
    else if (/^(?:f|false|n|no)$/i.test(text)) this.#out.copy(words.false)
    else if (!this.#out.number(units, start, end)) this.#out.string(text)
  }

  #shorten(): void {
    const out = this.#out
    const cells = this.columns.map((_, index) => ({
      start: (this.#spans[index * 2] ?? 0) - this.#rowStart,
      end: (this.#spans[index * 2 + 1] ?? 0) - this.#rowStart,
    }))
    const { line, shortened } = shortenLine(
      out.bytes.subarray(this.#rowStart, out.at),
      cells,
      this.#maxLineBytes,
    )
    for (const column of shortened) this.#flags.add(column, 'shortened')
    out.at = this.#rowStart
    out.room(line.length + 1)
    line.copy(out.bytes, out.at)
    out.at += line.length
  }
}

function prefixOf(name: string, index: number): Uint8Array {
  return Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`, 'utf8')
}

function textOf(units: Uint16Array, start: number, end: number): string {
  return Buffer.from(units.buffer, units.byteOffset + start * 2, (end - start) * 2).toString('utf16le')
}

/** A float has nine digits at most; as a double it would show the rest of its binary fraction. */
function shortestFloat(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(9))
}
