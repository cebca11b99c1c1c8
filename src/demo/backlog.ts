// Tells how the spools grow and drain while something keeps rows from Loki. Pure: fed with the service's
// events.

import type { RowtailEvent } from '../core/events.ts'
import { countOf, formatBytes } from '../core/quantity.ts'

const quietMs = 3_000

type Depth = { readonly rows: number; readonly bytes: number }

/** Answers with a sentence where there is something to tell. */
export function createBacklogVoice(): (event: RowtailEvent) => string | undefined {
  const depths = new Map<string, Depth>()
  let isTelling = false
  let tellAtMs = 0
  let toldRows = 0
  return (event) => {
    if (event.type === 'sink.lost') isTelling = true
    if (event.type !== 'spool.depth') return undefined
    depths.set(event.metric, event.depth)
    if (!isTelling) return undefined
    const { rows, bytes } = sumOf(depths.values())
    if (rows === 0 && toldRows > 0) {
      isTelling = false
      toldRows = 0
      return 'every row that waited is in Loki'
    }
    if (event.atMs < tellAtMs || rows === toldRows) return undefined
    const course = rows > toldRows ? 'and more to come' : 'and fewer by the moment'
    tellAtMs = event.atMs + quietMs
    toldRows = rows
    const wait = rows === 1 ? 'waits' : 'wait'
    return `${countOf(rows, 'row')} (${formatBytes(bytes)}) ${wait} on disk, ${course}`
  }
}

function sumOf(depths: Iterable<Depth>): Depth {
  const sum = { rows: 0, bytes: 0 }
  for (const { rows, bytes } of depths) {
    sum.rows += rows
    sum.bytes += bytes
  }
  return sum
}
