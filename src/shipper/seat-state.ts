// A worker's seat as the shipper holds it, and which of the streams that wait in all seats goes first.

import type { StreamId } from '../spool/types.ts'
import type { SeatClient } from '../worker/seat.ts'
import type { StreamQueue } from './stream-queue.ts'

export class SeatState {
  readonly client: SeatClient
  readonly queues = new Map<StreamId, StreamQueue>()
  /** In flight; settled before the seat is given up. */
  readonly pushes = new Set<Promise<unknown>>()
  readonly abort = new AbortController()
  /** Its first word is what an earlier worker left; later ones hold new rows too. */
  hasAnnounced = false

  constructor(client: SeatClient) {
    this.client = client
  }

  queue(stream: StreamId): StreamQueue {
    const queue = this.queues.get(stream)
    if (queue === undefined) throw new Error(`stream ${stream} was never announced`)
    return queue
  }
}

export type Waiting = { readonly seat: SeatState; readonly queue: StreamQueue }

export function waitingIn(seats: Iterable<SeatState>): Waiting[] {
  const waiting: Waiting[] = []
  for (const seat of seats) {
    for (const queue of seat.queues.values()) if (queue.isWaiting) waiting.push({ seat, queue })
  }
  return waiting
}

/** Small streams before backlogs, then who waited longest. */
export function firstOf(waiting: readonly Waiting[]): Waiting | undefined {
  return waiting.reduce<Waiting | undefined>(
    (best, one) => (best === undefined || goesBefore(one, best) ? one : best),
    undefined,
  )
}

function goesBefore({ queue }: Waiting, { queue: other }: Waiting): boolean {
  return queue.isBacklog === other.isBacklog ? queue.lastGrant < other.lastGrant : other.isBacklog
}
