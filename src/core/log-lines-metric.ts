// What the log says about one metric: the voices of its worker, its runs, its deliveries and its spool,
// joined. The narrator (log-lines) keeps one a metric. Pure; what it remembers is bounded.

import type { RowtailEvent } from './events.ts'
import { createDeliveryVoice } from './log-lines-delivery.ts'
import { createRunVoice } from './log-lines-runs.ts'
import { createSpoolVoice } from './log-lines-spool.ts'
import { createWorkerVoice } from './log-lines-worker.ts'
import type { Line, Voice } from './log-record.ts'

export type AboutMetric = Extract<RowtailEvent, { metric: string }>

export interface MetricVoice {
  tell(event: AboutMetric): Line[]
  /** Sums that were not said yet. */
  lastSums(atMs: number): Line[]
}

export function createMetricVoice(spoolMetricBytes: number): MetricVoice {
  const delivery = createDeliveryVoice()
  const spool = createSpoolVoice(spoolMetricBytes)
  const voice: Voice<AboutMetric['type']> = {
    ...createWorkerVoice(),
    ...createRunVoice(),
    ...delivery.voice,
    ...spool.voice,
  }
  return {
    tell: (event) => {
      // The key chose the event's own.
      const tell = voice[event.type] as (event: AboutMetric) => readonly Line[]
      return [...tell(event), ...spool.sums(event.atMs), ...delivery.sums(event.atMs)]
    },
    lastSums: (atMs) => [...spool.sums(atMs, true), ...delivery.sums(atMs, true)],
  }
}
