// The reused bytes that JSON lines are written into, without an object per cell: the drivers' hot path. Cells
// come as UTF-16 units straight from the driver's buffer, or as JavaScript values. RowWriter decides what is
// written, this file knows how.

import { isUtf8 } from 'node:buffer'

const quote = 0x22
const backslash = 0x5c
const unitsPerSlice = 1_024
const hexDigits = Buffer.from('0123456789abcdef', 'latin1')

export class LineBuffer {
  bytes: Buffer
  /** Where the next byte goes. */
  at = 0
  /** Lone surrogates that were replaced by U+FFFD so far. */
  illFormed = 0
  readonly #initialBytes: number

  constructor(initialBytes: number) {
    this.#initialBytes = initialBytes
    this.bytes = Buffer.allocUnsafeSlow(initialBytes)
  }

  /** Makes room for `extraBytes` behind `at`. */
  room(extraBytes: number): void {
    const needed = this.at + extraBytes
    if (needed <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(grown, 0, 0, this.at)
    this.bytes = grown
  }

  /** Gives back what an uncommonly large result took. */
  shrink(): void {
    this.at = 0
    if (this.bytes.length > this.#initialBytes * 4) this.bytes = Buffer.allocUnsafeSlow(this.#initialBytes)
  }

  byte(value: number): void {
    this.room(1)
    this.bytes[this.at++] = value
  }

  copy(source: Uint8Array): void {
    this.room(source.length)
    const { bytes } = this
    let { at } = this
    // A loop beats set() for names of a few bytes.
    for (const byte of source) bytes[at++] = byte
    this.at = at
  }

  /** Text that is known to be ASCII and needs no escape. */
  ascii(text: string): void {
    this.room(text.length)
    this.at += this.bytes.write(text, this.at, 'latin1')
  }

  /** A JSON string of JavaScript text. */
  string(text: string): void {
    const isWellFormed = text.isWellFormed()
    if (!isWellFormed) this.illFormed++
    const json = JSON.stringify(isWellFormed ? text : text.toWellFormed())
    this.room(json.length * 3)
    this.at += this.bytes.write(json, this.at, 'utf8')
  }

  /** A JSON string of bytes that should be UTF-8; false where they are not: U+FFFD stands for the others. */
  utf8(source: Uint8Array): boolean {
    if (!isUtf8(source)) {
      this.string(Buffer.from(source).toString('utf8'))
      return false
    }
    this.byte(quote)
    this.room(source.length * 6 + 1)
    const { bytes } = this
    let { at } = this
    for (const byte of source) {
      if (byte >= 0x20 && byte !== quote && byte !== backslash) bytes[at++] = byte
      else at = writeEscape(bytes, at, byte)
    }
    this.at = at
    this.byte(quote)
    return true
  }

  /** A JSON string of base64. */
  base64(source: Uint8Array): void {
    const text = Buffer.from(source.buffer, source.byteOffset, source.length).toString('base64')
    this.byte(quote)
    this.ascii(text)
    this.byte(quote)
  }

  /** A JSON string of the units from `start` to `end`. */
  text(units: Uint16Array, start: number, end: number): void {
    this.byte(quote)
    let from = start
    while (from < end) from = this.#slice(units, from, end)
    this.byte(quote)
  }

  /** Slices keep the room that is made near what is needed: an escape takes six bytes, most units one. */
  #slice(units: Uint16Array, from: number, end: number): number {
    const to = Math.min(end, from + unitsPerSlice)
    this.room((to - from) * 6 + 6)
    const { bytes } = this
    let { at } = this
    let index = from
    while (index < to) {
      const unit = units[index] as number // index < to <= units.length
      if (unit >= 0x20 && unit < 0x80 && unit !== quote && unit !== backslash) {
        bytes[at++] = unit
        index++
      } else if (unit < 0x80) {
        at = writeEscape(bytes, at, unit)
        index++
      } else if (unit < 0x800) {
        bytes[at++] = 0xc0 | (unit >> 6)
        bytes[at++] = 0x80 | (unit & 0x3f)
        index++
      } else {
        const point = this.#pointAt(units, index, end)
        at = writeWide(bytes, at, point)
        index += point > 0xffff ? 2 : 1
      }
    }
    this.at = at
    return index
  }

  #pointAt(units: Uint16Array, index: number, end: number): number {
    const unit = units[index] ?? 0
    if ((unit & 0xf800) !== 0xd800) return unit
    const next = index + 1 < end ? (units[index + 1] ?? 0) : 0
    if (unit < 0xdc00 && (next & 0xfc00) === 0xdc00) return 0x10000 + ((unit & 0x3ff) << 10) + (next & 0x3ff)
    this.illFormed++
    return 0xfffd
  }

  /**
   * The digits of a number as they stand, made a JSON number: `.5`, `+1`, `007` and `5.` are mended.
   * False, and nothing written, where the units are no number.
   */
  number(units: Uint16Array, start: number, end: number): boolean {
    this.room(end - start + 1)
    const { bytes } = this
    let { at } = this
    let index = start
    if (units[index] === 0x2d) bytes[at++] = 0x2d
    if (units[index] === 0x2d || units[index] === 0x2b) index++
    const whole = index
    while (index < end && isDigit(units[index])) index++
    let digit = whole
    while (digit < index - 1 && units[digit] === 0x30) digit++
    if (digit === index) bytes[at++] = 0x30
    while (digit < index) bytes[at++] = units[digit++] as number // an ASCII digit
    let digits = index - whole
    if (units[index] === 0x2e && index < end) {
      const dot = index++
      while (index < end && isDigit(units[index])) index++
      digits += index - dot - 1
      if (index - dot > 1)
        for (let copied = dot; copied < index; copied++) bytes[at++] = units[copied] as number // ASCII
    }
    if (digits === 0) return false
    if (index < end) {
      const exponentEnd = endOfExponent(units, index, end)
      if (exponentEnd !== end) return false
      while (index < end) bytes[at++] = units[index++] as number // ASCII
    }
    this.at = at
    return true
  }
}

function isDigit(unit: number | undefined): boolean {
  return unit !== undefined && unit >= 0x30 && unit <= 0x39
}

/** Behind `e+10`; `start` itself where there is no exponent. */
function endOfExponent(units: Uint16Array, start: number, end: number): number {
  if (units[start] !== 0x65 && units[start] !== 0x45) return start
  const signed = start + 1
  const digits = units[signed] === 0x2b || units[signed] === 0x2d ? signed + 1 : signed
  let index = digits
  while (index < end && isDigit(units[index])) index++
  return index === digits ? start : index
}

function writeEscape(bytes: Buffer, start: number, unit: number): number {
  let at = start
  bytes[at++] = backslash
  const short = unit === quote || unit === backslash ? unit : shortEscape(unit)
  if (short !== 0) {
    bytes[at++] = short
    return at
  }
  if (unit === 0x7f) {
    bytes[start] = unit
    return at
  }
  bytes[at++] = 0x75
  bytes[at++] = 0x30
  bytes[at++] = 0x30
  bytes[at++] = hexDigits[unit >> 4] as number // control characters are below 32
  bytes[at++] = hexDigits[unit & 15] as number // four bits
  return at
}

/** The letter of `\n` and its like; 0 where JSON has none. */
function shortEscape(unit: number): number {
  switch (unit) {
    case 8:
      return 0x62
    case 9:
      return 0x74
    case 10:
      return 0x6e
    case 12:
      return 0x66
    case 13:
      return 0x72
    default:
      return 0
  }
}

/** Three or four bytes of UTF-8. */
function writeWide(bytes: Buffer, start: number, point: number): number {
  let at = start
  if (point > 0xffff) {
    bytes[at++] = 0xf0 | (point >> 18)
    bytes[at++] = 0x80 | ((point >> 12) & 0x3f)
  } else {
    bytes[at++] = 0xe0 | (point >> 12)
  }
  bytes[at++] = 0x80 | ((point >> 6) & 0x3f)
  bytes[at++] = 0x80 | (point & 0x3f)
  return at
}
