// Whether the entries of a chunk are what was written: SQLite tells a broken page by its structure only, and
// most bits of a spool are rows. Called by spool.ts and salvage.ts.

import { checksumOf } from '../core/checksum.ts'

export type StoredBody = {
  readonly body: Uint8Array
  readonly bytes: number
  /** Null in chunks of an older rowtail. */
  readonly checksum: number | null
}

export function isWhole({ body, bytes, checksum }: StoredBody): boolean {
  return body.byteLength === bytes && (checksum === null || checksum === checksumOf(body))
}

/** The entries of all chunks, one after another; undefined where they are not `sizeBytes` whole ones. */
export function joined(chunks: Iterable<StoredBody>, sizeBytes: number): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(sizeBytes)
  let offset = 0
  for (const chunk of chunks) {
    if (!isWhole(chunk) || offset + chunk.bytes > sizeBytes) return undefined
    bytes.set(chunk.body, offset)
    offset += chunk.bytes
  }
  return offset === sizeBytes ? bytes : undefined
}
