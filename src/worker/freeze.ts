// Freezing: the lines of a run become entries, with a time and metadata that never change again, and entries
// become chunks. Full chunks go to the spool while the run lasts, so nothing of a run's size is ever held in
// memory.

import type { EntryCodec, EntryEncoder, Metadata } from '../core/sink.ts'
import { type Chunk, maxChunkBytes, type StreamId } from '../spool/types.ts'

export type FreezerOptions = {
  readonly codec: EntryCodec
  readonly stream: StreamId
  /** Called with each full chunk; its body is valid during the call. */
  readonly onChunk: (chunk: Chunk) => void
  /** Called at the first line: the time of the run's first row, and what all of its entries carry. */
  readonly begin: () => { readonly atNs: bigint; readonly metadata: Metadata }
}

const newline = 10

/** Buffers are kept between runs: a worker's only large allocation. */
export class Freezer {
  readonly #options: FreezerOptions
  #buffer = new Uint8Array(16 * 1024)
  #size = 0
  #entries = 0
  #encoder: EntryEncoder | undefined
  #nextNs = 0n
  #firstNs = 0n
  #rows = 0

  constructor(options: FreezerOptions) {
    this.#options = options
  }

  /** Rows frozen in this run. */
  get rows(): number {
    return this.#rows
  }

  /** Time of the last frozen entry; 0 before the first. */
  get lastNs(): bigint {
    return this.#rows === 0 ? 0n : this.#nextNs - 1n
  }

  /** Forgets the run before: its chunks were committed or discarded. */
  reset(): void {
    this.#size = 0
    this.#entries = 0
    this.#rows = 0
    this.#encoder = undefined
  }

  /** Whole lines, each ended by a newline. */
  add(lines: Uint8Array): void {
    for (let start = 0; start < lines.length; ) {
      const end = lines.indexOf(newline, start)
      if (end === -1) throw new Error('a line without its end came from the source')
      this.#addLine(lines.subarray(start, end))
      start = end + 1
    }
  }

  /** The last, partly filled chunk of the run; undefined where nothing is left. */
  finish(): Chunk | undefined {
    return this.#entries === 0 ? undefined : this.#takeChunk()
  }

  #addLine(line: Uint8Array): void {
    const encoder = (this.#encoder ??= this.#beginRun())
    const neededBytes = encoder.maxEncodedBytes(line.length)
    if (this.#entries > 0 && this.#size + neededBytes > maxChunkBytes)
      this.#options.onChunk(this.#takeChunk())
    this.#makeRoom(neededBytes)
    if (this.#entries === 0) this.#firstNs = this.#nextNs
    this.#size = encoder.encode(this.#nextNs, line, this.#buffer, this.#size)
    this.#nextNs += 1n
    this.#entries += 1
    this.#rows += 1
  }

  #beginRun(): EntryEncoder {
    const { atNs, metadata } = this.#options.begin()
    this.#nextNs = atNs
    return this.#options.codec.encoderOf(metadata)
  }

  #takeChunk(): Chunk {
    const chunk: Chunk = {
      stream: this.#options.stream,
      body: this.#buffer.subarray(0, this.#size),
      entries: this.#entries,
      firstNs: this.#firstNs,
      lastNs: this.#nextNs - 1n,
    }
    this.#size = 0
    this.#entries = 0
    return chunk
  }

  #makeRoom(bytes: number): void {
    const needed = this.#size + bytes
    if (needed <= this.#buffer.length) return
    const grown = new Uint8Array(Math.max(needed, Math.min(this.#buffer.length * 4, maxChunkBytes)))
    grown.set(this.#buffer.subarray(0, this.#size))
    this.#buffer = grown
  }
}

/** A chunk of one entry, for what does not come as a run's rows. */
export function singleEntryChunk(
  codec: EntryCodec,
  stream: StreamId,
  entry: { readonly atNs: bigint; readonly metadata: Metadata; readonly line: Uint8Array },
): Chunk {
  const encoder = codec.encoderOf(entry.metadata)
  const room = new Uint8Array(encoder.maxEncodedBytes(entry.line.length))
  const size = encoder.encode(entry.atNs, entry.line, room, 0)
  return { stream, body: room.subarray(0, size), entries: 1, firstNs: entry.atNs, lastNs: entry.atNs }
}
