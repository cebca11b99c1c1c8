// Delivery as the worker sees it: the shipper grants a slot, the worker hands over the oldest chunks of that
// stream, and what Loki answered decides what goes next. A range of chunks stays the same until it is
// settled, so that each retry sends the same entries, beginning with the same one.

import type { Clock } from '../core/clock.ts'
import { ReportedError } from '../core/errors.ts'
import type { MetricEvent } from '../core/events.ts'
import type { EntryCodec, Lookup, PushOutcome, PushResult } from '../core/sink.ts'
import type { Spool } from '../spool/spool.ts'
import { type ChunkRange, maxRangeSpanNs, type Settlement, type StreamId } from '../spool/types.ts'
import { type Sent, sentOf, sentWithout } from './delivered.ts'
import type { Delivery, Ending, InPieces, Timed } from './delivery.ts'
import { settledEvents } from './delivery-events.ts'
import { Gathering, runLinesGatherMs } from './gathering.ts'
import type { FromWorker } from './messages.ts'
import { maybeStoredOf, refusedAfter } from './maybe-stored.ts'
import { entriesOfPiece, settlementOf, type TakenApart, withoutMetadata } from './refused-entries.ts'
import { type Advice, beginSettling, type RefusedEntry } from './settling.ts'
import { SinkTime } from './sink-time.ts'
import type { StreamTimes } from './stream-times.ts'

export type DeliveryOptions = {
  readonly spool: Spool
  readonly codec: EntryCodec
  readonly clock: Clock
  readonly times: StreamTimes
  /** False: what Loki refuses for its metadata, spooled before that was switched off, goes without. */
  readonly isMetadataOn: boolean
  readonly emit: (event: MetricEvent) => void
  readonly post: (message: FromWorker, moved?: ArrayBuffer) => void
  /** The spool has the end of a delivery. */
  readonly onSettled: () => void
}

/** Entries further ahead of Loki's clock than this wait; Loki refuses them at 10 minutes. */
const maxAheadOfSinkMs = 5 * 60_000
/**
 * Entries further ahead than this wait no longer: a clock was wrong by hours, and so would be the wait. Loki
 * refuses them, and they get a new time.
 */
const maxWaitAheadMs = 15 * 60_000
/** How often a stream that only has entries of the future is looked at again. */
const futureCheckMs = 10_000
/** A blocked stream is probed once a minute. */
const blockedProbeMs = 60_000
/**
 * The end of a delivery that the spool could not take down, on a full disk for one, is tried again after
 * this.
 */
const spoolRetryMs = 10_000

/** A question that the sink does not answer now is asked so often, and so long after one another. */
const maxLookups = 20
const lookupRetryMs = 5_000

/** The latest time that the spool can hold. */
const endOfTimeNs = 2n ** 63n - 1n

export class DeliveryLoop {
  readonly #options: DeliveryOptions
  readonly #deliveries = new Map<StreamId, Delivery>()
  /** Up to which time entries may have been pushed before this start, whose answer nobody knows. */
  readonly #pushedBeforeNs: ReadonlyMap<StreamId, bigint>
  readonly #sinkTime: SinkTime
  readonly gathering: Gathering

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.gathering = new Gathering(options.clock)
    this.#sinkTime = new SinkTime(options.clock)
    this.#pushedBeforeNs = new Map(
      options.spool.backlogs().map(({ stream }) => [stream, this.#headEndNs(stream)]),
    )
  }

  /** Answers a slot with a push, or with a pass where nothing may go now. */
  grant(stream: StreamId, skewMs: number): void {
    const { spool, post } = this.#options
    this.#sinkTime.skewMs = skewMs
    const notAfterNs = this.#notAfterNs(stream)
    const delivery = this.#deliveries.get(stream) ?? this.#begin(spool.nextRange(stream, { notAfterNs }))
    if (delivery === undefined) {
      if (-skewMs > maxAheadOfSinkMs) this.#options.emit({ type: 'clock.ahead', aheadMs: -skewMs })
      post({ type: 'pass', stream, afterMs: futureCheckMs })
      return
    }
    if (delivery.ending !== undefined) {
      this.#store(delivery, delivery.ending)
      return
    }
    const { range } = delivery
    const part = this.#nextPart(delivery)
    const { labels, firstChunk, lastChunk } = range
    if (delivery.asking === undefined) {
      post({ type: 'push', push: { ...part, stream, labels, firstChunk, lastChunk } }, part.entries.buffer)
    } else {
      post({ type: 'ask', question: { ...part, stream, labels } }, part.entries.buffer)
    }
  }

  /** What Loki said of the push that the last grant of this stream led to. */
  answer(stream: StreamId, result: PushResult): void {
    const delivery = this.#deliveries.get(stream)
    if (delivery === undefined) throw new Error(`an answer for stream ${stream}, of which nothing was sent`)
    const { outcome } = result
    this.#sinkTime.answeredMs = result.sinkMs
    if (outcome.kind === 'delivered' && delivery.settling === undefined) {
      this.#settle(delivery, result, [])
      return
    }
    delivery.settling ??= this.#takeApart(delivery.range)
    if (this.#isToGoBare(outcome) && this.#sendBare(delivery, delivery.settling)) return
    const advice = delivery.settling.state.answer(outcome)
    if (outcome.kind !== 'delivered') this.#sayFailed(delivery, outcome, advice)
    switch (advice.kind) {
      case 'done':
        this.#end(delivery, result, advice.refused)
        break
      case 'blocked':
        this.#next(stream, blockedProbeMs)
        break
      case 'next':
      case 'again':
        this.#next(stream, 0)
        break
    }
  }

  /** What the sink said to the question that the last grant of this stream led to. */
  told(stream: StreamId, lookup: Lookup): void {
    const delivery = this.#deliveries.get(stream)
    if (delivery?.asking === undefined)
      throw new Error(`told of stream ${stream}, of which nothing was asked`)
    const { asking } = delivery
    asking.tries += 1
    if (lookup.kind === 'later' && asking.tries < maxLookups) {
      this.#next(stream, lookupRetryMs)
      return
    }
    delivery.asking = undefined
    this.#settle(delivery, asking, refusedAfter(lookup, asking.refused))
  }

  /** Where the longest push ends that an earlier worker may have begun: it began with the same entry. */
  #headEndNs(stream: StreamId): bigint {
    const { spool } = this.#options
    const range = spool.nextRange(stream, { notAfterNs: endOfTimeNs })
    if (range === undefined) return 0n
    spool.release(range)
    return range.lastNs
  }

  /** Up to which time entries may go now. */
  #notAfterNs(stream: StreamId): bigint {
    const { spool } = this.#options
    const head = spool.backlogs().find((backlog) => backlog.stream === stream)
    const isFarAhead = head !== undefined && head.oldestNs > this.#sinkTime.nowNs(maxWaitAheadMs)
    return isFarAhead ? head.oldestNs + maxRangeSpanNs : this.#sinkTime.nowNs(maxAheadOfSinkMs)
  }

  #begin(range: ChunkRange | undefined): Delivery | undefined {
    if (range === undefined) return undefined
    const delivery: Delivery = { range, failures: 0 }
    this.#deliveries.set(range.stream, delivery)
    return delivery
  }

  #nextPart(delivery: Delivery): { entries: Uint8Array<ArrayBuffer>; count: number } {
    const { range, settling, asking } = delivery
    if (settling === undefined) {
      const entries = this.#options.spool.read(range)
      delivery.sent ??= sentOf(range, entries, this.#options.codec)
      return { entries, count: range.entries }
    }
    const piece = asking === undefined ? settling.state.next() : maybeStoredOf(asking.refused)
    if (piece === undefined) throw new Error('a range that is settled was granted a slot')
    return { entries: entriesOfPiece(settling, piece), count: piece.length }
  }

  #takeApart(range: ChunkRange): InPieces {
    const body = this.#options.spool.read(range)
    return this.#beginSettling(range, body)
  }

  #beginSettling(range: ChunkRange, body: Uint8Array): InPieces {
    const entries = this.#options.codec.entriesOf(body)
    const state = beginSettling(entries, this.#pushedBeforeNs.get(range.stream))
    state.next() // the whole range is what was just answered
    return { body, entries, state }
  }

  #isToGoBare(outcome: PushOutcome): boolean {
    return !this.#options.isMetadataOn && outcome.kind === 'refused' && outcome.refusal.reason === 'metadata'
  }

  /** The whole range once more, without metadata; false where there is none. */
  #sendBare(delivery: Delivery, taken: TakenApart): boolean {
    const { codec } = this.#options
    const { range } = delivery
    const body = withoutMetadata(taken, codec)
    if (body === undefined) return false
    delivery.settling = this.#beginSettling(range, body)
    delivery.sent = sentOf({ ...range, bytes: body.length }, body, codec)
    this.#next(range.stream, 0)
    return true
  }

  /** Settles, or asks the sink first whether it has what it refused. */
  #end(delivery: Delivery, { durationMs }: Timed, refused: readonly RefusedEntry[]): void {
    if (maybeStoredOf(refused).length === 0) {
      this.#settle(delivery, { durationMs }, refused)
      return
    }
    delivery.asking = { refused, durationMs, tries: 0 }
    this.#next(delivery.range.stream, 0)
  }

  #settle(delivery: Delivery, { durationMs }: Timed, refused: readonly RefusedEntry[]): void {
    const settlement = this.#settlementOf(delivery, refused)
    delivery.ending = { settlement, refused, durationMs, hasFailed: false }
    this.#store(delivery, delivery.ending)
  }

  /**
   * Takes the end of a delivery down. Where the spool cannot, only that is tried again: nothing is sent
   * twice.
   */
  #store(delivery: Delivery, ending: Ending): void {
    const { spool, emit, onSettled } = this.#options
    const { range } = delivery
    try {
      const { droppedDeadLetters } = spool.settle(range, ending.settlement)
      this.#deliveries.delete(range.stream)
      if (ending.hasFailed) emit({ type: 'spool.recovered' })
      for (const event of settledEvents({ ...ending, range, droppedDeadLetters })) emit(event)
      this.#gatherRunLines(range)
      this.#next(range.stream, 0)
      onSettled()
    } catch (error) {
      // A damaged spool is set aside, and with it this worker's life; its successor begins a new one.
      if (!(error instanceof ReportedError) || error.report.code === 'spool_damaged') throw error
      ending.hasFailed = true
      emit({ type: 'spool.failed', error: error.report })
      this.#next(range.stream, spoolRetryMs)
    }
  }

  #gatherRunLines({ stream, kind }: ChunkRange): void {
    const { spool, post } = this.#options
    if (kind !== 'runs' || spool.backlogs().some((backlog) => backlog.stream === stream)) return
    this.gathering.begin(stream)
    post({ type: 'gather', stream, forMs: runLinesGatherMs })
  }

  #settlementOf({ sent, settling, range }: Delivery, refused: readonly RefusedEntry[]): Settlement {
    const { clock, codec } = this.#options
    const atMs = clock.nowMs()
    if (settling === undefined || refused.length === 0) {
      return { ...deliveredAt(atMs, sent), dead: [], restamped: [] }
    }
    const sinkNs = this.#sinkTime.farNs()
    const newTime = (index: number) =>
      sinkNs === undefined ? this.#takeTime(range.stream) : sinkNs + BigInt(index)
    const ofRefused = settlementOf(settling, refused, { codec, stream: range.stream, newTime, atMs })
    return { ...ofRefused, ...deliveredAt(atMs, sentWithout(refused, settling, codec)) }
  }

  #takeTime(stream: StreamId): bigint {
    const { times } = this.#options
    const atNs = times.next(stream)
    times.take(stream, atNs)
    return atNs
  }

  #sayFailed(delivery: Delivery, outcome: Exclude<PushOutcome, { kind: 'delivered' }>, advice: Advice): void {
    delivery.failures += 1
    this.#options.emit({
      type: 'push.failed',
      error: outcome.error,
      outcome: outcome.kind,
      failures: delivery.failures,
      ...(advice.kind === 'again' && advice.isStuck ? { isStuck: true } : {}),
    })
  }

  #next(stream: StreamId, afterMs: number): void {
    this.#options.post({ type: 'backlog', streams: this.#options.spool.backlogs() })
    this.#options.post({ type: 'settled', stream, afterMs })
  }
}

function deliveredAt(atMs: number, sent: Sent | undefined): Pick<Settlement, 'delivered'> {
  return sent === undefined ? {} : { delivered: { ...sent, atMs } }
}
