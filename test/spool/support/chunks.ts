// Short forms of what goes into a spool, for tests and for the processes that they start.

import type { Chunk, RunCommit, SpoolBounds, StreamId } from '../../../src/spool/types.ts'

export const mebibyte = 1024 * 1024

export const roomyBounds: SpoolBounds = { maxBytes: 256 * mebibyte, maxDeadLetterBytes: 32 * mebibyte }

/** One entry of `text` at `atNs`. */
export function chunkOf(stream: StreamId, text: string, atNs = 1n): Chunk {
  return { stream, body: Buffer.from(text), entries: 1, firstNs: atNs, lastNs: atNs }
}

export function chunkOfSize(stream: StreamId, sizeBytes: number, atNs = 1n): Chunk {
  return { stream, body: new Uint8Array(sizeBytes).fill(120), entries: 1, firstNs: atNs, lastNs: atNs }
}

export function commitOf(chunks: readonly Chunk[], lastRunMs = 1): RunCommit {
  return { chunks, last: new Map(chunks.map(({ stream, lastNs }) => [stream, lastNs])), lastRunMs }
}
