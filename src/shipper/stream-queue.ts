// One stream as the shipper sees it: how much waits in its worker's spool, what is in flight, and when it may
// go again.

import type { StreamId } from '../spool/types.ts'
import { Pace, SentWindow } from './pace.ts'

/**
 * A stream that sent more than this in 15 minutes is heavy: replayed after a restart of Loki it would be
 * sharded.
 */
const heavyBytes = 1_200_000

export type StreamPhase = 'idle' | 'granted' | 'pushing' | 'answered'

export class StreamQueue {
  readonly stream: StreamId
  readonly pace: Pace
  readonly sent = new SentWindow()
  phase: StreamPhase = 'idle'
  /** Bytes that wait in the spool. */
  bytes = 0
  /** Failures in a row of this stream's pushes. */
  failures = 0
  /** Beside the pace: a pass, a backoff, a block. Monotonic ms. */
  notBeforeMs = 0
  /** Set while a heavy stream waits for Loki's replay to be forgotten. */
  isHeld = false
  /** Number of the last grant: who waited longest goes first. */
  lastGrant = 0

  constructor(stream: StreamId, bytesPerSecond: number | undefined) {
    this.stream = stream
    this.pace = new Pace(bytesPerSecond)
  }

  get readyMs(): number {
    return Math.max(this.notBeforeMs, this.pace.nextMs)
  }

  isHeavy(nowMs: number): boolean {
    return this.sent.bytes(nowMs) > heavyBytes
  }

  /** True where a push may start once `readyMs` has come. */
  get isWaiting(): boolean {
    return this.phase === 'idle' && this.bytes > 0 && !this.isHeld
  }
}
