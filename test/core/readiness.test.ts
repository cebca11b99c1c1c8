import { describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../src/core/errors.ts'
import { readiness } from '../../src/core/readiness.ts'
import { createStatus } from '../../src/core/status.ts'

const startedMs = 1_000_000
const error: ErrorReport = { code: 'query_failed', message: 'The database refused the query.' }

function ready(intervalMs = 2_000) {
  const status = createStatus([{ name: 'show_locks', intervalMs, send: true }], {
    version: '0.1.0',
    target: 'db1',
    startedMs,
    bounds: { spoolMetricBytes: 1_000, spoolTotalBytes: 10_000 },
  })
  status.apply({ type: 'service.ready', atMs: startedMs })
  return { status, reasonsAt: (nowMs: number) => readiness(status.snapshot(nowMs), nowMs).reasons }
}

function finished(atMs: number) {
  return {
    type: 'run.finished',
    metric: 'show_locks',
    atMs,
    rows: 1,
    bytes: 1,
    durationMs: 1,
    isCut: false,
    flags: [],
    skippedTicks: 0,
    failuresBefore: 0,
    isSent: true,
    nextMs: 0,
  } as const
}

const depthOf = (bytes: number, rows = 1, oldestMs = startedMs) =>
  ({
    type: 'spool.depth',
    metric: 'show_locks',
    atMs: startedMs,
    depth: { bytes, rows, oldestMs, deadLetters: 0 },
  }) as const

describe('rowtail is not ready', () => {
  it('while it starts or stops, and then for no other reason of its metrics', () => {
    const status = createStatus([{ name: 'show_locks', intervalMs: 2_000, send: true }], {
      version: '0.1.0',
      target: 'db1',
      startedMs,
      bounds: { spoolMetricBytes: 1_000, spoolTotalBytes: 10_000 },
    })
    const later = startedMs + 3_600_000
    expect(readiness(status.snapshot(later), later)).toEqual({
      isReady: false,
      reasons: [{ code: 'starting', message: 'rowtail is starting' }],
    })
    status.apply({ type: 'service.ready', atMs: later })
    status.apply({ type: 'service.stopping', atMs: later, cause: 'SIGTERM' })
    expect(readiness(status.snapshot(later), later).reasons).toEqual([
      { code: 'stopping', message: 'rowtail is stopping' },
    ])
  })

  it('when a metric had no successful run for three intervals', () => {
    const { status, reasonsAt } = ready(10_000)
    status.apply(finished(startedMs))
    expect(reasonsAt(startedMs + 30_000)).toEqual([])
    status.apply({
      type: 'run.failed',
      metric: 'show_locks',
      atMs: startedMs + 30_000,
      error,
      durationMs: 1,
      rows: 0,
      failures: 3,
      nextMs: 0,
    })
    expect(reasonsAt(startedMs + 30_001)).toEqual([
      {
        code: 'metric_silent',
        metric: 'show_locks',
        message: 'no successful run for 30s, last error: The database refused the query.',
      },
    ])
  })

  it('when a metric never started, counted from the time that the service was ready', () => {
    const { status, reasonsAt } = ready()
    status.apply({ type: 'service.ready', atMs: startedMs + 30_000 })
    expect(reasonsAt(startedMs + 45_000)).toEqual([])
    expect(reasonsAt(startedMs + 45_001)).toMatchObject([{ code: 'metric_silent' }])
  })

  it('when a fast metric had none for 15 s, counted from its start where there was none yet', () => {
    const { status, reasonsAt } = ready(500)
    const metric = 'show_locks'
    status.apply({
      type: 'metric.started',
      metric,
      atMs: startedMs + 5_000,
      intervalMs: 500,
      isSending: true,
    })
    expect(reasonsAt(startedMs + 20_000)).toEqual([])
    expect(reasonsAt(startedMs + 20_001)).toEqual([
      { code: 'metric_silent', metric: 'show_locks', message: 'no successful run for 15s' },
    ])
  })

  it('when the login is refused, said once and not of each metric', () => {
    const { status, reasonsAt } = ready()
    status.apply({ type: 'login.refused', atMs: startedMs, error, probeMs: 60_000 })
    expect(reasonsAt(startedMs + 3_600_000)).toEqual([
      { code: 'login_refused', message: 'The database refused the query.' },
    ])
  })

  it('when Loki is lost', () => {
    const { status, reasonsAt } = ready()
    status.apply({
      type: 'sink.lost',
      atMs: startedMs,
      error: { code: 'loki_unreachable', message: 'Nothing answers.' },
    })
    expect(reasonsAt(startedMs + 4_000)).toEqual([
      { code: 'sink_lost', message: 'Loki has been lost for 4s: Nothing answers.' },
    ])
    status.apply({ type: 'sink.back', atMs: startedMs + 5_000, awayMs: 5_000 })
    expect(reasonsAt(startedMs + 5_000)).toEqual([])
  })

  it('when rows wait for more than five minutes', () => {
    const { status, reasonsAt } = ready()
    status.apply(finished(startedMs + 300_000))
    status.apply(depthOf(10))
    expect(reasonsAt(startedMs + 300_000)).toEqual([])
    expect(reasonsAt(startedMs + 300_001)).toEqual([
      { code: 'backlog_old', metric: 'show_locks', message: '1 row in the spool, the oldest for 5m' },
    ])
  })

  it('when a spool is more than 80% full, and when all together are', () => {
    const { status, reasonsAt } = ready()
    status.apply(depthOf(800))
    expect(reasonsAt(startedMs)).toEqual([])
    status.apply(depthOf(801))
    expect(reasonsAt(startedMs)).toEqual([
      { code: 'spool_filling', metric: 'show_locks', message: 'its spool is 80% full' },
    ])
    status.apply(depthOf(0, 0))
    for (let index = 0; index < 10; index += 1) status.apply({ ...depthOf(800), metric: `metric_${index}` })
    expect(reasonsAt(startedMs)).toEqual([])
    status.apply(depthOf(1))
    expect(reasonsAt(startedMs)).toEqual([
      { code: 'spool_filling', message: 'the room for all spools is 80% full' },
    ])
  })

  it('when Loki fails on one entry again and again, until it takes it', () => {
    const { status, reasonsAt } = ready()
    const push = { metric: 'show_locks', atMs: startedMs } as const
    const failure: ErrorReport = { code: 'loki_server_error', message: 'Loki answered 500.' }
    const failed = { type: 'push.failed', error: failure, outcome: 'retry', failures: 20, ...push } as const
    status.apply(failed)
    expect(reasonsAt(startedMs)).toEqual([])
    status.apply({ ...failed, isStuck: true })
    expect(reasonsAt(startedMs)).toEqual([
      { code: 'delivery_stuck', metric: 'show_locks', message: 'Loki answered 500.' },
    ])
    status.apply({ type: 'push.delivered', rows: 1, bytes: 1, durationMs: 1, ...push })
    expect(reasonsAt(startedMs)).toEqual([])
  })

  it('for what others see, too', () => {
    const { status } = ready()
    const gone = { code: 'state_dir_gone', message: 'It is gone.' } as const
    expect(readiness(status.snapshot(startedMs), startedMs, [gone])).toEqual({
      isReady: false,
      reasons: [gone],
    })
  })

  it('when rows cannot be spooled', () => {
    const { status, reasonsAt } = ready()
    const full: ErrorReport = { code: 'spool_write_failed', message: 'The disk is full.' }
    status.apply({ type: 'spool.failed', metric: 'show_locks', atMs: startedMs, error: full })
    expect(reasonsAt(startedMs)).toEqual([
      { code: 'spool_unwritable', metric: 'show_locks', message: 'The disk is full.' },
    ])
  })
})
