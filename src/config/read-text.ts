// Reads a small file that a person wrote: the metrics file, a query file, a secret. Never more than its bound
// is read, a FIFO or device never blocks, and every way to fail has its own words.

import { isUtf8 } from 'node:buffer'
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { formatSize } from '../core/size.ts'
import { placeAt, type Place } from './place.ts'

export type ReadText =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'unreadable'
      readonly reason: 'missing' | 'forbidden' | 'no_file' | 'too_large' | 'failed'
      /** Completes a sentence that begins with the path: `does not exist`. */
      readonly problem: string
      readonly hint?: string
    }
  | {
      readonly kind: 'not_utf8'
      readonly problem: string
      readonly place: Place
      readonly hint: string
    }

/** The file's text, without a byte order mark. Reads at most `maxBytes` + 1 bytes. */
export function readText(path: string, maxBytes: number): ReadText {
  const read = readBytes(path, maxBytes)
  if (read.kind !== 'bytes') return read
  return decode(read.bytes)
}

type Unreadable = Extract<ReadText, { kind: 'unreadable' }>
type ReadBytes = { readonly kind: 'bytes'; readonly bytes: Buffer } | Unreadable

function readBytes(path: string, maxBytes: number): ReadBytes {
  let file: number | undefined
  try {
    // Without O_NONBLOCK, opening a FIFO waits for its writer, for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = fstatSync(file)
    if (!stats.isFile()) return noFile(stats)
    return readBounded(file, maxBytes)
  } catch (error) {
    return failureOf(error)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** Goes by what is read, not by the size that the file system tells: in /proc that is 0. */
function readBounded(file: number, maxBytes: number): ReadBytes {
  const buffer = Buffer.alloc(maxBytes + 1)
  let filled = 0
  while (filled < buffer.length) {
    const count = readSync(file, buffer, filled, buffer.length - filled, null)
    if (count === 0) return { kind: 'bytes', bytes: buffer.subarray(0, filled) }
    filled += count
  }
  return { kind: 'unreadable', reason: 'too_large', problem: `is larger than ${formatSize(maxBytes)}` }
}

function noFile(stats: Stats): Unreadable {
  const what = stats.isDirectory() ? 'a directory' : stats.isFIFO() ? 'a pipe' : 'a device'
  return { kind: 'unreadable', reason: 'no_file', problem: `is ${what}, not a file` }
}

function failureOf(error: unknown): Unreadable {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { kind: 'unreadable', reason: 'missing', problem: 'does not exist' }
    case 'EACCES':
    case 'EPERM':
      return {
        kind: 'unreadable',
        reason: 'forbidden',
        problem: 'may not be read by this user',
        hint: `Give it the right: rowtail runs as user id ${process.geteuid?.() ?? 'unknown'}.`,
      }
    case 'ENXIO':
      return { kind: 'unreadable', reason: 'no_file', problem: 'is a socket, not a file' }
    default: {
      const said = error instanceof Error ? error.message : String(error)
      return { kind: 'unreadable', reason: 'failed', problem: `cannot be read: ${said}` }
    }
  }
}

function decode(bytes: Buffer): ReadText {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return {
      kind: 'not_utf8',
      problem: 'is UTF-16 text, as its first two bytes say; expected UTF-8',
      place: { line: 1, column: 1 },
      hint: 'Save it as UTF-8 in your editor.',
    }
  }
  // A UTF-8 mark changes no meaning and some editors always write it, so it is taken off without a word.
  if (isUtf8(bytes)) return { kind: 'text', text: new TextDecoder('utf-8').decode(bytes) }
  const bad = firstBadByte(bytes)
  return {
    kind: 'not_utf8',
    problem: `holds the byte 0x${bad.byte.toString(16).padStart(2, '0')}, which is no UTF-8`,
    place: bad.place,
    hint: `In Latin-1 that is "${String.fromCodePoint(bad.byte)}". Save the file as UTF-8 in your editor.`,
  }
}

function firstBadByte(bytes: Buffer): { byte: number; place: Place } {
  const text = new TextDecoder('utf-8').decode(bytes)
  const markBytes = bytes.subarray(0, 3).equals(Buffer.from('\ufeff')) ? 3 : 0
  for (let index = text.indexOf('\ufffd'); index !== -1; index = text.indexOf('\ufffd', index + 1)) {
    const offset = markBytes + Buffer.byteLength(text.slice(0, index))
    // The replacement character itself may stand in a file: then its three bytes are in order.
    const isGenuine = bytes.subarray(offset, offset + 3).equals(Buffer.from('\ufffd'))
    if (!isGenuine) return { byte: bytes[offset] ?? 0, place: placeAt(text, index) }
  }
  return { byte: 0, place: { line: 1, column: 1 } }
}
