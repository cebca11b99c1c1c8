// One thing that is wrong with a file or a flag, and the words that all of them share.

import type { ErrorCode } from '../core/errors.ts'
import type { Place } from './place.ts'

export type ConfigFault = {
  readonly code: ErrorCode
  /** Absent where the whole file is at fault. */
  readonly place?: Place
  /** What is at fault, with the offending value, and what was expected: one line, no full stop. */
  readonly message: string
  /** What to do about it, as whole sentences. */
  readonly hint?: string
}

const maxQuotedCharacters = 60

/** The offending value on one line, cut where it is long. `raw` is JSON source text or a quoted value. */
export function shown(raw: string): string {
  const line = raw.replaceAll(/\s+/g, ' ')
  const characters = Array.from(line)
  if (characters.length <= maxQuotedCharacters) return printable(line)
  const isString = line.startsWith('"')
  return printable(`${characters.slice(0, maxQuotedCharacters - 4).join('')}${isString ? '…"' : '…'}`)
}

/** Text in double quotes, bounded. */
export function quoted(text: string): string {
  return shown(`"${text}"`)
}

/** A terminal must not obey what a file or an argument holds. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `\\u${code.toString(16).padStart(4, '0')}`
  })
}

export function didYouMean(nearest: string | undefined): string | undefined {
  return nearest === undefined ? undefined : `Did you mean "${nearest}"?`
}

/** An exact optional property: present only where there is a hint. */
export function hintOf(hint: string | undefined): { hint?: string } {
  return hint === undefined ? {} : { hint }
}
