// One stream as the shipper sees it: how much waits in its worker's spool, what is in flight, and when it
// may go again. It outlives its workers: what was sent counts for Loki, whoever sent it.

import { maxChunkBytes, type StreamBacklog, type StreamId } from '../spool/types.ts'
import { ByteWindow } from './byte-window.ts'
import { Production, type ProductionChange } from './production.ts'
import { StreamPace } from './stream-pace.ts'

/**
 * A stream that sent more than this in 15 minutes is heavy: replayed after a restart of Loki it would be
 * sharded.
 */
export const heavyBytes = 1_200_000
const heavyWindow = { windowMs: 15 * 60_000, slotMs: 60_000 } as const

export type StreamPhase = 'idle' | 'granted' | 'pushing' | 'answered'

export class StreamQueue {
  readonly labels: string
  readonly #rate: number | undefined
  readonly #pace: StreamPace
  #production: Production | undefined
  readonly #sent = new ByteWindow(heavyWindow)
  /** Its number in the spool of the worker that serves it now. */
  stream: StreamId = 0
  phase: StreamPhase = 'idle'
  /** Bytes that wait in the spool. */
  bytes = 0
  /** Failures in a row of this stream's pushes. */
  failures = 0
  /** How many answers a working sink had given when the last one failed. */
  answersAtFailure = 0
  /** Others got through between two of them: it is this stream that fails, not the sink. */
  failsAlone = false
  /** Beside the pace: a pass, a backoff, a block. Monotonic ms. */
  notBeforeMs = 0
  /** Until then what comes is gathered, to go as one push. Monotonic ms. */
  gathersUntilMs = 0
  /** Set while a heavy stream waits for Loki's replay to be forgotten. */
  isHeld = false
  /** Number of the last grant: who waited longest goes first. */
  lastGrant = 0

  /** `bytesPerSecond` undefined: not paced. */
  constructor(labels: string, bytesPerSecond: number | undefined) {
    this.labels = labels
    this.#rate = bytesPerSecond
    this.#pace = new StreamPace(bytesPerSecond)
  }

  /** A worker serves it, the first one or a successor: pace, backoff and holds stay as they are. */
  serve(stream: StreamId): void {
    this.stream = stream
    this.phase = 'idle'
    this.bytes = 0
    this.#production = this.#rate === undefined ? undefined : new Production(this.#rate)
  }

  get readyMs(): number {
    return Math.max(this.notBeforeMs, this.gathersUntilMs, this.#pace.nextMs)
  }

  /** Bytes a second that it may be sent at; undefined: as many as there are. */
  get bytesPerSecond(): number | undefined {
    return this.#pace.bytesPerSecond
  }

  /** It produces more than its pace, and is sent at that rate. */
  get isFast(): boolean {
    return this.#production?.isFast === true
  }

  isHeavy(nowMs: number): boolean {
    return this.sentBytes(nowMs) > heavyBytes
  }

  /** Bytes of the last 15 minutes, retries too. */
  sentBytes(nowMs: number): number {
    return this.#sent.bytes(nowMs)
  }

  /** What an earlier rowtail sent: it counts for Loki as ours does. */
  sentBefore(atMs: number, bytes: number): void {
    this.#sent.add(atMs, bytes)
  }

  /** More than a push waits. */
  get isBacklog(): boolean {
    return this.bytes > maxChunkBytes
  }

  /** True while it has a slot. */
  get isInFlight(): boolean {
    return this.phase === 'granted' || this.phase === 'pushing'
  }

  /** True where a push may start once `readyMs` has come. */
  get isWaiting(): boolean {
    return this.phase === 'idle' && this.bytes > 0 && !this.isHeld
  }

  /**
   * What waits in the spool now; undefined: nothing. Tells where the stream has become a fast one, or is one
   * no longer.
   */
  report(nowMs: number, backlog: StreamBacklog | undefined): ProductionChange | undefined {
    this.bytes = backlog?.bytes ?? 0
    const change = this.#production?.report(nowMs, backlog?.appendedBytes)
    if (this.#production !== undefined) this.#pace.bytesPerSecond = this.#production.bytesPerSecond(nowMs)
    return change
  }

  /** The sink may have restarted, whoever's answer was lost. */
  lostAnswer(atMs: number): void {
    this.#pace.lostAnswer(atMs)
  }

  sent(atMs: number, bytes: number): void {
    this.#pace.sent(atMs, bytes)
    this.#sent.add(atMs, bytes)
  }
}
