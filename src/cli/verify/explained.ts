// Why Loki may hold an entry that no push of record tells of: it waits still (its answer was lost, or comes),
// a later record has it, or it became a dead letter that says "may be stored". For `spool verify`, which asks
// only where it found such entries.

import type { EntryCodec } from '../../core/sink.ts'
import type { SpoolReader } from '../../spool/reader.ts'
import type { StreamId } from '../../spool/types.ts'

export type Explaining = {
  readonly reader: SpoolReader
  readonly stream: StreamId
  /** The newest record that was compared. */
  readonly afterId: number
  readonly codec: EntryCodec
}

type Span = { readonly firstNs: bigint; readonly lastNs: bigint }

/** Tells of a time whether an entry of the stream is known there. */
export function explanationOf(explaining: Explaining): (atNs: bigint) => boolean {
  const spans = [...waitingOf(explaining), ...laterOf(explaining)]
  const letters = new Set(letterTimesOf(explaining))
  return (atNs) => letters.has(atNs) || spans.some(({ firstNs, lastNs }) => firstNs <= atNs && atNs <= lastNs)
}

function waitingOf({ reader, stream }: Explaining): Span[] {
  return [...reader.chunks(stream)]
}

function laterOf({ reader, stream, afterId }: Explaining): Span[] {
  return [...reader.deliveries(afterId)].filter((record) => record.stream === stream)
}

function letterTimesOf({ reader, stream, codec }: Explaining): bigint[] {
  const own = [...reader.letters()].filter((letter) => letter.stream === stream)
  return own.map(({ entry }) => codec.decode(entry).atNs)
}
