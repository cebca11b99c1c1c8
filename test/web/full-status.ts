// A status in which everything has happened once, made of events as the service makes it: what the tests of
// metrics, docs and page begin with.

import type { ErrorReport } from '../../src/core/errors.ts'
import type { RowtailEvent } from '../../src/core/events.ts'
import { createStatus, type Status } from '../../src/core/status.ts'

export const startedMs = 1_790_000_000_000

const queryError: ErrorReport = {
  code: 'query_failed',
  message: 'The database refused the query.',
  hint: 'Try it by hand.',
  said: 'relation "locks" does not exist',
  sqlState: '42P01',
}

const lokiError: ErrorReport = {
  code: 'loki_unreachable',
  message: 'Loki does not answer.',
  hint: 'Start it.',
}

export function newStatus(names: readonly string[] = ['show_locks']): Status {
  return createStatus(
    names.map((name) => ({ name, intervalMs: 2_000, send: true })),
    {
      version: '0.1.0',
      target: 'db1',
      startedMs,
      bounds: { spoolMetricBytes: 1_000, spoolTotalBytes: 10_000 },
    },
  )
}

const metric = 'show_locks'
const atMs = startedMs + 1_000
const flag = { column: 'price', why: 'rounded', cure: 'cast(price as varchar)' } as const

export const finished = {
  type: 'run.finished',
  metric,
  atMs,
  rows: 3,
  bytes: 300,
  durationMs: 40,
  isCut: false,
  flags: [flag],
  skippedTicks: 2,
  failuresBefore: 0,
  isSent: true,
  nextMs: atMs + 2_000,
} as const satisfies RowtailEvent

export const failed = {
  type: 'run.failed',
  metric,
  atMs,
  error: queryError,
  durationMs: 700,
  rows: 0,
  failures: 1,
  nextMs: atMs + 1_000,
} as const satisfies RowtailEvent

const depth = { bytes: 512, rows: 6, oldestMs: startedMs, deadLetters: 1 }

export const everything: readonly RowtailEvent[] = [
  { type: 'check.warned', check: 'Loki', error: lokiError, atMs },
  { type: 'service.ready', listen: 'http://127.0.0.1:9464', atMs },
  { type: 'host.started', role: 'main', pid: 10, atMs },
  { type: 'host.lost', role: 'main', pid: 10, error: queryError, atMs },
  { type: 'driver.limited', what: 'query timeout', atMs },
  { type: 'sink.lost', error: lokiError, atMs },
  { type: 'sink.limited', bytesPerSecond: 4_000_000, atMs },
  { type: 'stream.fast', stream: '{job="show_locks"}', bytesPerSecond: 2_000_000, atMs },
  { type: 'metric.started', metric, intervalMs: 2_000, isSending: true, atMs },
  finished,
  failed,
  { type: 'spool.depth', metric, depth, atMs },
  { type: 'spool.failed', metric, error: { code: 'spool_write_failed', message: 'The disk is full.' }, atMs },
  { type: 'rows.dropped', metric, rows: 4, bytes: 100, reason: 'spool_full', atMs },
  { type: 'push.delivered', metric, rows: 2, bytes: 200, durationMs: 12, atMs },
  { type: 'push.failed', metric, error: lokiError, outcome: 'retry', failures: 20, isStuck: true, atMs },
  { type: 'push.restamped', metric, rows: 1, reason: 'too_old', atMs },
  { type: 'dead_letters.added', metric, rows: 1, reason: 'too_long', said: 'max line size', atMs },
  { type: 'worker.lost', metric, error: queryError, restartMs: 200, atMs },
  { type: 'run.started', metric, tickMs: atMs, latenessMs: 7, atMs },
]
