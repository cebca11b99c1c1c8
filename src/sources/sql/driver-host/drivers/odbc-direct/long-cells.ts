// Reads cells that did not fit their column's buffer, by SQLGetData in parts, into one scratch memory a
// connection. The cursor calls it for a row that holds such cells; positions are valid until the next row.

import { cTypes, lengths, returns } from './api.ts'
import { Arena, terminatorBytes } from './binding.ts'
import { checkedLength } from './checks.ts'
import { isSuccess } from './handles.ts'
import type { Statement } from './statement.ts'

const partBytes = 64 * 1024
/** The first eight bytes of the scratch take the length that the driver reports. */
const firstCell = 8

/** Where a cell's value lies in the scratch, in bytes. */
export type LongCell = { readonly start: number; readonly end: number } | 'null'

export class LongCells {
  readonly scratch = new Arena()
  #used = firstCell

  /** Forgets the cells of the row before. */
  startRow(): void {
    this.#used = firstCell
  }

  /** Gives back what an uncommonly long cell took. */
  shrink(): void {
    this.scratch.shrink(partBytes * 2)
  }

  /**
   * Reads column `number` (from 1), at most `maxBytes` and some: more would never be sent. Undefined where
   * the driver refuses; the statement's diagnostics tell. `isLocal`: the driver has the row in memory, no
   * call waits.
   */
  async read(
    statement: Statement,
    column: { readonly number: number; readonly cType: number },
    options: { readonly maxBytes: number; readonly isLocal: boolean },
  ): Promise<LongCell | undefined> {
    const start = this.#used
    for (;;) {
      const code = await this.#readPart(statement, column, options.isLocal)
      if (code === returns.noData) break
      if (!isSuccess(code)) return undefined
      const length = checkedLength(this.scratch.low(0))
      if (length === lengths.null) return 'null'
      const room = partBytes - terminatorBytes(column.cType)
      const isLast = length !== lengths.unknown && length <= room
      this.#used += isLast ? length : room
      if (isLast || this.#used - start >= options.maxBytes) break
    }
    const end = this.#used
    this.#used = Math.ceil(end / 8) * 8
    return { start, end: end - start < options.maxBytes ? end : this.#characterStart(column.cType, end) }
  }

  /** Where the last character before `end` begins: of a value that is not read to its end, it may be half. */
  #characterStart(cType: number, end: number): number {
    const { bytes, units } = this.scratch
    if (cType === cTypes.wchar) return ((units[(end >> 1) - 1] ?? 0) & 0xfc00) === 0xd800 ? end - 2 : end
    if (cType !== cTypes.char) return end
    let start = end - 1
    while (((bytes[start] ?? 0) & 0xc0) === 0x80) start--
    return start
  }

  async #readPart(
    statement: Statement,
    column: { readonly number: number; readonly cType: number },
    isLocal: boolean,
  ): Promise<number> {
    this.scratch.grow(this.#used + partBytes)
    const { getData } = statement.api
    const { address } = this.scratch
    const target = address + BigInt(this.#used)
    return isLocal
      ? statement.now(getData, column.number, column.cType, target, partBytes, address)
      : statement.later(getData, column.number, column.cType, target, partBytes, address)
  }
}
