// Turns events into the lines of rowtail's own log: one line a change of state, however often an event
// repeats. The main thread feeds it every event and hands what it returns to kit/log. Pure, and bounded in
// memory.

import type { EventOf, RowtailEvent } from './events.ts'
import { type AboutMetric, createMetricVoice, type MetricVoice } from './log-lines-metric.ts'
import { type AboutService, createServiceVoice, createTotalWatch } from './log-lines-service.ts'
import type { Line, LogRecord } from './log-record.ts'

export type NarratorBounds = {
  /** Live bytes of one metric's spool at which its oldest rows are dropped. */
  readonly spoolMetricBytes: number
  /** The same for all spools together. */
  readonly spoolTotalBytes: number
}

/** Metrics that are remembered: 100 are configured at most, the others are spools left by former ones. */
const maxMetrics = 1_000

export function createNarrator(bounds: NarratorBounds): (event: RowtailEvent) => LogRecord[] {
  const voices = new Map<string, MetricVoice>()
  const tellService = createServiceVoice()
  const tellTotal = createTotalWatch(bounds.spoolTotalBytes)
  let early: Map<string, EventOf<'metric.started'>> | undefined

  function voiceOf(metric: string): MetricVoice {
    const known = voices.get(metric)
    if (known !== undefined) return known
    if (voices.size >= maxMetrics) voices.delete(voices.keys().next().value ?? metric)
    const fresh = createMetricVoice(bounds.spoolMetricBytes)
    voices.set(metric, fresh)
    return fresh
  }

  function aboutMetric(event: AboutMetric): LogRecord[] {
    if (event.type === 'metric.started' && early !== undefined) {
      early.set(event.metric, event)
      return []
    }
    const lines = voiceOf(event.metric).tell(event)
    if (event.type === 'metric.drained') voices.delete(event.metric)
    return [...recordsOf(event, lines, event.metric), ...recordsOf(event, tellTotal(event))]
  }

  function aboutService(event: AboutService): LogRecord[] {
    if (event.type === 'service.starting') early = new Map()
    return [...lastSums(event), ...recordsOf(event, tellService(event)), ...startsUntil(event)]
  }

  /** Workers start before the checks, to send what is spooled; polls start when all have passed. */
  function startsUntil(event: AboutService): LogRecord[] {
    if (event.type !== 'service.ready' || early === undefined) return []
    const held = [...early.values()]
    early = undefined
    return held.flatMap((started) => aboutMetric({ ...started, atMs: event.atMs }))
  }

  /** Sums that wait for their quiet time to be over are said before the process goes. */
  function lastSums(event: AboutService): LogRecord[] {
    if (event.type !== 'service.stopped') return []
    return [...voices].flatMap(([metric, voice]) => recordsOf(event, voice.lastSums(event.atMs), metric))
  }

  return (event) => ('metric' in event ? aboutMetric(event) : aboutService(event))
}

function recordsOf(event: RowtailEvent, lines: readonly Line[], metric?: string): LogRecord[] {
  return lines.map(({ level, message, fields = {}, event: type = event.type }) => ({
    atMs: event.atMs,
    level,
    ...(metric === undefined ? {} : { metric }),
    event: type,
    message,
    fields,
  }))
}
