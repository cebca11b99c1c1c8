// Refused entries that may be stored already: which ones the sink is to be asked for, and what its word makes
// of them. Pure; the delivery loop asks.

import type { Lookup } from '../core/sink.ts'
import type { Piece, RefusedEntry } from './settling.ts'

export function maybeStoredOf(refused: readonly RefusedEntry[]): Piece {
  return refused.filter(({ isMaybeStored }) => isMaybeStored).map(({ index }) => index)
}

/**
 * What is still refused: not what the sink has. What it surely has not is refused like any other; of all else
 * it stays unknown whether it is stored. `lookup` counts in the order of `maybeStoredOf`.
 */
export function refusedAfter(lookup: Lookup, refused: readonly RefusedEntry[]): RefusedEntry[] {
  if (lookup.kind !== 'known') return [...refused]
  const asked = maybeStoredOf(refused)
  const stored = new Set(lookup.stored.map((number) => asked[number]))
  const absent = new Set(lookup.absent.map((number) => asked[number]))
  return refused
    .filter(({ index }) => !stored.has(index))
    .map((one) => (absent.has(one.index) ? { ...one, isMaybeStored: false } : one))
}
