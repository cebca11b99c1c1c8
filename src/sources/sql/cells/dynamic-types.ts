// SQLite gives each value a type of its own; over ODBC a column is announced as text that holds numbers and
// bytes as well. The cursor asks of such a text what it may stand for.

import type { FlagReason } from '../../../core/source.ts'

/** No number is longer; of a literal so much is looked at. */
const headLength = 32
const apostrophe = 0x27

/** A number with a point may have had more than the 15 digits that the driver writes; a literal is bytes. */
export function dynamicDoubt(bytes: Uint8Array): FlagReason | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, headLength))
  const isClosed = bytes.length > 2 && bytes.at(-1) === apostrophe
  if (isClosed && /^X'[0-9A-F]*'?$/.test(head)) return 'unreadable'
  return bytes.length <= headLength && /^-?\d+\.\d+(?:e[+-]\d+)?$/.test(head) ? 'rounded' : undefined
}
