// A line that is longer than Loki takes: its longest strings are shortened until it fits. Called by RowWriter
// for that one line in thousands; the result is valid JSON again.

const ellipsis = Buffer.from('…"', 'utf8')
const nothing = Buffer.from('null', 'latin1')
/** What is left of a string at least, quotes included. */
const leastBytes = 16

export type ShortenedLine = {
  readonly line: Buffer
  /** Positions in `cells` of what was shortened. */
  readonly shortened: readonly number[]
}

/** Where a cell's value lies in the line. */
export type CellSpan = { readonly start: number; readonly end: number }

/**
 * `cells` in their order in the line. All values longer than the same limit are cut to it: strings at a
 * character, with `…` at their end; anything else that long (a number of thousands of digits) becomes null. A
 * line whose names alone exceed `maxBytes` stays too long.
 */
export function shortenLine(line: Uint8Array, cells: readonly CellSpan[], maxBytes: number): ShortenedLine {
  const lengths = cells.map((cell) => cell.end - cell.start)
  const fixedBytes = line.length - lengths.reduce((sum, length) => sum + length, 0)
  const limit = limitOf(lengths, maxBytes - fixedBytes)
  const parts: Uint8Array[] = []
  const shortened: number[] = []
  let copied = 0
  for (const [index, cell] of cells.entries()) {
    if (cell.end - cell.start <= limit) continue
    parts.push(line.subarray(copied, cell.start), ...shortValue(line.subarray(cell.start, cell.end), limit))
    shortened.push(index)
    copied = cell.end
  }
  parts.push(line.subarray(copied))
  return { line: Buffer.concat(parts), shortened }
}

/** The largest limit at which the sum of the capped lengths is within `budget`. */
function limitOf(lengths: readonly number[], budget: number): number {
  const ascending = [...lengths].sort((one, other) => one - other)
  let left = budget
  for (const [index, length] of ascending.entries()) {
    const share = Math.floor(left / (ascending.length - index))
    if (length > share) return Math.max(share, leastBytes)
    left -= length
  }
  return Number.MAX_SAFE_INTEGER
}

function shortValue(value: Uint8Array, limit: number): Uint8Array[] {
  if (value[0] !== 0x22) return [nothing]
  return [value.subarray(0, cutAt(value, limit - ellipsis.length)), ellipsis]
}

/** The last place at or before `limit` that is neither inside a UTF-8 character nor inside an escape. */
function cutAt(value: Uint8Array, limit: number): number {
  let at = limit
  while (at > 1 && ((value[at] ?? 0) & 0xc0) === 0x80) at--
  // `\u00e9` is the longest escape: one that begins within the five bytes before may reach beyond the cut.
  for (let start = Math.max(1, at - 5); start < at; start++) {
    if (isEscapeStart(value, start) && start + (value[start + 1] === 0x75 ? 6 : 2) > at) return start
  }
  return at
}

/** A backslash that an even number of backslashes precedes. */
function isEscapeStart(value: Uint8Array, at: number): boolean {
  let start = at
  while (value[start] === 0x5c) start--
  return (at - start) % 2 === 1
}
