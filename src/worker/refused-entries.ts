// A range that was taken apart: its pieces for further pushes, and what becomes of the entries that Loki
// refused: a new time, once, where their time was the reason, else the dead letters. The delivery loop calls
// it. Pure.

import type { EncodedEntry, EntryCodec } from '../core/sink.ts'
import { type Chunk, type DeadLetter, maybeStoredWords, type Settlement } from '../spool/types.ts'
import type { StreamId } from '../spool/types.ts'
import { originalTimeName, type Piece, type RefusedEntry, refusalCure } from './settling.ts'

export type TakenApart = { readonly body: Uint8Array; readonly entries: readonly EncodedEntry[] }

/** What is kept of Loki's words with a dead letter. */
const maxSaidChars = 500

/** The entries of one piece, in a buffer of their own that may be transferred. */
export function entriesOfPiece(range: TakenApart, piece: Piece): Uint8Array<ArrayBuffer> {
  const parts = piece.map((index) => entryAt(range, index))
  const joined = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** The same entries in the same order, none with metadata; undefined where none has any. */
export function withoutMetadata(range: TakenApart, codec: EntryCodec): Uint8Array | undefined {
  const entries = range.entries.map((_, index) => entryAt(range, index))
  if (entries.every((entry) => codec.decode(entry).metadata.length === 0)) return undefined
  return Buffer.concat(entries.map((entry) => codec.withoutMetadata(entry)))
}

export type Restamping = {
  readonly codec: EntryCodec
  readonly stream: StreamId
  /** The time of the entry that is stamped anew as number `index`, ascending. */
  readonly newTime: (index: number) => bigint
  /** When the entries were refused, ms since the epoch. */
  readonly atMs: number
}

export function settlementOf(
  range: TakenApart,
  refused: readonly RefusedEntry[],
  restamping: Restamping,
): Settlement {
  const { codec, atMs } = restamping
  const dead: DeadLetter[] = []
  const late: Uint8Array[] = []
  for (const { index, refusal, isMaybeStored } of refused) {
    const entry = entryAt(range, index)
    const { metadata } = codec.decode(entry)
    const said = isMaybeStored ? maybeStored(refusal.said) : refusal.said
    if (refusalCure({ refusal, isMaybeStored, metadata }) === 'restamp') late.push(entry)
    else dead.push({ entry, reason: refusal.reason, said, atMs })
  }
  return { dead, restamped: late.map((entry, index) => restamped(entry, index, restamping)) }
}

function restamped(entry: Uint8Array, index: number, { codec, stream, newTime }: Restamping): Chunk {
  const atNs = newTime(index)
  const body = codec.restamp(entry, atNs, [[originalTimeName, codec.decode(entry).atNs.toString()]])
  return { stream, body, entries: 1, firstNs: atNs, lastNs: atNs }
}

/** A person who reads the dead letter has to look for the entry in Loki first. */
function maybeStored(said: string): string {
  return `${maybeStoredWords}: an earlier answer was lost. ${said}`.slice(0, maxSaidChars)
}

function entryAt({ body, entries }: TakenApart, index: number): Uint8Array {
  const entry = entries[index]
  if (entry === undefined) throw new Error(`entry ${index} is not in its range`)
  return body.subarray(entry.start, entry.end)
}
