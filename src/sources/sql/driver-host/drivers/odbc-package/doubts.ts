// What npm `odbc` may have changed in a value, as far as its column and the value itself show. PackageCursor
// asks for each value and flags it. The package reads integers as signed ones of 32 or 64 bits, decimals and
// float4 as text that it cuts at the declared size, and bounded text at four bytes a declared character.

import type { FlagReason } from '../../../../../core/source.ts'
import { sqlTypes } from '../../../cells/sql-types.ts'
import type { NativeColumn } from './package-types.ts'

/** A double holds every decimal of so many digits. */
const exactDigits = 15
/** The package's buffers have four bytes for each declared character. */
const bytesPerCharacter = 4

/** Undefined where the value can only be what the database holds. */
export function doubtOf(column: NativeColumn, value: string | number | bigint): FlagReason | undefined {
  if (typeof value === 'string') return textDoubt(column, value)
  switch (column.dataType) {
    case sqlTypes.numeric:
    case sqlTypes.decimal:
      return decimalDoubt(column)
    case sqlTypes.real:
      return 'cut_by_driver' // 1.6777216e+07 arrives as 1.6777216: its text is longer than a float's digits
    case sqlTypes.float:
    case sqlTypes.double:
      return column.columnSize < exactDigits ? 'rounded' : undefined // PostgreSQL's money
    default:
      return value < 0 ? 'out_of_range' : undefined // may be an unsigned one: 4294967295 arrives as -1
  }
}

/** Room is made for the digits, a sign and a point, but not for the zero before the point. */
function decimalDoubt({ columnSize, decimalDigits }: NativeColumn): FlagReason | undefined {
  if (columnSize === 0 || columnSize > exactDigits) return 'rounded'
  return decimalDigits >= columnSize ? 'cut_by_driver' : undefined
}

const boundedTexts: ReadonlySet<number> = new Set([
  sqlTypes.char,
  sqlTypes.varchar,
  sqlTypes.wchar,
  sqlTypes.wvarchar,
])

/**
 * Bytes that are no UTF-8 arrive replaced. Text as long as the buffer may have had more behind it, and a
 * character may have been cut in its middle.
 */
function textDoubt(column: NativeColumn, text: string): FlagReason | undefined {
  if (isAtLimit(column, text)) return 'cut_by_driver'
  return text.includes('\ufffd') ? 'unreadable' : undefined
}

function isAtLimit(column: NativeColumn, text: string): boolean {
  if (!boundedTexts.has(column.dataType) || text.length < column.columnSize) return false
  return Buffer.byteLength(text) > column.columnSize * bytesPerCharacter - bytesPerCharacter
}
