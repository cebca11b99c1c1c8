// Dates and timestamps as drivers spell them, made ISO-8601, or flagged where the spelling hides what was meant.

import type { FlagReason } from '../../../core/source.ts'
import type { CellKind } from './columns.ts'

export type TimeText = { readonly text: string; readonly why?: FlagReason }

const timestampShape = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?$/
const offsetShape = /^(\S+)[ T](\S+?) ?([+-])(\d\d):?(\d\d)?$/

/** `kind` is one of the timestamps. */
export function isoTimestamp(text: string, kind: CellKind): TimeText {
  if (!timestampShape.test(text)) return withOffset(text)
  const zone = kind === 'timestamp_utc' ? 'Z' : ''
  const iso = `${text.slice(0, 10)}T${text.slice(11)}${zone}`
  if (isBeyond(text)) return { text: iso, why: 'out_of_range' }
  return kind === 'timestamp_unknown' ? { text: iso, why: 'zone_unknown' } : { text: iso }
}

export function isoDate(text: string): TimeText {
  const isPlain = /^\d{4}-\d\d-\d\d$/.test(text)
  return isPlain && text[0] !== '0' ? { text } : { text, why: 'out_of_range' }
}

/** A value that brings its own offset (datetimeoffset of SQL Server) needs no guess about the session. */
function withOffset(text: string): TimeText {
  const match = offsetShape.exec(text)
  const [, date, time, sign, hours, minutes = '00'] = match ?? []
  if (!timestampShape.test(`${date} ${time}`)) return { text, why: 'out_of_range' }
  return { text: `${date}T${time}${sign}${hours}:${minutes}` }
}

/**
 * psqlodbc gives 'infinity' as the last second of 9999 and years of five digits as 0000-00-00; it drops BC of a
 * date. So that second, and every year below 1000, may stand for something else.
 */
function isBeyond(text: string): boolean {
  return text[0] === '0' || text.startsWith('9999-12-31')
}
