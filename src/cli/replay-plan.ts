// What becomes of dead letters that are put back: each keeps its time where Loki would take it, else gets a
// new one and keeps the first in its metadata; together they make chunks as the worker would. Pure; called by
// the command `spool replay`.

import type { EntryCodec } from '../core/sink.ts'
import type { LetterRecord } from '../spool/reader.ts'
import { type Chunk, maxChunkBytes, maxRangeSpanNs, type StreamId } from '../spool/types.ts'
import { originalTimeName } from '../worker/settling.ts'

export type Revived = {
  readonly letter: LetterRecord
  readonly atNs: bigint
  readonly entry: Uint8Array
  readonly isRestamped: boolean
}

export type Batch = { readonly letters: readonly { id: number; bytes: number }[]; readonly chunk: Chunk }

export type StreamTime = {
  readonly nowNs: bigint
  /** The newest time given to an entry of the stream. */
  readonly lastNs: bigint
}

const minuteNs = 60n * 1_000_000_000n
/** Loki refuses what is an hour behind the newest entry of its stream. */
const maxBehindNs = 50n * minuteNs
/** And what is older than 7 days; an hour to deliver it in. */
const maxAgeNs = (7n * 24n - 1n) * 60n * minuteNs
/** And what is 10 minutes ahead. */
const maxAheadNs = 5n * minuteNs

/** Letters of one stream with the time that each is to have: kept ones first, all ascending. */
export function revive(
  letters: readonly LetterRecord[],
  { nowNs, lastNs }: StreamTime,
  codec: EntryCodec,
): Revived[] {
  const timed = letters
    .map((letter) => ({ letter, atNs: codec.decode(letter.entry).atNs }))
    .toSorted((left, right) => Number(left.atNs - right.atNs))
  const isTaken = (atNs: bigint) =>
    atNs > nowNs - maxAgeNs && atNs > lastNs - maxBehindNs && atNs < nowNs + maxAheadNs
  const kept = timed
    .filter(({ atNs }) => isTaken(atNs))
    .map(({ letter, atNs }) => ({ letter, atNs, entry: letter.entry, isRestamped: false }))
  const newNs = lastNs < nowNs ? nowNs : lastNs + 1n
  const restamped = timed
    .filter(({ atNs }) => !isTaken(atNs))
    .map(({ letter, atNs }, index) =>
      restampedAt(letter, { atNs: newNs + BigInt(index), firstNs: atNs }, codec),
    )
  return [...kept, ...restamped]
}

function restampedAt(
  letter: LetterRecord,
  { atNs, firstNs }: { readonly atNs: bigint; readonly firstNs: bigint },
  codec: EntryCodec,
): Revived {
  const hasOriginal = codec.decode(letter.entry).metadata.some(([name]) => name === originalTimeName)
  const entry = codec.restamp(letter.entry, atNs, hasOriginal ? [] : [[originalTimeName, String(firstNs)]])
  return { letter, atNs, entry, isRestamped: true }
}

/** Chunks of at most 192 KiB and 15 minutes, times ascending; a larger line has one of its own. */
export function batchesOf(stream: StreamId, revived: readonly Revived[]): Batch[] {
  const groups: Revived[][] = []
  for (const one of revived) {
    const group = groups.at(-1)
    if (group !== undefined && fits(group, one)) group.push(one)
    else groups.push([one])
  }
  return groups.map((group) => batchOf(stream, group))
}

function fits(group: readonly Revived[], { atNs, entry }: Revived): boolean {
  const [first, last] = [group[0]?.atNs ?? atNs, group.at(-1)?.atNs ?? atNs]
  const bytes = group.reduce((sum, one) => sum + one.entry.length, entry.length)
  return bytes <= maxChunkBytes && atNs - first <= maxRangeSpanNs && atNs >= last
}

function batchOf(stream: StreamId, group: readonly Revived[]): Batch {
  const firstNs = group[0]?.atNs ?? 0n
  const lastNs = group.at(-1)?.atNs ?? 0n
  const body = Buffer.concat(group.map(({ entry }) => entry))
  const letters = group.map(({ letter }) => ({ id: letter.id, bytes: letter.entry.byteLength }))
  return { letters, chunk: { stream, body, entries: group.length, firstNs, lastNs } }
}
