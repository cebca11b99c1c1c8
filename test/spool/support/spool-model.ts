// What a spool must do, written as plain arrays: no file, no transactions, no counters. The property test
// does the same to both and compares.

import { maxChunkBytes, maxRangeSpanNs } from '../../../src/spool/types.ts'
import type { Chunk, Dropped, SpoolBounds, StreamId, StreamKind } from '../../../src/spool/types.ts'

type ModelChunk = Chunk & { isStaged: boolean; isHeld: boolean }

export class SpoolModel {
  readonly #bounds: SpoolBounds
  readonly #kinds = new Map<StreamId, StreamKind>()
  #chunks: ModelChunk[] = []
  #deadLetterBytes: number[] = []
  readonly lastNs = new Map<StreamId, bigint>()
  readonly dropped = { entries: 0, bytes: 0 }

  constructor(bounds: SpoolBounds) {
    this.#bounds = bounds
  }

  addStream(stream: StreamId, kind: StreamKind): void {
    this.#kinds.set(stream, kind)
    this.lastNs.set(stream, 0n)
  }

  stage(chunk: Chunk): void {
    this.#chunks.push({ ...chunk, isStaged: true, isHeld: false })
  }

  discardStaged(): void {
    this.#chunks = this.#chunks.filter(({ isStaged }) => !isStaged)
  }

  commit(chunks: readonly Chunk[]): Dropped[] {
    for (const chunk of chunks) {
      this.stage(chunk)
      this.lastNs.set(chunk.stream, chunk.lastNs)
    }
    for (const chunk of this.#chunks) chunk.isStaged = false
    return this.evict(this.bytes() - this.#bounds.maxBytes, 'spool_full')
  }

  evict(bytes: number, reason: Dropped['reason']): Dropped[] {
    const dropped = { entries: 0, bytes: 0 }
    for (const kind of ['rows', 'runs'] as const) {
      const free = this.#chunks.filter((chunk) => !chunk.isStaged && !chunk.isHeld)
      for (const chunk of free.filter(({ stream }) => this.#kinds.get(stream) === kind)) {
        if (dropped.bytes >= bytes) break
        this.#chunks = this.#chunks.filter((other) => other !== chunk)
        dropped.entries += chunk.entries
        dropped.bytes += chunk.body.byteLength
      }
    }
    this.dropped.entries += dropped.entries
    this.dropped.bytes += dropped.bytes
    return dropped.entries === 0 ? [] : [{ ...dropped, reason }]
  }

  /** Holds the chunks of the next range. */
  take(stream: StreamId, notAfterNs: bigint): readonly Chunk[] {
    const range: ModelChunk[] = []
    for (const chunk of this.#chunks.filter((other) => other.stream === stream)) {
      if (chunk.isStaged && range.length === 0) continue
      if (chunk.isStaged || chunk.lastNs > notAfterNs || !fits(range, chunk)) break
      range.push(chunk)
    }
    for (const chunk of range) chunk.isHeld = true
    return range
  }

  release(): void {
    for (const chunk of this.#chunks) chunk.isHeld = false
  }

  /** Ends the delivery of everything that is held. */
  settle(deadBytes: readonly number[], restamped: readonly Chunk[]): number {
    this.#chunks = this.#chunks.filter(({ isHeld }) => !isHeld)
    for (const chunk of restamped) {
      this.#chunks.push({ ...chunk, isStaged: false, isHeld: false })
      if (chunk.lastNs > (this.lastNs.get(chunk.stream) ?? 0n)) this.lastNs.set(chunk.stream, chunk.lastNs)
    }
    this.#deadLetterBytes.push(...deadBytes)
    let dropped = 0
    while (sum(this.#deadLetterBytes) > this.#bounds.maxDeadLetterBytes) {
      this.#deadLetterBytes.shift()
      dropped += 1
    }
    return dropped
  }

  backlogs() {
    return [...this.#kinds.keys()].flatMap((stream) => {
      const chunks = this.#chunks.filter((chunk) => chunk.stream === stream && !chunk.isStaged)
      const [head] = chunks
      if (head === undefined) return []
      const bytes = sum(chunks.map(({ body }) => body.byteLength))
      return [{ stream, bytes, entries: sum(chunks.map(({ entries }) => entries)), oldestNs: head.firstNs }]
    })
  }

  bytes(): number {
    return sum(this.backlogs().map(({ bytes }) => bytes))
  }

  deadLetters(): number {
    return this.#deadLetterBytes.length
  }
}

function fits(range: readonly Chunk[], next: Chunk): boolean {
  const first = range.at(0)
  const last = range.at(-1)
  if (first === undefined || last === undefined) return true
  const bytes = sum(range.map(({ body }) => body.byteLength)) + next.body.byteLength
  return (
    bytes <= maxChunkBytes && next.lastNs - first.firstNs <= maxRangeSpanNs && next.firstNs >= last.lastNs
  )
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
