// A narrator as tests hear it: each event a second after the one before, each line as `level text`.

import type { ErrorReport } from '../../src/core/errors.ts'
import type { MetricEvent, RowtailEvent, ServiceEvent } from '../../src/core/events.ts'
import { createNarrator } from '../../src/core/log-lines.ts'
import type { LogRecord } from '../../src/core/log-record.ts'

export const bounds = { spoolMetricBytes: 1_000_000, spoolTotalBytes: 10_000_000 }

/** A narrator with a clock: each event is told `afterMs` after the one before, answered as `level text`. */
export function listener(metric = 'show_locks') {
  const narrate = createNarrator(bounds)
  let atMs = 1_000_000
  const told: LogRecord[] = []
  function tell(event: MetricEvent | ServiceEvent, afterMs = 1_000): string[] {
    atMs += afterMs
    // The metric's name is that of every event a worker posts; the service's own events have none.
    const whole = (isService(event) ? { ...event, atMs } : { ...event, atMs, metric }) as RowtailEvent
    const records = narrate(whole)
    told.push(...records)
    return records.map(({ level, message }) => `${level} ${message}`)
  }
  const loud = () =>
    told.filter(({ level }) => level !== 'debug').map(({ level, message }) => `${level} ${message}`)
  return { tell, loud, told }
}

function isService({ type }: MetricEvent | ServiceEvent): boolean {
  return /^(service|check|host|login|sink|stream|driver|warning)/.test(type)
}

export const timeout: ErrorReport = {
  code: 'query_timeout',
  message: 'The query took longer than 5s.',
  hint: 'Raise its timeout.',
}
export const broken: ErrorReport = {
  code: 'query_failed',
  message: 'The database refused the query.',
  said: 'ERROR: relation "x" does not exist\nLINE 1',
  sqlState: '42P01',
}

export function finished(over: Partial<Extract<MetricEvent, { type: 'run.finished' }>> = {}): MetricEvent {
  return {
    type: 'run.finished',
    rows: 12,
    bytes: 3_482,
    durationMs: 45,
    isCut: false,
    flags: [],
    skippedTicks: 0,
    failuresBefore: 0,
    isSent: true,
    nextMs: 0,
    ...over,
  }
}

export function failed(error: ErrorReport, failures: number): Extract<MetricEvent, { type: 'run.failed' }> {
  return { type: 'run.failed', error, durationMs: 5_000, rows: 0, failures, nextMs: 0 }
}
