// A stream on its way through the receiver, and the sizes that Loki counts of it.

import type { Label, PushedEntry } from './push-request.ts'

export type CheckedStream = {
  readonly labels: readonly Label[]
  readonly text: string
  readonly entries: readonly PushedEntry[]
}

/** Bytes that count against rates: the detected level is Loki's own and free. */
export function entryBytes(entry: PushedEntry): number {
  return entry.lineBytes + metadataBytes(entry.metadata)
}

export function metadataBytes(metadata: readonly Label[]): number {
  return metadata
    .filter(([name]) => name !== 'detected_level')
    .reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0)
}

/** What makes two entries of a stream the same for Loki. */
export function identityOf({ atNs, line, metadata }: PushedEntry): string {
  const pairs = [...metadata].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return JSON.stringify([String(atNs), line, pairs])
}

/** Bytes of the stream in the message to the ingester: tags and lengths, times, lines, metadata, a hash. */
export function grpcBytes({ text, entries }: CheckedStream): number {
  const framed = (bytes: number): number => 1 + varintBytes(bytes) + bytes
  const ofEntry = ({ atNs, lineBytes, metadata }: PushedEntry): number => {
    const nanos = Number(atNs % 1_000_000_000n)
    const timestamp =
      1 + varintBytes(Number(atNs / 1_000_000_000n)) + (nanos === 0 ? 0 : 1 + varintBytes(nanos))
    const pairs = metadata.map(([name, value]) =>
      framed(framed(Buffer.byteLength(name)) + framed(Buffer.byteLength(value))),
    )
    return framed(timestamp) + framed(lineBytes) + pairs.reduce((sum, bytes) => sum + bytes, 0)
  }
  const hashBytes = 10
  const body = entries.reduce((sum, entry) => sum + framed(ofEntry(entry)), framed(Buffer.byteLength(text)))
  return framed(body + hashBytes)
}

function varintBytes(value: number): number {
  return Math.max(1, Math.ceil((Math.floor(Math.log2(Math.max(1, value))) + 1) / 7))
}
