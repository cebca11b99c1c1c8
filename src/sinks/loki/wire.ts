// The bits of protobuf that Loki's push messages need: varints, and a reader of length-delimited fields. Used
// by the codec in every worker thread, so it imports nothing but Node and core.

import { ReportedError } from '../../core/errors.ts'

/** Bytes that `value` takes as a varint; it is below 2^53. */
export function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1
  return bytes
}

/** Writes a varint and returns the offset behind it. */
export function putVarint(value: number, out: Uint8Array, offset: number): number {
  let rest = value
  let at = offset
  // Above 32 bits the shift would wrap: only the seconds of a time beyond 2106 come here.
  for (; rest > 0xffffffff; rest = Math.floor(rest / 0x80)) out[at++] = (rest % 0x80) | 0x80
  for (; rest >= 0x80; rest >>>= 7) out[at++] = (rest & 0x7f) | 0x80
  out[at++] = rest
  return at
}

/** A cursor over encoded bytes; `end` bounds what may be read. */
export class WireReader {
  readonly bytes: Uint8Array
  readonly end: number
  offset: number

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes
    this.offset = offset
    this.end = end
  }

  get isAtEnd(): boolean {
    return this.offset >= this.end
  }

  /** Bytes that are left. */
  get length(): number {
    return this.end - this.offset
  }

  varint(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 53; scale *= 0x80) {
      const byte = this.offset < this.end ? this.bytes[this.offset++] : undefined
      if (byte === undefined) throw this.damaged()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    throw this.damaged()
  }

  /** The body of the length-delimited field that starts here; its tag must be `tag`. */
  field(tag: number): WireReader {
    if (this.varint() !== tag) throw this.damaged()
    const length = this.varint()
    const start = this.offset
    if (start + length > this.end) throw this.damaged()
    this.offset = start + length
    return new WireReader(this.bytes, start, start + length)
  }

  text(): string {
    return Buffer.from(
      this.bytes.buffer,
      this.bytes.byteOffset + this.offset,
      this.end - this.offset,
    ).toString('utf8')
  }

  private damaged(): ReportedError {
    return new ReportedError({
      code: 'spool_damaged',
      message: `An encoded entry is damaged at byte ${this.offset} of ${this.bytes.length}.`,
      hint: 'The spool file was changed or cut by something else than rowtail.',
    })
  }
}
