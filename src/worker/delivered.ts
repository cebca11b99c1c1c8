// What the spool remembers of a push that Loki acknowledged: where its entries lie in time, how many they
// are, and a checksum of them as they were sent. The delivery loop calls it; `spool verify` asks Loki for the
// same.

import { checksumOf } from '../core/checksum.ts'
import type { EntryCodec } from '../core/sink.ts'
import type { ChunkRange, Delivered } from '../spool/types.ts'
import { entriesOfPiece, type TakenApart } from './refused-entries.ts'
import type { RefusedEntry } from './settling.ts'

/** Of entries on their way; `Delivered` once they are acknowledged. */
export type Sent = Omit<Delivered, 'atMs'>

/** The whole range. `body` holds all of its entries. */
export function sentOf(range: ChunkRange, body: Uint8Array, codec: EntryCodec): Sent {
  const { firstNs, lastNs, entries, bytes } = range
  return { firstNs, lastNs, entries, bytes, ...contentOf(body, codec) }
}

/** What is left of a range without the entries that were refused; undefined where that is nothing. */
export function sentWithout(
  refused: readonly RefusedEntry[],
  range: TakenApart,
  codec: EntryCodec,
): Sent | undefined {
  const isRefused = new Set(refused.map(({ index }) => index))
  const stored = [...range.entries.keys()].filter((index) => !isRefused.has(index))
  const first = range.entries[stored[0] ?? -1]
  const last = range.entries[stored.at(-1) ?? -1]
  if (first === undefined || last === undefined) return undefined
  const body = entriesOfPiece(range, stored)
  const amount = { entries: stored.length, bytes: body.length }
  return { firstNs: first.atNs, lastNs: last.atNs, ...amount, ...contentOf(body, codec) }
}

function contentOf(body: Uint8Array, codec: EntryCodec): Pick<Sent, 'checksum' | 'metadataNames'> {
  const { metadata } = codec.decode(body)
  return { checksum: checksumOf(body), metadataNames: metadata.map(([name]) => name) }
}
