// Reads a snappy block of logproto.PushRequest, with the strictness and the words of Loki's generated
// decoder: an unknown field is skipped, a known one of the wrong type or a cut message refuses the request.

import { uncompressSync } from 'snappy'
import type { Label, PushedEntry, PushedStream } from './push-request.ts'
import { Rejection } from './rejection.ts'

type Field = { readonly number: number; readonly value: number | Buffer }

export function decodeProtobuf(block: Buffer): PushedStream[] {
  return messagesOf(uncompressed(block), 1).map(decodeStream)
}

/** The entries of a spool's chunk: a Stream without its labels. */
export function decodeEntries(stream: Uint8Array): PushedEntry[] {
  return messagesOf(Buffer.from(stream), 2).map(decodeEntry)
}

function uncompressed(block: Buffer): Buffer {
  try {
    const content = uncompressSync(block)
    return Buffer.isBuffer(content) ? content : Buffer.from(content)
  } catch {
    throw new Rejection(400, 'snappy: corrupt input')
  }
}

function decodeStream(message: Buffer): PushedStream {
  return { labels: textOf(message, 1), entries: messagesOf(message, 2).map(decodeEntry) }
}

function decodeEntry(message: Buffer): PushedEntry {
  const timestamp = messagesOf(message, 1).at(-1) ?? Buffer.alloc(0)
  const line = messagesOf(message, 2).at(-1) ?? Buffer.alloc(0)
  return {
    atNs: numberOf(timestamp, 1) * 1_000_000_000n + nanosOf(timestamp),
    line: line.toString('utf8'),
    lineBytes: line.length,
    metadata: messagesOf(message, 3).map((pair): Label => [textOf(pair, 1), textOf(pair, 2)]),
  }
}

function nanosOf(timestamp: Buffer): bigint {
  const nanos = numberOf(timestamp, 2)
  if (nanos > 999_999_999n) throw new Rejection(400, 'timestamp: nanos not in range [0, 1e9)')
  return nanos
}

function messagesOf(message: Buffer, number: number): Buffer[] {
  return fieldsOf(message).flatMap((field) => {
    if (field.number !== number) return []
    if (typeof field.value === 'number')
      throw new Rejection(400, `proto: wrong wireType = 0 for field ${number}`)
    return [field.value]
  })
}

function textOf(message: Buffer, number: number): string {
  return messagesOf(message, number).at(-1)?.toString('utf8') ?? ''
}

function numberOf(message: Buffer, number: number): bigint {
  const field = fieldsOf(message).findLast((one) => one.number === number)
  if (field === undefined) return 0n
  if (typeof field.value !== 'number')
    throw new Rejection(400, `proto: wrong wireType = 2 for field ${number}`)
  return BigInt(field.value)
}

function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = []
  let offset = 0
  const cut = (): Rejection => new Rejection(400, 'unexpected EOF')

  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = message[offset++]
      if (byte === undefined) throw cut()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      if (scale > 2 ** 56) throw new Rejection(400, 'proto: integer overflow')
    }
  }
  const bytes = (length: number): Buffer => {
    if (offset + length > message.length) throw cut()
    offset += length
    return message.subarray(offset - length, offset)
  }
  while (offset < message.length) {
    const tag = varint()
    const [number, wireType] = [Math.floor(tag / 8), tag % 8]
    if (wireType === 0) fields.push({ number, value: varint() })
    else if (wireType === 2) fields.push({ number, value: bytes(varint()) })
    else if (wireType === 1 || wireType === 5) bytes(wireType === 1 ? 8 : 4)
    else throw new Rejection(400, `proto: illegal wireType ${wireType}`)
  }
  return fields
}
