// The main thread's side of delivery: it grants slots to workers, posts what they hand over, and paces all of
// them against the sink. It pulls: during an outage it holds no bytes, the spools do. One push a stream, a
// few at a time.

import type { Lookup, Sink } from '../core/sink.ts'
import type { StreamBacklog } from '../spool/types.ts'
import type { PushOrder, Question } from '../worker/messages.ts'
import type { Seat, SeatClient } from '../worker/seat.ts'
import { Alarm } from './alarm.ts'
import { Learning, type SinkEvent } from './learning.ts'
import { TenantPace } from './pace.ts'
import { ReplayWatch } from './replay-watch.ts'
import { firstOf, SeatState, type Waiting, waitingIn } from './seat-state.ts'
import { SinkHealth } from './sink-health.ts'
import { StreamBook, type StreamBookOptions } from './stream-book.ts'
import type { StreamQueue } from './stream-queue.ts'

export type ShipperEvent =
  | SinkEvent
  | { readonly type: 'stream.fast'; readonly stream: string; readonly bytesPerSecond: number }
  | { readonly type: 'stream.steady'; readonly stream: string }

export type ShipperOptions = StreamBookOptions & {
  readonly sink: Sink
  readonly random: () => number
  readonly emit: (event: ShipperEvent) => void
  /** Called after the first push that was delivered. */
  readonly onFirstDelivery?: () => void
  /** Pushes in flight; default 4. */
  readonly slots?: number
}

const defaultSlots = 4

/** What is asked of the sink in a slot, and what is done with its answer. */
type Asked<T> = { readonly begin: (signal: AbortSignal) => Promise<T>; readonly end: (result: T) => void }

export class Shipper {
  readonly #options: ShipperOptions
  readonly #seats = new Set<SeatState>()
  readonly #streams: StreamBook
  readonly #health = new SinkHealth()
  readonly #tenant = new TenantPace()
  #inFlight = 0
  #grants = 0
  #skewMs = 0
  #isStopped = false
  #isEnding = false
  #onQuiet: (() => void) | undefined
  readonly #alarm: Alarm
  readonly #stop = new AbortController()
  readonly #replay: ReplayWatch
  readonly #learning: Learning

  constructor(options: ShipperOptions) {
    this.#options = options
    this.#streams = new StreamBook(options)
    this.#alarm = new Alarm(options.clock, () => this.#pump())
    this.#replay = new ReplayWatch({
      sink: options.sink,
      clock: options.clock,
      signal: this.#stop.signal,
      onAway: () => this.#holdHeavyStreams(),
      onOver: () => this.#endHolds(),
    })
    this.#learning = new Learning({
      ...options,
      health: this.#health,
      tenant: this.#tenant,
      onFirstDelivery: () => options.onFirstDelivery?.(),
      onLostAnswer: (queue, nowMs) => this.#lostAnswer(queue, nowMs),
    })
  }

  join(client: SeatClient): Seat {
    const seat = new SeatState(client)
    this.#seats.add(seat)
    return {
      backlog: (streams) => this.#backlog(seat, streams),
      push: (order) => void this.#push(seat, order),
      ask: (question) => void this.#ask(seat, question),
      pass: (stream, afterMs) => this.#release(seat.queue(stream), afterMs),
      settled: (stream, afterMs) => this.#release(seat.queue(stream), afterMs),
      gather: (stream, forMs) => this.#gather(seat.queue(stream), forMs),
      leave: () => this.#leave(seat),
    }
  }

  /** Resolves when nothing is in flight and nothing could go right now: what a stopping service waits for. */
  whenQuiet(): Promise<void> {
    this.#isEnding = true
    for (const queue of this.#streams.all) queue.gathersUntilMs = 0
    return new Promise((resolve) => {
      this.#onQuiet = resolve
      this.#pump()
    })
  }

  /** Grants no more slots and aborts what is in flight. */
  stop(): void {
    this.#isStopped = true
    const reason = new Error('the service is stopping')
    this.#stop.abort(reason)
    for (const seat of this.#seats) seat.abort.abort(reason)
    this.#alarm.set(undefined)
  }

  #backlog(seat: SeatState, streams: readonly StreamBacklog[]): void {
    const backlogs = new Map(streams.map((backlog) => [backlog.stream, backlog]))
    for (const { stream, labels } of streams) {
      if (seat.queues.has(stream)) continue
      const isLeftover = !seat.hasAnnounced && !this.#streams.has(labels)
      const queue = this.#streams.serve(stream, labels)
      seat.queues.set(stream, queue)
      if (isLeftover) this.#holdLeftover(queue)
    }
    seat.hasAnnounced = true
    for (const queue of seat.queues.values()) this.#report(queue, backlogs.get(queue.stream))
    this.#pump()
  }

  /** An earlier rowtail may have pushed it and died before the answer, and Loki may have restarted since. */
  #holdLeftover(queue: StreamQueue): void {
    if (!queue.isHeavy(this.#options.clock.monotonicMs())) return
    queue.isHeld = true
    this.#replay.beginOnce()
  }

  #report(queue: StreamQueue, backlog: StreamBacklog | undefined): void {
    const { clock, emit } = this.#options
    const change = queue.report(clock.monotonicMs(), backlog)
    if (change === 'steady') emit({ type: 'stream.steady', stream: queue.labels })
    if (change !== 'fast' || queue.bytesPerSecond === undefined) return
    emit({ type: 'stream.fast', stream: queue.labels, bytesPerSecond: Math.round(queue.bytesPerSecond) })
  }

  /** Grants as many slots as there are, then sleeps until the next stream may go. */
  #pump(): void {
    if (this.#isStopped) return
    const waiting = this.#grantAll()
    if (this.#onQuiet !== undefined && this.#isQuiet()) this.#onQuiet()
    this.#setAlarm(waiting)
  }

  /** Tells who waits still. */
  #grantAll(): Waiting[] {
    for (;;) {
      const waiting = waitingIn(this.#seats)
      const chosen = this.#pick(waiting, this.#options.clock.monotonicMs())
      if (chosen === undefined) return waiting
      this.#grant(chosen.seat, chosen.queue)
    }
  }

  /** Who goes now, where anybody may. While the sink is lost, that is one push at a time. */
  #pick(waiting: readonly Waiting[], nowMs: number): Waiting | undefined {
    if (this.#freeSlots() <= 0 || nowMs < this.#gateMs()) return undefined
    const ready = waiting.filter(({ queue }) => queue.readyMs <= nowMs)
    const backlogs = this.#isLastSlotReserved() ? ready.filter(({ queue }) => queue.isBacklog) : []
    return firstOf(backlogs.length > 0 ? backlogs : ready)
  }

  /** Small streams that keep coming fill all other slots, and would fill this one for ever. */
  #isLastSlotReserved(): boolean {
    if (this.#inFlight === 0 || this.#freeSlots() > 1) return false
    return !this.#streams.all.some((queue) => queue.isInFlight && queue.isBacklog)
  }

  /** A worker that deals with an answer may have more to send in a moment. */
  #isQuiet(): boolean {
    return this.#inFlight === 0 && this.#streams.all.every(({ phase }) => phase !== 'answered')
  }

  #freeSlots(): number {
    const slots = this.#health.isTaking ? (this.#options.slots ?? defaultSlots) : 1
    return slots - this.#inFlight
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

  #setAlarm(waiting: readonly Waiting[]): void {
    const isNobodyDue = waiting.length === 0 || this.#freeSlots() <= 0 // what frees a slot pumps again
    const readyMs = waiting.map(({ queue }) => queue.readyMs)
    this.#alarm.set(isNobodyDue ? undefined : Math.max(this.#gateMs(), Math.min(...readyMs)))
  }

  async #push(seat: SeatState, order: PushOrder): Promise<void> {
    const { clock, sink } = this.#options
    const queue = seat.queue(order.stream)
    const sentMs = clock.monotonicMs()
    const bytes = order.entries.length
    queue.sent(sentMs, bytes)
    this.#paceTenant(sentMs, order.entries)
    this.#options.sentMemory?.note(order.labels, queue.sentBytes(sentMs))
    const body = { stream: order.labels, entries: order.entries, count: order.count }
    await this.#inSlot(seat, queue, {
      begin: (signal) => sink.push(body, signal),
      end: (result) => {
        if (result.skewMs !== undefined) this.#skewMs = result.skewMs
        this.#learning.learn(queue, result.outcome)
        seat.client.answer(order.stream, result)
      },
    })
  }

  /** By what the limit counts, which is less than is sent. */
  #paceTenant(sentMs: number, entries: Uint8Array): void {
    const { pace } = this.#tenant
    if (pace.bytesPerSecond !== undefined) pace.sent(sentMs, this.#options.sink.countedBytes(entries))
  }

  /** A question takes the slot of a push, but no pace. */
  async #ask(seat: SeatState, { stream, labels, entries, count }: Question): Promise<void> {
    const { sink } = this.#options
    const body = { stream: labels, entries, count }
    await this.#inSlot<Lookup>(seat, seat.queue(stream), {
      begin: async (signal) => (await sink.lookUp?.(body, signal)) ?? { kind: 'unknown' },
      end: (lookup) => seat.client.told(stream, lookup),
    })
  }

  /** The slot is free again with the answer, which nobody hears where it was aborted. */
  async #inSlot<T>(seat: SeatState, queue: StreamQueue, { begin, end }: Asked<T>): Promise<void> {
    queue.phase = 'pushing'
    const { signal } = seat.abort
    const asked = begin(signal)
    seat.pushes.add(asked)
    const result = await asked
    seat.pushes.delete(asked)
    this.#inFlight -= 1
    if (!signal.aborted) {
      queue.phase = 'answered'
      end(result)
    }
    this.#pump()
  }

  /** It may be stored: what is heavy waits until Loki cannot count a replay any more. */
  #lostAnswer(queue: StreamQueue, nowMs: number): void {
    this.#streams.lostAnswer(nowMs)
    if (queue.isHeavy(nowMs)) queue.isHeld = true
    if (this.#streams.hasHeavy(nowMs)) this.#replay.begin()
  }

  /** Loki was away and may die again: a push that it shards now must not be one whose answer gets lost. */
  #holdHeavyStreams(): void {
    this.#streams.holdHeavy(this.#options.clock.monotonicMs())
  }

  #endHolds(): void {
    this.#streams.endHolds()
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

  /** What comes of this stream within a time goes together; at a stop it goes at once. */
  #gather(queue: StreamQueue, forMs: number): void {
    if (!this.#isEnding) queue.gathersUntilMs = this.#options.clock.monotonicMs() + forMs
  }

  async #leave(seat: SeatState): Promise<void> {
    this.#seats.delete(seat)
    for (const { phase, isFast, labels } of seat.queues.values()) {
      if (phase === 'granted') this.#inFlight -= 1
      if (isFast) this.#options.emit({ type: 'stream.steady', stream: labels })
    }
    seat.abort.abort(new Error('the worker has ended'))
    await Promise.allSettled(seat.pushes)
    for (const queue of seat.queues.values()) queue.phase = 'idle'
    this.#pump()
  }
}
