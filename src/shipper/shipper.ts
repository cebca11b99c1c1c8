// The main thread's side of delivery: it grants slots to workers, posts what they hand over, and paces all of
// them against the sink. It pulls: during an outage it holds no bytes, the spools do. One push a stream, a
// few at a time.

import { backoffMs, pushBackoff } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import type { ErrorReport } from '../core/errors.ts'
import type { PushOutcome, PushResult, Sink } from '../core/sink.ts'
import { maxChunkBytes, type StreamBacklog, type StreamId } from '../spool/types.ts'
import type { PushOrder } from '../worker/messages.ts'
import type { Seat, SeatClient } from '../worker/seat.ts'
import { defaultStreamRate, TenantPace } from './pace.ts'
import { SinkHealth } from './sink-health.ts'
import { StreamQueue } from './stream-queue.ts'

export type ShipperEvent =
  | { readonly type: 'sink.lost'; readonly error: ErrorReport }
  | { readonly type: 'sink.back'; readonly awayMs: number }
  | { readonly type: 'sink.limited'; readonly bytesPerSecond: number }

export type ShipperOptions = {
  readonly sink: Sink
  readonly clock: Clock
  readonly random: () => number
  readonly emit: (event: ShipperEvent) => void
  /** Called after the first push that was delivered. */
  readonly onFirstDelivery?: () => void
  /** Pushes in flight; default 4. */
  readonly slots?: number
  /** Bytes a second of one stream; undefined: not paced. */
  readonly streamRate?: number | undefined
}

const defaultSlots = 4
/**
 * After Loki says that it is ready again, its rate windows still hold what it replayed for up to 8 s; 20 is
 * safe.
 */
const holdAfterReadyMs = 20_000
const readinessPollMs = 1_000

export class Shipper {
  readonly #options: ShipperOptions
  readonly #seats = new Set<SeatState>()
  readonly #health = new SinkHealth()
  readonly #tenant = new TenantPace()
  #inFlight = 0
  #grants = 0
  #skewMs = 0
  #isStopped = false
  #hasDelivered = false
  #wake = new AbortController()
  #isWatchingReplay = false
  #holds = 0
  #onQuiet: () => void = () => undefined
  readonly #stop = new AbortController()

  constructor(options: ShipperOptions) {
    this.#options = options
  }

  join(client: SeatClient): Seat {
    const seat = new SeatState(client)
    this.#seats.add(seat)
    return {
      backlog: (streams) => this.#backlog(seat, streams),
      push: (order) => void this.#push(seat, order),
      pass: (stream, afterMs) => this.#release(seat.queue(stream), afterMs),
      settled: (stream, afterMs) => this.#release(seat.queue(stream), afterMs),
      leave: () => this.#leave(seat),
    }
  }

  /** Resolves when nothing is in flight and nothing could go right now: what a stopping service waits for. */
  whenQuiet(): Promise<void> {
    return new Promise((resolve) => {
      this.#onQuiet = resolve
      this.#pump()
    })
  }

  /** Grants no more slots and aborts what is in flight. */
  stop(): void {
    this.#isStopped = true
    this.#stop.abort(new Error('the service is stopping'))
    this.#wake.abort()
  }

  #backlog(seat: SeatState, streams: readonly StreamBacklog[]): void {
    for (const queue of seat.queues.values()) queue.bytes = 0
    for (const { stream, bytes } of streams) {
      const queue = seat.queues.get(stream) ?? this.#newQueue(seat, stream)
      queue.bytes = bytes
    }
    this.#pump()
  }

  #newQueue(seat: SeatState, stream: StreamId): StreamQueue {
    const rate = 'streamRate' in this.#options ? this.#options.streamRate : defaultStreamRate
    const queue = new StreamQueue(stream, rate)
    seat.queues.set(stream, queue)
    return queue
  }

  /** Grants as many slots as there are, then sleeps until the next stream may go. */
  #pump(): void {
    if (this.#isStopped) return
    const { clock } = this.#options
    for (;;) {
      const chosen = this.#pick(clock.monotonicMs())
      if (chosen === undefined) break
      this.#grant(chosen.seat, chosen.queue)
    }
    if (this.#inFlight === 0) this.#onQuiet()
    this.#sleepUntilNext()
  }

  /** Small streams before backlogs, then who waited longest. While the sink is lost, one push at a time. */
  #pick(nowMs: number): Waiting | undefined {
    const slots = this.#health.isTaking ? (this.#options.slots ?? defaultSlots) : 1
    if (this.#inFlight >= slots || nowMs < this.#gateMs()) return undefined
    const ready = this.#waiting().filter(({ queue }) => queue.readyMs <= nowMs)
    return ready.reduce<Waiting | undefined>(
      (best, one) => (best === undefined || goesBefore(one, best) ? one : best),
      undefined,
    )
  }

  #waiting(): Waiting[] {
    return [...this.#seats].flatMap((seat) =>
      [...seat.queues.values()].filter((queue) => queue.isWaiting).map((queue) => ({ seat, queue })),
    )
  }

  #gateMs(): number {
    return Math.max(this.#health.probeMs, this.#tenant.pace.nextMs)
  }

  #grant(seat: SeatState, queue: StreamQueue): void {
    this.#grants += 1
    queue.lastGrant = this.#grants
    queue.phase = 'granted'
    this.#inFlight += 1
    seat.client.grant(queue.stream, this.#skewMs)
  }

  #sleepUntilNext(): void {
    this.#wake.abort()
    this.#wake = new AbortController()
    const waiting = this.#waiting()
    if (waiting.length === 0 || (this.#inFlight > 0 && !this.#health.isTaking)) return
    const { clock } = this.#options
    const nextMs = Math.max(this.#gateMs(), Math.min(...waiting.map(({ queue }) => queue.readyMs)))
    const delayMs = nextMs - clock.monotonicMs()
    if (delayMs <= 0) return // a slot is missing: the push that frees one pumps again
    clock.sleep(delayMs, this.#wake.signal).then(
      () => this.#pump(),
      () => undefined, // woken for an earlier one
    )
  }

  async #push(seat: SeatState, order: PushOrder): Promise<void> {
    const { clock, sink } = this.#options
    const queue = seat.queue(order.stream)
    queue.phase = 'pushing'
    const sentMs = clock.monotonicMs()
    const bytes = order.entries.length
    queue.pace.sent(sentMs, bytes)
    queue.sent.add(sentMs, bytes)
    this.#tenant.pace.sent(sentMs, bytes)
    const body = { stream: order.labels, entries: order.entries, count: order.count }
    const pushed = sink.push(body, AbortSignal.any([this.#stop.signal, seat.abort.signal]))
    seat.pushes.add(pushed)
    const result = await pushed
    seat.pushes.delete(pushed)
    this.#inFlight -= 1
    if (seat.abort.signal.aborted) {
      this.#pump()
      return
    }
    queue.phase = 'answered'
    if (result.skewMs !== undefined) this.#skewMs = result.skewMs
    this.#learn(queue, result.outcome)
    seat.client.answer(order.stream, result)
    this.#pump()
  }

  /**
   * What an answer says about the sink, the tenant and this stream; what becomes of the entries is the
   * worker's.
   */
  #learn(queue: StreamQueue, outcome: PushOutcome): void {
    const nowMs = this.#options.clock.monotonicMs()
    switch (outcome.kind) {
      case 'delivered':
        queue.failures = 0
        this.#tenant.accepted(nowMs)
        this.#answered(nowMs)
        if (!this.#hasDelivered) this.#options.onFirstDelivery?.()
        this.#hasDelivered = true
        break
      case 'split':
      case 'refused':
        this.#answered(nowMs)
        break
      case 'retry':
        this.#retry(queue, outcome, nowMs)
        break
      case 'blocked':
        if (this.#health.blocked(nowMs)) this.#options.emit({ type: 'sink.lost', error: outcome.error })
        break
    }
  }

  #answered(nowMs: number): void {
    const awayMs = this.#health.answered(nowMs)
    if (awayMs !== undefined) this.#options.emit({ type: 'sink.back', awayMs })
  }

  #retry(queue: StreamQueue, outcome: PushOutcome & { kind: 'retry' }, nowMs: number): void {
    queue.failures += 1
    const { random, emit } = this.#options
    if (outcome.error.code === 'loki_rate_limited') {
      this.#refusedForRate(queue, outcome, nowMs)
      return
    }
    queue.notBeforeMs = nowMs + backoffMs(pushBackoff, queue.failures, random())
    const wait =
      outcome.afterMs === undefined ? { random: random() } : { random: random(), afterMs: outcome.afterMs }
    if (this.#health.failed(nowMs, wait)) emit({ type: 'sink.lost', error: outcome.error })
    if (queue.isHeavy(nowMs)) {
      queue.isHeld = true
      this.#holds += 1
      void this.#watchReplay()
    }
  }

  /** A 429 stored nothing: the tenant's makes all slower, a stream's only this one. */
  #refusedForRate(queue: StreamQueue, outcome: PushOutcome & { kind: 'retry' }, nowMs: number): void {
    const { random, emit } = this.#options
    this.#answered(nowMs)
    if (outcome.isStreamLimit === true) {
      queue.notBeforeMs =
        nowMs + Math.max(outcome.afterMs ?? 0, backoffMs(pushBackoff, queue.failures, random()))
      return
    }
    const isNews = this.#tenant.refused(nowMs, outcome.tenantLimit)
    // Refused pushes use no tokens: the same one passes soon, and there is no storm, for the pace holds all
    // of them.
    queue.notBeforeMs = nowMs + Math.max(outcome.afterMs ?? 0, 100 + 200 * random())
    const rate = this.#tenant.pace.bytesPerSecond
    if (isNews && rate !== undefined) emit({ type: 'sink.limited', bytesPerSecond: Math.round(rate) })
  }

  /** Polls readiness while heavy streams are held; lets them go 20 s after the first "ready". */
  async #watchReplay(): Promise<void> {
    if (this.#isWatchingReplay) return
    this.#isWatchingReplay = true
    const { clock, sink } = this.#options
    const signal = this.#stop.signal
    try {
      for (let holds = 0; holds !== this.#holds; ) {
        holds = this.#holds // one more hold in the meantime: Loki was away again
        while ((await sink.readiness(signal)).kind !== 'ready') await clock.sleep(readinessPollMs, signal)
        await clock.sleep(holdAfterReadyMs, signal)
      }
    } catch {
      return // stopping
    } finally {
      this.#isWatchingReplay = false
    }
    for (const { queues } of this.#seats) for (const queue of queues.values()) queue.isHeld = false
    this.#pump()
  }

  /** The slot of a stream comes back, after a pass or when its worker has dealt with the answer. */
  #release(queue: StreamQueue, afterMs: number): void {
    if (queue.phase === 'granted') this.#inFlight -= 1
    queue.phase = 'idle'
    if (afterMs > 0)
      queue.notBeforeMs = Math.max(queue.notBeforeMs, this.#options.clock.monotonicMs() + afterMs)
    this.#pump()
  }

  async #leave(seat: SeatState): Promise<void> {
    this.#seats.delete(seat)
    for (const queue of seat.queues.values()) if (queue.phase === 'granted') this.#inFlight -= 1
    seat.abort.abort(new Error('the worker has ended'))
    await Promise.allSettled(seat.pushes)
    this.#pump()
  }
}

type Waiting = { readonly seat: SeatState; readonly queue: StreamQueue }

class SeatState {
  readonly client: SeatClient
  readonly queues = new Map<StreamId, StreamQueue>()
  readonly pushes = new Set<Promise<PushResult>>()
  readonly abort = new AbortController()

  constructor(client: SeatClient) {
    this.client = client
  }

  queue(stream: StreamId): StreamQueue {
    const queue = this.queues.get(stream)
    if (queue === undefined) throw new Error(`stream ${stream} was never announced`)
    return queue
  }
}

function goesBefore({ queue }: Waiting, { queue: other }: Waiting): boolean {
  const isBacklog = queue.bytes > maxChunkBytes
  const isOtherBacklog = other.bytes > maxChunkBytes
  return isBacklog === isOtherBacklog ? queue.lastGrant < other.lastGrant : isOtherBacklog
}
