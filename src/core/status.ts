// What all events add up to: one plain JSON snapshot, which /api/status answers with and the health
// endpoints judge (core/readiness). The main thread applies every event. Pure; its size depends on the
// number of metrics alone.

import type { ErrorReport } from './errors.ts'
import type { EventOf, HostRole, RowtailEvent } from './events.ts'
import type { Metric } from './metric.ts'
import {
  foldMetric,
  type LastError,
  type MetricRecord,
  type MetricStatus,
  metricStatusOf,
  newMetricRecord,
} from './status-metric.ts'

export type ServiceInfo = {
  readonly version: string
  /** The target's name. */
  readonly target: string
  readonly startedMs: number
  readonly bounds: { readonly spoolMetricBytes: number; readonly spoolTotalBytes: number }
}

export type ServiceState = 'starting' | 'ready' | 'stopping'

/** The last word of each startup check. */
export type CheckStatus = {
  readonly check: string
  readonly outcome: 'passed' | 'warned' | 'failed' | 'waiting'
  readonly atMs: number
  readonly error?: ErrorReport
}

export type SinkStatus = {
  /** `ok` until it is lost for the first time. */
  readonly state: 'ok' | 'lost'
  readonly sinceMs: number
  /** Why it was lost last; stays when it is back. */
  readonly lastError?: LastError
  /** Bytes a second of the tenant's limit, once an answer named it. */
  readonly limitBytesPerSecond?: number
  /**
   * Streams that produce more than their pace, by label text, and bytes a second: a retry may be stored
   * twice.
   */
  readonly fastStreams?: Readonly<Record<string, number>>
}

export type LoginStatus =
  | { readonly state: 'ok' }
  | { readonly state: 'refused'; readonly sinceMs: number; readonly error: ErrorReport }

export type HostStatus = {
  readonly role: HostRole
  readonly state: 'running' | 'lost'
  readonly pid: number
  readonly sinceMs: number
  readonly losses: number
  readonly lastError?: LastError
}

/** Times are ms since the epoch. Additions keep `v`; a change of meaning raises it. */
export type StatusSnapshot = {
  readonly v: 1
  readonly atMs: number
  readonly service: ServiceInfo & {
    readonly state: ServiceState
    readonly sinceMs: number
    readonly checks: readonly CheckStatus[]
  }
  readonly sink: SinkStatus
  readonly login: LoginStatus
  readonly hosts: readonly HostStatus[]
  /** What the driver cannot do and is used without. */
  readonly driverLimits: readonly string[]
  readonly spool: { readonly bytes: number; readonly rows: number; readonly deadLetters: number }
  readonly metrics: readonly MetricStatus[]
}

export interface Status {
  apply(event: RowtailEvent): void
  snapshot(nowMs: number): StatusSnapshot
}

/** Spools of former metrics that are shown beside the configured ones. */
const maxMetrics = 1_000
const maxChecks = 50
const maxDriverLimits = 50
const maxFastStreams = 1_000

export function createStatus(
  metrics: readonly Pick<Metric, 'name' | 'intervalMs' | 'send'>[],
  info: ServiceInfo,
): Status {
  const service = createServiceFold(info)
  const records = new Map(
    metrics.map(({ name, intervalMs, send }) => [name, newMetricRecord(name, intervalMs, send)]),
  )

  function recordOf(metric: string): MetricRecord | undefined {
    const known = records.get(metric)
    if (known !== undefined || records.size >= maxMetrics) return known
    const fresh = newMetricRecord(metric, 0, true)
    records.set(metric, fresh)
    return fresh
  }

  return {
    apply(event) {
      if (!('metric' in event)) return service.apply(event)
      const record = recordOf(event.metric)
      if (record !== undefined) foldMetric(record, event)
      if (event.type === 'metric.drained') records.delete(event.metric)
    },
    snapshot(nowMs) {
      const head = service.snapshot()
      const isLoginRefused = head.login.state === 'refused'
      const shown = [...records.values()].map((record) => metricStatusOf(record, isLoginRefused))
      return { v: 1, atMs: nowMs, ...head, spool: spoolSum(shown), metrics: shown }
    },
  }
}

function spoolSum(metrics: readonly MetricStatus[]): StatusSnapshot['spool'] {
  const sum = { bytes: 0, rows: 0, deadLetters: 0 }
  for (const { spool } of metrics) {
    sum.bytes += spool.bytes
    sum.rows += spool.rows
    sum.deadLetters += spool.deadLetters
  }
  return sum
}

type ServiceHead = Pick<StatusSnapshot, 'service' | 'sink' | 'login' | 'hosts' | 'driverLimits'>
type AboutService = Exclude<RowtailEvent, { metric: string }>
type ServiceFold = { readonly [K in AboutService['type']]: (event: EventOf<K>) => void }

function createServiceFold(info: ServiceInfo): {
  apply: (event: AboutService) => void
  snapshot: () => ServiceHead
} {
  let life: { state: ServiceState; sinceMs: number } = { state: 'starting', sinceMs: info.startedMs }
  let login: LoginStatus = { state: 'ok' }
  const checks = createChecks()
  const hosts = createHosts()
  const sink = createSink(info.startedMs)
  const fold: ServiceFold = {
    ...checks.fold,
    ...hosts.fold,
    ...sink.fold,
    'service.starting': () => {},
    'service.ready': ({ atMs }) => {
      life = { state: 'ready', sinceMs: atMs }
    },
    'service.stopping': ({ atMs }) => {
      life = { state: 'stopping', sinceMs: atMs }
    },
    'service.stopped': () => {},
    warning: () => {},
    'login.refused': ({ error, atMs }) => {
      login = { state: 'refused', sinceMs: login.state === 'refused' ? login.sinceMs : atMs, error }
    },
    'login.accepted': () => {
      login = { state: 'ok' }
    },
  }
  return {
    apply: (event) => {
      const apply = fold[event.type] as (event: AboutService) => void // the key chose the event's own
      apply(event)
    },
    snapshot: () => ({
      service: { ...info, ...life, checks: checks.list() },
      sink: sink.status(),
      login,
      hosts: hosts.list(),
      driverLimits: hosts.limits(),
    }),
  }
}

function createChecks() {
  const checks = new Map<string, CheckStatus>()
  function put(status: CheckStatus): void {
    if (checks.has(status.check) || checks.size < maxChecks) checks.set(status.check, status)
  }
  const fold: Pick<ServiceFold, 'check.passed' | 'check.warned' | 'check.failed' | 'check.waiting'> = {
    'check.passed': ({ check, atMs }) => put({ check, outcome: 'passed', atMs }),
    'check.warned': ({ check, atMs, error }) => put({ check, outcome: 'warned', atMs, error }),
    'check.failed': ({ check, atMs, error }) => put({ check, outcome: 'failed', atMs, error }),
    'check.waiting': ({ check, atMs, error }) => put({ check, outcome: 'waiting', atMs, error }),
  }
  return { fold, list: () => [...checks.values()] }
}

function createHosts() {
  const hosts = new Map<HostRole, HostStatus>()
  const limits = new Set<string>()
  const fold: Pick<ServiceFold, 'host.started' | 'host.lost' | 'driver.limited'> = {
    'driver.limited': ({ what }) => {
      if (limits.size < maxDriverLimits) limits.add(what)
    },
    'host.started': ({ role, pid, atMs }) => {
      hosts.set(role, { losses: 0, ...hosts.get(role), role, pid, state: 'running', sinceMs: atMs })
    },
    'host.lost': ({ role, pid, error, atMs }) => {
      const known = hosts.get(role)
      const losses = (known?.losses ?? 0) + 1
      const lastError = { ...error, atMs }
      // A host that was replaced before it died is counted, while its successor goes on.
      const isCurrent = known === undefined || known.pid === pid
      const lost = { role, pid, state: 'lost', sinceMs: atMs } as const
      hosts.set(role, { ...(isCurrent ? lost : known), losses, lastError })
    },
  }
  return { fold, list: () => [...hosts.values()], limits: () => [...limits] }
}

type SinkEventType = 'sink.lost' | 'sink.back' | 'sink.limited' | 'stream.fast' | 'stream.steady'

function createSink(startedMs: number) {
  let status: SinkStatus = { state: 'ok', sinceMs: startedMs }
  const fast = new Map<string, number>()
  const fold: Pick<ServiceFold, SinkEventType> = {
    'sink.lost': ({ error, atMs }) => {
      const sinceMs = status.state === 'lost' ? status.sinceMs : atMs
      status = { ...status, state: 'lost', sinceMs, lastError: { ...error, atMs } }
    },
    'sink.back': ({ atMs }) => {
      status = { ...status, state: 'ok', sinceMs: atMs }
    },
    'sink.limited': ({ bytesPerSecond }) => {
      status = { ...status, limitBytesPerSecond: bytesPerSecond }
    },
    'stream.fast': ({ stream, bytesPerSecond }) => {
      if (fast.size < maxFastStreams) fast.set(stream, bytesPerSecond)
    },
    'stream.steady': ({ stream }) => {
      fast.delete(stream)
    },
  }
  return {
    fold,
    status: () => (fast.size === 0 ? status : { ...status, fastStreams: Object.fromEntries(fast) }),
  }
}
