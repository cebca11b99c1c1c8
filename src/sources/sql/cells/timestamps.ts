// Dates and timestamps as drivers spell them, made ISO-8601, or flagged where that hides what was meant.
// RowWriter calls it; the common spelling never becomes text.

import type { FlagReason } from '../../../core/source.ts'
import type { CellKind } from './columns.ts'

export type TimeText = { readonly text: string; readonly why?: FlagReason }

const digit = 0x30
const nine = 0x39
const point = 0x2e
const template = Uint8Array.from(Buffer.from('0000-00-00 00:00:00', 'latin1'))
const timestampShape = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?$/
const offsetShape = /^(\S+)[ T](\S+?) ?([+-])(\d\d):?(\d\d)?$/

/** `2026-01-02 03:04:05.678` with a year from 1000 to 8999: needs no second look. */
export function isCommonTimestamp(units: Uint16Array, start: number, end: number): boolean {
  if (end - start < template.length) return false
  for (let index = 0; index < template.length; index++) {
    const unit = units[start + index] ?? 0
    if (template[index] === digit ? unit < digit || unit > nine : unit !== template[index]) return false
  }
  const first = units[start]
  if (first === digit || first === nine) return false
  if (end - start === template.length) return true
  if (units[start + template.length] !== point) return false
  for (let index = start + template.length + 1; index < end; index++) {
    const unit = units[index] ?? 0
    if (unit < digit || unit > nine) return false
  }
  return true
}

/** `kind` is one of the timestamps. */
export function isoTimestamp(text: string, kind: CellKind): TimeText {
  if (!timestampShape.test(text)) return withOffset(text)
  const zone = kind === 'timestamp_utc' ? 'Z' : ''
  const iso = `${text.slice(0, 10)}T${text.slice(11)}${zone}`
  if (isBeyond(text)) return { text: iso, why: 'out_of_range' }
  return kind === 'timestamp_unknown' ? { text: iso, why: 'zone_unknown' } : { text: iso }
}

/** psqlodbc gives the year 12026 as `1202-00-00`. */
export function isoDate(text: string): TimeText {
  const isPlain = /^[1-9]\d{3}-(?!00)\d\d-(?!00)\d\d$/.test(text)
  return isPlain ? { text } : { text, why: 'out_of_range' }
}

/** A value that brings its own offset (datetimeoffset of SQL Server) needs no guess about the session. */
function withOffset(text: string): TimeText {
  const match = offsetShape.exec(text)
  const [, date, time, sign, hours, minutes = '00'] = match ?? []
  if (!timestampShape.test(`${date} ${time}`)) return { text, why: 'out_of_range' }
  return { text: `${date}T${time}${sign}${hours}:${minutes}` }
}

/**
 * psqlodbc gives 'infinity' as the last second of 9999 and years of five digits as 0000-00-00; it drops BC of
 * a date. So that second, and every year below 1000, may stand for something else.
 */
function isBeyond(text: string): boolean {
  return text[0] === '0' || text.startsWith('9999-12-31')
}
