// What the log says about one metric: the voices of its runs, deliveries and spool joined, and its worker's own.
// The narrator (log-lines) keeps one a metric. Pure; what it remembers is bounded.

import { sentenceOf } from './errors.ts'
import type { EventOf, RowtailEvent } from './events.ts'
import { createDeliveryVoice } from './log-lines-delivery.ts'
import { createRunVoice } from './log-lines-runs.ts'
import { createSpoolVoice } from './log-lines-spool.ts'
import { errorFields, type Line, line, type Voice } from './log-record.ts'
import { createTally, type Sum } from './log-repeats.ts'
import { countOf, formatBytes, formatCount, formatElapsed } from './quantity.ts'

export type AboutMetric = Extract<RowtailEvent, { metric: string }>

export interface MetricVoice {
  tell(event: AboutMetric): Line[]
  /** Sums that were not said yet. */
  lastSums(atMs: number): Line[]
}

type WorkerVoice = Voice<
  | 'metric.draining'
  | 'metric.drained'
  | 'metric.isolated'
  | 'metric.returned'
  | 'worker.lost'
  | 'worker.stuck'
>

/** A worker that dies again and again is told of once in this time, with the count. */
const lostWorkerQuietMs = 10 * 60_000

export function createMetricVoice(spoolMetricBytes: number): MetricVoice {
  const delivery = createDeliveryVoice()
  const spool = createSpoolVoice(spoolMetricBytes)
  const voice: Voice<AboutMetric['type']> = {
    ...createRunVoice(),
    ...createWorkerVoice(),
    ...delivery.voice,
    ...spool.voice,
  }
  return {
    tell: (event) => {
      const tell = voice[event.type] as (event: AboutMetric) => readonly Line[] // the key chose the event's own
      return [...tell(event), ...spool.sums(event.atMs), ...delivery.sums(event.atMs)]
    },
    lastSums: (atMs) => [...spool.sums(atMs, true), ...delivery.sums(atMs, true)],
  }
}

function createWorkerVoice(): WorkerVoice {
  const losses = createTally(lostWorkerQuietMs)
  return {
    'metric.draining': ({ depth }) => {
      const rest = `${countOf(depth.rows, 'row')} (${formatBytes(depth.bytes)})`
      const dead = depth.deadLetters === 0 ? '' : ` and ${countOf(depth.deadLetters, 'dead letter')}`
      return [line('info', `no longer configured; its spool still holds ${rest}${dead}`, { ...depth })]
    },
    'metric.drained': ({ deadLetters }) => {
      const rest = deadLetters === 0 ? 'nothing' : `nothing but ${countOf(deadLetters, 'dead letter')}`
      return [line('info', `its rows are sent: ${rest} is left of this former metric`, { deadLetters })]
    },
    'metric.isolated': ({ error }) => [
      line('warn', `moved to the second driver host: ${sentenceOf(error)}`, errorFields(error)),
    ],
    'metric.returned': () => [line('info', 'back on the main driver host')],
    'worker.stuck': () => [line('error', 'its worker does not answer any more and is replaced')],
    'worker.lost': (event) => [lostWorker(event, losses.add(event.error.code, 1, event.atMs)[0])],
  }
}

function lostWorker({ error, restartMs }: EventOf<'worker.lost'>, sum: Sum | undefined): Line {
  const again =
    sum !== undefined && sum.amount > 1 ? `, ${formatCount(sum.amount)} times since last told` : ''
  const text = `its worker was lost${again}: ${sentenceOf(error)} A new one starts in ${formatElapsed(restartMs)}.`
  return line(sum === undefined ? 'debug' : 'error', text, errorFields(error))
}
