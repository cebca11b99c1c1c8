// Whether rowtail does what it is there for, judged from the status alone: /readyz answers with it. Pure.
// Not ready means that somebody should look; rowtail itself goes on as before.

import { sentenceOf } from './errors.ts'
import { countOf, formatElapsed } from './quantity.ts'
import type { StatusSnapshot } from './status.ts'
import type { MetricStatus } from './status-metric.ts'

export type ReadinessReason = {
  readonly code:
    | 'starting'
    | 'stopping'
    | 'login_refused'
    | 'metric_silent'
    | 'sink_lost'
    | 'backlog_old'
    | 'delivery_stuck'
    | 'spool_filling'
    | 'spool_unwritable'
    | 'state_dir_gone'
  readonly metric?: string
  readonly message: string
}

export type ReadinessVerdict = { readonly isReady: boolean; readonly reasons: readonly ReadinessReason[] }

/** A metric is silent when it had no successful run for so many intervals, but never sooner than 15 s. */
const silentIntervals = 3
const minSilenceMs = 15_000
/** Rows that wait for longer are not on their way but stuck. */
const maxBacklogAgeMs = 5 * 60_000
const maxSpoolShare = 0.8

/** `others` are reasons that the status does not tell. */
export function readiness(
  snapshot: StatusSnapshot,
  nowMs: number,
  others: readonly ReadinessReason[] = [],
): ReadinessVerdict {
  const reasons = [
    ...others,
    ...serviceReasons(snapshot, nowMs),
    ...snapshot.metrics.flatMap((metric) => metricReasons(metric, snapshot, nowMs)),
  ]
  return { isReady: reasons.length === 0, reasons }
}

function serviceReasons({ service, sink, login, spool }: StatusSnapshot, nowMs: number): ReadinessReason[] {
  const reasons: ReadinessReason[] = []
  if (service.state !== 'ready') reasons.push({ code: service.state, message: `rowtail is ${service.state}` })
  if (login.state === 'refused') reasons.push({ code: 'login_refused', message: sentenceOf(login.error) })
  if (sink.state === 'lost') {
    const why = sink.lastError === undefined ? '' : `: ${sentenceOf(sink.lastError)}`
    const message = `Loki has been lost for ${formatElapsed(Math.max(0, nowMs - sink.sinceMs))}${why}`
    reasons.push({ code: 'sink_lost', message })
  }
  return [...reasons, ...filling('the room for all spools', spool.bytes, service.bounds.spoolTotalBytes)]
}

function metricReasons(metric: MetricStatus, snapshot: StatusSnapshot, nowMs: number): ReadinessReason[] {
  const { service } = snapshot
  const reasons = [
    ...silence(metric, snapshot, nowMs),
    ...backlog(metric, nowMs),
    ...stuck(metric),
    ...filling('its spool', metric.spool.bytes, service.bounds.spoolMetricBytes),
    ...unwritable(metric),
  ]
  return reasons.map((reason) => ({ ...reason, metric: metric.name }))
}

/**
 * Before the service is ready nothing runs, and a refused login stops every metric: each has its one
 * reason.
 */
function silence(metric: MetricStatus, { service }: StatusSnapshot, nowMs: number): ReadinessReason[] {
  if (service.state !== 'ready' || metric.state === 'draining' || metric.state === 'login_refused') return []
  const sinceMs = metric.lastRun?.atMs ?? metric.startedMs ?? service.sinceMs
  const silentMs = nowMs - sinceMs
  if (silentMs <= Math.max(minSilenceMs, silentIntervals * metric.intervalMs)) return []
  const why = metric.lastError === undefined ? '' : `, last error: ${sentenceOf(metric.lastError)}`
  return [{ code: 'metric_silent', message: `no successful run for ${formatElapsed(silentMs)}${why}` }]
}

function backlog({ spool }: MetricStatus, nowMs: number): ReadinessReason[] {
  const ageMs = spool.rows === 0 || spool.oldestMs === undefined ? 0 : nowMs - spool.oldestMs
  if (ageMs <= maxBacklogAgeMs) return []
  const message = `${countOf(spool.rows, 'row')} in the spool, the oldest for ${formatElapsed(ageMs)}`
  return [{ code: 'backlog_old', message }]
}

function stuck({ pushError }: MetricStatus): ReadinessReason[] {
  return pushError?.isStuck === true ? [{ code: 'delivery_stuck', message: sentenceOf(pushError) }] : []
}

function filling(what: string, bytes: number, maxBytes: number): ReadinessReason[] {
  const share = bytes / maxBytes
  if (share <= maxSpoolShare) return []
  return [{ code: 'spool_filling', message: `${what} is ${Math.floor(share * 100)}% full` }]
}

function unwritable({ spoolError }: MetricStatus): ReadinessReason[] {
  return spoolError === undefined ? [] : [{ code: 'spool_unwritable', message: sentenceOf(spoolError) }]
}
