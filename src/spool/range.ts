// Which neighbouring chunks make one push: bounded bytes, bounded time, times ascending. Pure; called by
// spool.ts.

import type { ChunkRow } from './statements.ts'
import { maxChunkBytes, maxRangeSpanNs, type ChunkRange } from './types.ts'

/**
 * The range with the next chunk of its stream added, or undefined where it must end before that chunk. The
 * first chunk is always taken: a line of 256 KiB makes a chunk above the bound.
 */
export function widen(
  range: ChunkRange | undefined,
  stream: Pick<ChunkRange, 'stream' | 'kind' | 'labels'>,
  row: ChunkRow,
): ChunkRange | undefined {
  const id = Number(row.id)
  const bytes = Number(row.bytes)
  const entries = Number(row.entries)
  const { firstNs, lastNs } = row
  if (range === undefined) {
    return { ...stream, firstChunk: id, lastChunk: id, entries, bytes, firstNs, lastNs }
  }
  if (range.bytes + bytes > maxChunkBytes) return undefined
  if (lastNs - range.firstNs > maxRangeSpanNs) return undefined
  if (firstNs < range.lastNs) return undefined
  return { ...range, lastChunk: id, entries: range.entries + entries, bytes: range.bytes + bytes, lastNs }
}
