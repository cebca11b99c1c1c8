// Which chunks go when a bound is met: the oldest rows first, then the oldest run lines, never a range in
// flight. Called by spool.ts; reads the index only.

import type { Ledger } from './ledger.ts'
import type { Statements, VictimRow } from './statements.ts'
import type { ChunkRange, StreamId, StreamKind } from './types.ts'

/** Chunks that one transaction of an eviction deletes at most: some 12 MiB, well below 100 ms. */
const maxVictims = 64

export type EvictionView = {
  readonly statements: Statements
  readonly ledger: Ledger
  readonly held: ReadonlyMap<StreamId, ChunkRange>
}

/**
 * The oldest chunks of one kind that make up `bytes`, as many as one transaction may delete; none if there
 * are none.
 */
export function victimsFor(bytes: number, view: EvictionView): VictimRow[] {
  const rows = oldestOf('rows', view)
  const candidates = rows.length > 0 ? rows : oldestOf('runs', view)
  let found = 0
  return candidates.filter((victim) => {
    const isWanted = found < bytes
    found += victim.bytes
    return isWanted
  })
}

function oldestOf(kind: StreamKind, { statements, ledger, held }: EvictionView): VictimRow[] {
  const perStream = ledger.filled(kind).flatMap((stream) => {
    const range = held.get(stream)
    return statements.victims.all(stream, range?.firstChunk ?? 0, range?.lastChunk ?? 0, maxVictims)
  })
  return perStream.sort((left, right) => left.id - right.id).slice(0, maxVictims)
}
