// A shipper with a scripted sink and small workers: each holds a number of bytes and sends them as the real
// one does.

import { onTestFinished } from 'vitest'
import type { Lookup, PushResult } from '../../src/core/sink.ts'
import { Shipper, type ShipperEvent, type ShipperOptions } from '../../src/shipper/shipper.ts'
import { maxChunkBytes } from '../../src/spool/types.ts'
import type { Seat } from '../../src/worker/seat.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { ScriptedSink } from '../support/scripted-sink.ts'

export function shipperBench(options: Partial<ShipperOptions> = {}) {
  const clock = new FakeClock()
  const sink = new ScriptedSink(clock)
  const events: ShipperEvent[] = []
  const shipper = new Shipper({
    sink,
    clock,
    random: () => 0,
    emit: (event) => events.push(event),
    ...options,
  })
  onTestFinished(() => shipper.stop())
  const worker = (name: string, bytes = 0) => new TestWorker(shipper, name, bytes)
  const sent = () => sink.pushes.map(({ stream }) => stream)
  /** When the pushes of a stream went, in ms. */
  const sentMs = (stream: string) =>
    sink.pushes.filter((push) => push.stream === stream).map(({ atMs }) => atMs)
  return { clock, sink, shipper, events, worker, sent, sentMs }
}

/** A worker of one stream, number 1, labelled with its name. It answers each grant at once. */
class TestWorker {
  readonly name: string
  readonly seat: Seat
  readonly answers: PushResult[] = []
  readonly lookups: Lookup[] = []
  readonly grantedSkewsMs: number[] = []
  /** Bytes in its spool. */
  bytes: number
  /** All that ever came into it. */
  appendedBytes = 0
  /** False: it lets grants lie, as a worker that is busy. */
  isAnswering = true
  /** Asks about what it holds, instead of pushing it. */
  isAsking = false
  /** Passes on a slot for so long, instead of pushing. */
  passMs: number | undefined
  /** Asked to wait after an answer. */
  settleMs = 0
  /** What comes within this time after an answer is to go together. */
  gatherMs = 0
  /** False: it does not deal with answers. */
  isSettling = true
  #pushedBytes = 0

  constructor(shipper: Shipper, name: string, bytes: number) {
    this.name = name
    this.bytes = bytes
    this.seat = shipper.join({
      grant: (_stream, skewMs) => this.#grant(skewMs),
      answer: (_stream, result) => this.#answer(result),
      told: (_stream, lookup) => this.#told(lookup),
    })
    if (bytes > 0) this.tell()
  }

  /** A run left so many more bytes. */
  add(bytes: number): void {
    this.bytes += bytes
    this.appendedBytes += bytes
    this.tell()
  }

  tell(): void {
    const { bytes, appendedBytes } = this
    const stream = { stream: 1, labels: this.name, bytes, appendedBytes, entries: 1, oldestNs: 1n }
    this.seat.backlog(this.bytes === 0 ? [] : [stream])
  }

  settle(): void {
    if (this.gatherMs > 0) this.seat.gather(1, this.gatherMs)
    this.tell()
    this.seat.settled(1, this.settleMs)
  }

  #grant(skewMs: number): void {
    this.grantedSkewsMs.push(skewMs)
    if (!this.isAnswering) return
    if (this.passMs !== undefined) this.seat.pass(1, this.passMs)
    else if (this.isAsking) this.ask()
    else this.push()
  }

  ask(): void {
    this.seat.ask({ stream: 1, labels: this.name, entries: new Uint8Array(1), count: 1 })
  }

  push(): void {
    this.#pushedBytes = Math.min(this.bytes, maxChunkBytes)
    const entries = new Uint8Array(this.#pushedBytes)
    this.seat.push({ stream: 1, labels: this.name, entries, count: 1, firstChunk: 1, lastChunk: 1 })
  }

  /** It knows what it wanted to. */
  #told(lookup: Lookup): void {
    this.lookups.push(lookup)
    this.isAsking = false
    this.settle()
  }

  #answer(result: PushResult): void {
    this.answers.push(result)
    if (result.outcome.kind === 'delivered') this.bytes -= this.#pushedBytes
    if (this.isSettling) this.settle()
  }
}
