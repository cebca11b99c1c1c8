// All streams that any worker has announced, by label text. A stream outlives its workers: what it sent and
// why it waits stays so when one dies, and what an earlier rowtail sent is remembered. The shipper's own.

import type { Clock } from '../core/clock.ts'
import type { StreamId } from '../spool/types.ts'
import { defaultStreamRate } from './pace.ts'
import type { SentMemory } from './sent-memory.ts'
import { StreamQueue } from './stream-queue.ts'

export type StreamBookOptions = {
  readonly clock: Clock
  /** What streams sent before this start. */
  readonly sentMemory?: SentMemory
  /** Bytes a second of one stream; undefined: not paced. */
  readonly streamRate?: number | undefined
}

export class StreamBook {
  readonly #options: StreamBookOptions
  readonly #streams = new Map<string, StreamQueue>()
  #lostAnswerMs: number | undefined

  constructor(options: StreamBookOptions) {
    this.#options = options
  }

  get all(): StreamQueue[] {
    return [...this.#streams.values()]
  }

  has(labels: string): boolean {
    return this.#streams.has(labels)
  }

  /** The stream's one queue, now served by another worker, under the number that it has there. */
  serve(stream: StreamId, labels: string): StreamQueue {
    const queue = this.#streams.get(labels) ?? this.#begin(labels)
    queue.serve(stream)
    return queue
  }

  /** An answer was lost, of any stream: those that begin later know of it too. */
  lostAnswer(atMs: number): void {
    this.#lostAnswerMs = atMs
    for (const queue of this.all) queue.lostAnswer(atMs)
  }

  hasHeavy(nowMs: number): boolean {
    return this.all.some((queue) => queue.isHeavy(nowMs))
  }

  holdHeavy(nowMs: number): void {
    for (const queue of this.all) if (queue.isHeavy(nowMs)) queue.isHeld = true
  }

  endHolds(): void {
    for (const queue of this.all) queue.isHeld = false
  }

  #begin(labels: string): StreamQueue {
    const { clock, sentMemory } = this.#options
    const rate = 'streamRate' in this.#options ? this.#options.streamRate : defaultStreamRate
    const queue = new StreamQueue(labels, rate)
    const sent = sentMemory?.recall(labels)
    if (sent !== undefined) queue.sentBefore(clock.monotonicMs() - sent.ageMs, sent.bytes)
    if (this.#lostAnswerMs !== undefined) queue.lostAnswer(this.#lostAnswerMs)
    this.#streams.set(labels, queue)
    return queue
  }
}
