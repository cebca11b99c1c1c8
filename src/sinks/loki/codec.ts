// Freezes rows into the bytes that Loki will be sent: each entry is a framed field 2 of logproto's Stream, so
// the entries of chunks concatenate into a push body undecoded. Runs in every worker thread and for every
// row: it imports nothing but Node and core, and allocates nothing for an entry beside the caller's buffer
// and one small bigint.
//
//   Stream { labels = 1; entries = 2 }
//   Entry { timestamp = 1 { seconds = 1; nanos = 2 }; line = 2; metadata = 3 { name = 1; value = 2 } }

import type { EncodedEntry, EntryCodec, EntryEncoder, Metadata } from '../../core/sink.ts'
import { putVarint, varintBytes, WireReader } from './wire.ts'

const tag = { entry: 0x12, timestamp: 0x0a, seconds: 0x08, nanos: 0x10, line: 0x12, metadata: 0x1a } as const
const pairTag = { name: 0x0a, value: 0x12 } as const

const nsPerSecond = 1_000_000_000n
/** Tag, length and two tagged varints: a timestamp's most bytes. */
const maxTimestampBytes = 2 + 2 * 6
/** Tag and length of the entry and of its line. */
const maxFrameBytes = 2 * 6

/** Loki's push format; times are from 1970 on. */
export const lokiCodec: EntryCodec = { encoderOf, streamOf, entriesOf, restamp, withoutMetadata, decode }

function encoderOf(metadata: Metadata): EntryEncoder {
  const encoded = encodeMetadata(metadata)
  const second = { startNs: 0n, seconds: 0 }

  return {
    // oxlint-disable-next-line max-params -- the contract: an object for each entry would be an allocation
    encode(atNs, line, out, offset) {
      let nanos = Number(atNs - second.startNs)
      // Rows of a run are nanoseconds apart: dividing a bigint for each would cost more than all the rest.
      if (nanos < 0 || nanos >= 1e9) {
        second.seconds = Number(atNs / nsPerSecond)
        second.startNs = BigInt(second.seconds) * nsPerSecond
        nanos = Number(atNs - second.startNs)
      }
      return putEntry({ seconds: second.seconds, nanos, line, metadata: encoded }, out, offset)
    },
    maxEncodedBytes(lineBytes) {
      return maxFrameBytes + maxTimestampBytes + lineBytes + encoded.length
    },
  }
}

/** `{a="b", c="d"}`: names sorted, values quoted as LogQL reads them, empty values left out as Loki does. */
function streamOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels)
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${quote(value)}`)
  return `{${pairs.join(', ')}}`
}

function entriesOf(body: Uint8Array): EncodedEntry[] {
  const entries: EncodedEntry[] = []
  const reader = new WireReader(body)
  while (!reader.isAtEnd) {
    const start = reader.offset
    const atNs = readTime(reader.field(tag.entry).field(tag.timestamp))
    entries.push({ atNs, start, end: reader.offset })
  }
  return entries
}

function restamp(entry: Uint8Array, atNs: bigint, extra: Metadata): Uint8Array {
  const { line, metadata } = splitEntry(entry)
  return encoded(atNs, line, [...metadata, ...extra])
}

function withoutMetadata(entry: Uint8Array): Uint8Array {
  const { atNs, line } = splitEntry(entry)
  return encoded(atNs, line, [])
}

function encoded(atNs: bigint, line: Uint8Array, metadata: Metadata): Uint8Array {
  const encoder = encoderOf(metadata)
  const out = new Uint8Array(encoder.maxEncodedBytes(line.length))
  return out.slice(0, encoder.encode(atNs, line, out, 0))
}

function decode(entry: Uint8Array): { atNs: bigint; line: string; metadata: Metadata } {
  const { atNs, line, metadata } = splitEntry(entry)
  return { atNs, line: new WireReader(line).text(), metadata }
}

function splitEntry(entry: Uint8Array): { atNs: bigint; line: Uint8Array; metadata: Metadata } {
  const fields = new WireReader(entry).field(tag.entry)
  const atNs = readTime(fields.field(tag.timestamp))
  const line = fields.field(tag.line)
  const metadata: [string, string][] = []
  while (!fields.isAtEnd) {
    const pair = fields.field(tag.metadata)
    metadata.push([pair.field(pairTag.name).text(), pair.field(pairTag.value).text()])
  }
  return { atNs, line: entry.subarray(line.offset, line.end), metadata }
}

function readTime(timestamp: WireReader): bigint {
  timestamp.varint() // the tag of the seconds, which the encoder always writes
  const seconds = timestamp.varint()
  timestamp.varint()
  return BigInt(seconds) * nsPerSecond + BigInt(timestamp.varint())
}

/**
 * Lines and metadata: what Loki's rate limit counts. Frames and times, which it does not, are a fifth of
 * short rows.
 */
export function countedBytesOf(entries: Uint8Array): number {
  try {
    return countIn(new WireReader(entries))
  } catch {
    return entries.length // damaged: no more than that, and Loki's to refuse
  }
}

function countIn(entries: WireReader): number {
  let bytes = 0
  while (!entries.isAtEnd) {
    const fields = entries.field(tag.entry)
    fields.field(tag.timestamp)
    bytes += fields.field(tag.line).length
    while (!fields.isAtEnd) {
      const pair = fields.field(tag.metadata)
      bytes += pair.field(pairTag.name).length + pair.field(pairTag.value).length
    }
  }
  return bytes
}

type Parts = {
  readonly seconds: number
  readonly nanos: number
  readonly line: Uint8Array
  readonly metadata: Uint8Array
}

function putEntry(parts: Parts, out: Uint8Array, offset: number): number {
  const { line, metadata } = parts
  const timestampBytes = 2 + varintBytes(parts.seconds) + varintBytes(parts.nanos)
  const entryBytes = 2 + timestampBytes + 1 + varintBytes(line.length) + line.length + metadata.length

  let at = putVarint(entryBytes, out, putVarint(tag.entry, out, offset))
  at = putVarint(timestampBytes, out, putVarint(tag.timestamp, out, at))
  at = putVarint(parts.seconds, out, putVarint(tag.seconds, out, at))
  at = putVarint(parts.nanos, out, putVarint(tag.nanos, out, at))
  at = putVarint(line.length, out, putVarint(tag.line, out, at))
  out.set(line, at)
  out.set(metadata, at + line.length)
  return at + line.length + metadata.length
}

/** Lone surrogates become U+FFFD here, as Buffer writes them: Loki refuses a whole request for one. */
function encodeMetadata(metadata: Metadata): Uint8Array {
  return Buffer.concat(
    metadata.map(([name, value]) =>
      framed(tag.metadata, Buffer.concat([framed(pairTag.name, name), framed(pairTag.value, value)])),
    ),
  )
}

function framed(fieldTag: number, content: string | Uint8Array): Uint8Array {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const header = new Uint8Array(6)
  const headerEnd = putVarint(bytes.length, header, putVarint(fieldTag, header, 0))
  return Buffer.concat([header.subarray(0, headerEnd), bytes])
}

/** A string as Go's strconv.Unquote reads it back; other text than controls stays as it is. */
function quote(value: string): string {
  // oxlint-disable-next-line no-control-regex -- controls are what is escaped
  const escaped = value.toWellFormed().replace(/["\\\u0000-\u001f\u007f]/g, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`
    if (character === '\n') return '\\n'
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `"${escaped}"`
}
