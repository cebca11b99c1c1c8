// A worker's place at the shipper, for one generation of it: how it hears of slots and answers, and how what
// it says gets there. The shipper gives seats, the supervisor joins each to a worker thread.

import type { Lookup, PushResult } from '../core/sink.ts'
import type { StreamBacklog, StreamId } from '../spool/types.ts'
import type { PushOrder, Question } from './messages.ts'

export type SeatClient = {
  grant(stream: StreamId, skewMs: number): void
  answer(stream: StreamId, result: PushResult): void
  told(stream: StreamId, lookup: Lookup): void
}

export type Seat = {
  backlog(streams: readonly StreamBacklog[]): void
  push(order: PushOrder): void
  ask(question: Question): void
  pass(stream: StreamId, afterMs: number): void
  settled(stream: StreamId, afterMs: number): void
  /** Nothing of this stream waits; what comes within `forMs` goes together. Said before `settled`. */
  gather(stream: StreamId, forMs: number): void
  /** Aborts what is in flight; resolves when nothing of this seat is. Its answers are never heard again. */
  leave(): Promise<void>
}

export type Seats = { join(client: SeatClient): Seat }
