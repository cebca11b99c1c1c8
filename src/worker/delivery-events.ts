// What the end of a delivery is told as. Pure; the delivery loop emits it once the spool has the end.

import type { MetricEvent } from '../core/events.ts'
import type { ChunkRange, Settlement } from '../spool/types.ts'
import type { RefusedEntry } from './settling.ts'

export type SettledDelivery = {
  readonly range: ChunkRange
  readonly settlement: Settlement
  readonly refused: readonly RefusedEntry[]
  readonly durationMs: number
  readonly droppedDeadLetters: number
}

export function settledEvents(settled: SettledDelivery): MetricEvent[] {
  const { range, refused, durationMs, droppedDeadLetters } = settled
  const events = refusedEvents(settled)
  if (droppedDeadLetters > 0) {
    events.push({ type: 'rows.dropped', rows: droppedDeadLetters, bytes: 0, reason: 'dead_letters_full' })
  }
  const rows = range.entries - refused.length
  const isRunLine = range.kind === 'runs' ? { isRunLine: true as const } : {}
  if (rows > 0) events.push({ type: 'push.delivered', rows, bytes: range.bytes, durationMs, ...isRunLine })
  return events
}

function refusedEvents({
  refused: [first],
  settlement: { dead, restamped },
}: SettledDelivery): MetricEvent[] {
  if (first === undefined) return []
  const { reason, said } = first.refusal
  const events: MetricEvent[] = []
  if (restamped.length > 0) events.push({ type: 'push.restamped', rows: restamped.length, reason })
  if (dead.length > 0) events.push({ type: 'dead_letters.added', rows: dead.length, reason, said })
  return events
}
