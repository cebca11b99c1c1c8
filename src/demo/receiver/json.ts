// Reads a push written as JSON, as strictly as Loki: times are strings of whole nanoseconds, metadata values
// are strings, no text holds half a surrogate pair. Loki's words quote the input at length; the receiver only
// says where.

import { goLabels } from './go-text.ts'
import type { Label, PushedEntry, PushedStream } from './push-request.ts'
import { Rejection } from './rejection.ts'

const maxInt64 = 2n ** 63n - 1n

export function decodeJson(body: Buffer): PushedStream[] {
  const streams = objectOf(parse(body.toString('utf8')), 'request')['streams'] ?? []
  return arrayOf(streams, 'streams').map(decodeStream)
}

function decodeStream(value: unknown): PushedStream {
  const { stream, values } = objectOf(value, 'stream')
  const labels = Object.entries(objectOf(stream ?? {}, 'labels'))
    .map(([name, text]): Label => [name, labelValue(text)])
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return { labels: goLabels(labels), entries: arrayOf(values ?? [], 'values').map(decodeEntry) }
}

function decodeEntry(value: unknown): PushedEntry {
  const [time, line = '', metadata = {}] = arrayOf(value, 'entry')
  const text = textOf(line, 'line')
  return {
    atNs: timeOf(time),
    line: text,
    lineBytes: Buffer.byteLength(text),
    metadata: Object.entries(objectOf(metadata, 'metadata')).map(
      ([name, one]): Label => [name, textOf(one, 'metadata value')],
    ),
  }
}

function timeOf(value: unknown): bigint {
  if (typeof value !== 'string' || !/^-?\d+$/.test(value)) throw fault('time', 'is no string of nanoseconds')
  const atNs = BigInt(value)
  if (atNs > maxInt64) throw fault('time', 'is out of range')
  return atNs
}

/** Numbers and null are written out, as Loki does for labels alone. */
function labelValue(value: unknown): string {
  if (typeof value === 'number' || value === null) return String(value)
  return textOf(value, 'label value')
}

function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string') throw fault(what, 'is no string')
  if (!value.isWellFormed()) throw fault(what, 'holds half a surrogate pair')
  return value
}

function arrayOf(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw fault(what, 'is no array')
  return value
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fault(what, 'is no object')
  return { ...value }
}

function parse(text: string): unknown {
  if (text === '') throw new Rejection(400, 'EOF')
  try {
    return JSON.parse(text)
  } catch {
    throw new Rejection(400, 'readObjectStart: expect { or n, but found something else')
  }
}

function fault(what: string, why: string): Rejection {
  return new Rejection(400, `loghttp.PushRequest.Streams: []loghttp.LogProtoStream: ${what} ${why}`)
}
