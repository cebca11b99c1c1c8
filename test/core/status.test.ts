import { describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../src/core/errors.ts'
import type { MetricEvent, ServiceEvent } from '../../src/core/events.ts'
import { createStatus } from '../../src/core/status.ts'

const info = {
  version: '0.1.0',
  target: 'db1_5000_master',
  startedMs: 1_000,
  bounds: { spoolMetricBytes: 1_000_000, spoolTotalBytes: 10_000_000 },
}
const error: ErrorReport = { code: 'query_failed', message: 'The database refused the query.' }

function setUp() {
  const status = createStatus(
    [
      { name: 'show_locks', intervalMs: 2_000, send: true },
      { name: 'reset_leveldb_stats', intervalMs: 86_400_000, send: false },
    ],
    info,
  )
  return {
    status,
    service: (atMs: number, event: ServiceEvent) => status.apply({ ...event, atMs }),
    metric: (atMs: number, event: MetricEvent, name = 'show_locks') =>
      status.apply({ ...event, atMs, metric: name }),
    shown: (name = 'show_locks') => status.snapshot(0).metrics.find((metric) => metric.name === name),
  }
}

const finished = {
  type: 'run.finished',
  rows: 12,
  bytes: 3_482,
  durationMs: 45,
  isCut: false,
  flags: [],
  skippedTicks: 2,
  failuresBefore: 0,
  isSent: true,
  nextMs: 9_000,
} as const

describe('the status', () => {
  it('begins with every configured metric waiting', () => {
    const { status } = setUp()
    expect(status.snapshot(5_000)).toMatchObject({
      v: 1,
      atMs: 5_000,
      service: { ...info, state: 'starting', sinceMs: 1_000, checks: [] },
      sink: { state: 'ok', sinceMs: 1_000 },
      login: { state: 'ok' },
      hosts: [],
      driverLimits: [],
      spool: { bytes: 0, rows: 0, deadLetters: 0 },
      metrics: [
        { name: 'show_locks', state: 'waiting', intervalMs: 2_000, isSending: true },
        { name: 'reset_leveldb_stats', state: 'waiting', intervalMs: 86_400_000, isSending: false },
      ],
    })
  })

  it('is plain JSON', () => {
    const { status, metric, service } = setUp()
    metric(2_000, finished)
    metric(2_000, { type: 'run.failed', error, durationMs: 1, rows: 0, failures: 1, nextMs: 3_000 })
    service(2_000, { type: 'sink.lost', error })
    const snapshot = status.snapshot(3_000)
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
  })

  it('keeps a snapshot as it was', () => {
    const { status, metric } = setUp()
    metric(2_000, finished)
    const before = status.snapshot(3_000)
    const text = JSON.stringify(before)
    metric(4_000, finished)
    metric(4_000, { type: 'rows.dropped', rows: 1, bytes: 1, reason: 'disk_low' })
    expect(JSON.stringify(before)).toBe(text)
  })

  it('follows the service through its life and its startup checks', () => {
    const { status, service } = setUp()
    service(1_000, { type: 'service.starting', version: '0.1.0', target: 'db1', metrics: 2 })
    service(1_100, { type: 'check.waiting', check: 'database', error, waitMs: 1_000 })
    service(1_200, { type: 'check.waiting', check: 'loki', error, waitMs: 1_000 })
    service(1_300, { type: 'check.passed', check: 'database', detail: 'logged in' })
    service(1_400, { type: 'check.warned', check: 'loki', error })
    service(1_500, { type: 'service.ready' })
    expect(status.snapshot(2_000).service).toMatchObject({
      state: 'ready',
      sinceMs: 1_500,
      checks: [
        { check: 'database', outcome: 'passed', atMs: 1_300 },
        { check: 'loki', outcome: 'warned', atMs: 1_400, error },
      ],
    })
    service(3_000, { type: 'service.stopping', cause: 'SIGTERM' })
    expect(status.snapshot(3_000).service.state).toBe('stopping')
  })

  it('follows Loki, its limit and the login', () => {
    const { status, service, shown } = setUp()
    service(2_000, { type: 'sink.lost', error })
    service(3_000, { type: 'sink.lost', error })
    service(3_000, { type: 'sink.limited', bytesPerSecond: 4_000 })
    expect(status.snapshot(4_000).sink).toEqual({
      state: 'lost',
      sinceMs: 2_000,
      lastError: { ...error, atMs: 3_000 },
      limitBytesPerSecond: 4_000,
    })
    service(5_000, { type: 'sink.back', awayMs: 3_000 })
    expect(status.snapshot(5_000).sink).toMatchObject({ state: 'ok', sinceMs: 5_000 })

    service(6_000, { type: 'login.refused', error, probeMs: 60_000 })
    service(7_000, { type: 'login.refused', error, probeMs: 60_000 })
    expect(status.snapshot(7_000).login).toEqual({ state: 'refused', sinceMs: 6_000, error })
    expect(shown()?.state).toBe('login_refused')
    service(8_000, { type: 'login.accepted' })
    expect(status.snapshot(8_000).login).toEqual({ state: 'ok' })
  })

  it('shows which streams produce more than their pace', () => {
    const { status, service } = setUp()
    const stream = '{job="locks"}'
    service(2_000, { type: 'stream.fast', stream, bytesPerSecond: 1_200_000 })
    expect(status.snapshot(2_000).sink.fastStreams).toEqual({ [stream]: 1_200_000 })
    service(3_000, { type: 'stream.steady', stream })
    expect(status.snapshot(3_000).sink).not.toHaveProperty('fastStreams')
  })

  it('follows driver hosts, and counts one that dies after it was replaced', () => {
    const { status, service } = setUp()
    service(1_000, { type: 'host.started', role: 'main', pid: 10 })
    service(2_000, { type: 'host.lost', role: 'main', pid: 10, error })
    expect(status.snapshot(2_000).hosts).toEqual([
      {
        role: 'main',
        state: 'lost',
        pid: 10,
        sinceMs: 2_000,
        losses: 1,
        lastError: { ...error, atMs: 2_000 },
      },
    ])
    service(3_000, { type: 'host.started', role: 'main', pid: 11 })
    service(4_000, { type: 'host.started', role: 'main', pid: 12 })
    service(5_000, { type: 'host.lost', role: 'main', pid: 11, error })
    expect(status.snapshot(5_000).hosts).toMatchObject([
      { role: 'main', state: 'running', pid: 12, sinceMs: 4_000, losses: 2 },
    ])
    service(6_000, { type: 'driver.limited', what: 'query timeout' })
    service(6_000, { type: 'driver.limited', what: 'query timeout' })
    expect(status.snapshot(6_000).driverLimits).toEqual(['query timeout'])
  })
})

describe('a metric in the status', () => {
  it('goes from waiting through running to ok, and adds up what it did', () => {
    const { metric, shown } = setUp()
    metric(2_000, { type: 'metric.started', intervalMs: 2_000, isSending: true })
    metric(2_500, { type: 'run.started', tickMs: 2_499, latenessMs: 0.4 })
    expect(shown()).toMatchObject({ state: 'running', runningSinceMs: 2_500, startedMs: 2_000 })
    expect(shown()).toMatchObject({ lastTick: { atMs: 2_499, latenessMs: 0.4 } })
    metric(3_000, finished)
    metric(5_000, finished)
    metric(6_000, { type: 'push.delivered', rows: 24, bytes: 7_000, durationMs: 3 })
    metric(6_500, { type: 'push.delivered', rows: 1, bytes: 300, durationMs: 3, isRunLine: true })
    metric(6_000, { type: 'spool.depth', depth: { bytes: 10, rows: 1, oldestMs: 4_000, deadLetters: 2 } })
    expect(shown()).toMatchObject({
      state: 'ok',
      nextMs: 9_000,
      lastRun: { atMs: 5_000, rows: 12, bytes: 3_482, durationMs: 45, isCut: false, flags: [] },
      runs: { ok: 2, failed: 0, failuresInARow: 0 },
      skippedTicks: 4,
      delivered: { rows: 24, bytes: 7_000, lastMs: 6_000 },
      spool: { bytes: 10, rows: 1, oldestMs: 4_000, deadLetters: 2 },
    })
    expect(shown()).not.toHaveProperty('runningSinceMs')
  })

  it('is failing until a run succeeds, and keeps its last error', () => {
    const { metric, shown } = setUp()
    metric(2_000, { type: 'run.failed', error, durationMs: 1, rows: 0, failures: 1, nextMs: 3_000 })
    metric(3_000, { type: 'run.failed', error, durationMs: 1, rows: 0, failures: 2, nextMs: 5_000 })
    metric(3_500, { type: 'run.started', tickMs: 3_500, latenessMs: 0 })
    expect(shown()).toMatchObject({
      state: 'failing',
      lastError: { ...error, atMs: 3_000 },
      runs: { ok: 0, failed: 2, failuresInARow: 2 },
      nextMs: 5_000,
    })
    metric(5_000, finished)
    expect(shown()).toMatchObject({
      state: 'ok',
      lastError: { atMs: 3_000 },
      runs: { ok: 1, failed: 2, failuresInARow: 0 },
    })
  })

  it('shows isolation, a lost and a stuck worker', () => {
    const { service, metric, shown } = setUp()
    metric(1_000, finished)
    metric(2_000, { type: 'metric.isolated', error })
    expect(shown()?.state).toBe('isolated')
    metric(3_000, { type: 'metric.returned' })
    expect(shown()?.state).toBe('ok')
    service(4_000, { type: 'worker.stuck', metric: 'show_locks' })
    expect(shown()?.state).toBe('stuck')
    service(5_000, { type: 'worker.lost', metric: 'show_locks', error, restartMs: 200 })
    expect(shown()).toMatchObject({ state: 'failing', restarts: 1, lastError: { atMs: 5_000 } })
    metric(6_000, { type: 'metric.started', intervalMs: 2_000, isSending: true })
    expect(shown()?.state).toBe('ok')
  })

  it('counts what was dropped, refused and stamped anew, by reason', () => {
    const { metric, shown } = setUp()
    metric(1_000, { type: 'rows.dropped', rows: 5, bytes: 100, reason: 'spool_full' })
    metric(1_000, { type: 'rows.dropped', rows: 2, bytes: 100, reason: 'spool_full' })
    metric(1_000, { type: 'rows.dropped', rows: 1, bytes: 100, reason: 'disk_low' })
    metric(1_000, { type: 'dead_letters.added', rows: 3, reason: 'too_long', said: 'x' })
    metric(1_000, { type: 'dead_letters.added', rows: 1, reason: 'too_long', said: 'x' })
    metric(1_000, { type: 'push.restamped', rows: 4, reason: 'too_far_behind' })
    expect(shown()).toMatchObject({
      dropped: { spool_full: 7, disk_low: 1 },
      deadLetters: { too_long: 4 },
      restampedRows: 4,
    })
  })

  it('shows a spool or a push that fails until it works again', () => {
    const { metric, shown } = setUp()
    metric(1_000, { type: 'spool.failed', error })
    metric(1_000, { type: 'push.failed', error, outcome: 'retry', failures: 1 })
    expect(shown()).toMatchObject({ spoolError: { atMs: 1_000 }, pushError: { atMs: 1_000 } })
    metric(2_000, { type: 'spool.recovered' })
    metric(2_000, { type: 'push.delivered', rows: 1, bytes: 1, durationMs: 1 })
    expect(shown()).not.toHaveProperty('spoolError')
    expect(shown()).not.toHaveProperty('pushError')
  })

  it('that is no longer configured is shown while it drains', () => {
    const { status, metric, shown } = setUp()
    metric(1_000, { type: 'metric.draining', depth: { bytes: 10, rows: 1, deadLetters: 0 } }, 'former')
    expect(shown('former')).toMatchObject({ state: 'draining', spool: { rows: 1 } })
    expect(status.snapshot(0).spool).toEqual({ bytes: 10, rows: 1, deadLetters: 0 })
    metric(2_000, { type: 'metric.drained', deadLetters: 0 }, 'former')
    expect(shown('former')).toBeUndefined()
  })
})

describe('the size of the status', () => {
  it('has room for 20 flags of a run', () => {
    const { metric, shown } = setUp()
    const flags = Array.from({ length: 21 }, (_, index) => ({ column: `c${index}`, why: 'rounded' }) as const)
    metric(1_000, { ...finished, flags: flags.slice(0, 20) })
    expect(shown()?.lastRun?.flags).toHaveLength(20)
    metric(1_000, { ...finished, flags })
    expect(shown()?.lastRun?.flags).toHaveLength(20)
  })

  it('has room for a thousand metrics', () => {
    const { status, metric } = setUp()
    for (let index = 0; index < 998; index += 1) metric(1_000, finished, `former ${index}`)
    expect(status.snapshot(0).metrics).toHaveLength(1_000)
    metric(1_000, finished, 'one more')
    expect(status.snapshot(0).metrics).toHaveLength(1_000)
  })
})
