// What the page is shown with: a service that has been well for a while, and one in which much is wrong. For
// the tests of the page and for the screenshots of the documentation.

import type { ErrorReport } from '../../src/core/errors.ts'
import type { RowtailEvent } from '../../src/core/events.ts'
import { randomOf } from './random.ts'

export const sceneMetrics = [
  { name: 'show_server_status', intervalMs: 1_000, send: true },
  { name: 'show_locks', intervalMs: 2_000, send: true },
  { name: 'show_cluster_nodes', intervalMs: 15_000, send: true },
  { name: 'get_license_info', intervalMs: 86_400_000, send: true },
  { name: 'get_leveldb_stats', intervalMs: 60_000, send: true },
  { name: 'reset_leveldb_stats', intervalMs: 86_400_000, send: false },
] as const

const rows: Readonly<Record<string, readonly string[]>> = {
  show_server_status: [
    JSON.stringify({
      service: 'sqream',
      instance: 'node_9383',
      connection_id: 19,
      serverip: '10.0.0.7',
      serverport: 5_000,
      statementid: 4_102,
      statementstatus: 'Executing',
    }),
  ],
  show_locks: [
    '{"stmt_id":287,"username":"sqream","object":"database$t","mode":"Inclusive"}',
    '{"stmt_id":287,"username":"sqream","object":"globalpermission$","mode":"Exclusive"}',
  ],
}

export const lokiAway: ErrorReport = {
  code: 'loki_unreachable',
  message: 'Loki does not answer at http://loki:3100: connection refused.',
  hint: 'See whether it runs there; rows wait in the spool and go out by themselves.',
}

export const missingTable: ErrorReport = {
  code: 'query_failed',
  message: 'The database refused the query of show_cluster_nodes.',
  said: 'ERROR: function show_cluster_nodes() does not exist',
  hint: 'Run the query by hand with the same login, and mend it in monitor_input.json.',
  sqlState: '42883',
}

export const hung: ErrorReport = {
  code: 'query_abandoned',
  message: 'The query of get_leveldb_stats did not end within 60s, nor when it was cancelled.',
  hint: 'See what the database does with it.',
}

/** An hour's worth of good runs, and the rows of the last ones. */
export function wellScene(nowMs: number): RowtailEvent[] {
  const random = randomOf(7)
  const runs = sceneMetrics.flatMap(({ name: metric, intervalMs, send }, index) => {
    const count = Math.min(60, Math.ceil(3_600_000 / intervalMs))
    return Array.from({ length: count }, (_, run): RowtailEvent[] => {
      const atMs = nowMs - (count - run) * intervalMs + intervalMs / 2 + index * 100
      const rowCount = (index + 1) * (2 + random.below(4))
      return [
        {
          type: 'run.finished',
          metric,
          atMs,
          rows: rowCount,
          bytes: rowCount * 120,
          durationMs: 8 + random.below(31) * (index + 1),
          isCut: false,
          flags: [],
          skippedTicks: 0,
          failuresBefore: 0,
          isSent: send,
          nextMs: atMs + intervalMs,
          latestRows: rows[metric] ?? ['{"name":"example","value":12345678901234567890}'],
        },
        { type: 'push.delivered', metric, atMs, rows: rowCount, bytes: rowCount * 120, durationMs: 12 },
      ]
    }).flat()
  })
  return [
    { type: 'host.started', role: 'main', pid: 4_711, atMs: nowMs },
    { type: 'service.ready', atMs: nowMs },
    ...sceneMetrics.map(({ name: metric, intervalMs, send }): RowtailEvent => {
      return { type: 'metric.started', metric, intervalMs, isSending: send, atMs: nowMs }
    }),
    ...runs,
  ]
}

/** Loki away, a query that fails, one that hangs, and a former metric that drains. */
export function troubledScene(nowMs: number): RowtailEvent[] {
  const waits = (metric: string, count: number): RowtailEvent => {
    const depth = { bytes: count * 130, rows: count, oldestMs: nowMs - 75_000, deadLetters: 0 }
    return { type: 'spool.depth', metric, depth, atMs: nowMs }
  }
  const failures = Array.from({ length: 12 }, (_, run): RowtailEvent => {
    const atMs = nowMs - (12 - run) * 15_000
    const failed = { error: missingTable, durationMs: 20 + run, rows: 0, failures: run + 1 }
    return { type: 'run.failed', metric: 'show_cluster_nodes', atMs, nextMs: atMs + 15_000, ...failed }
  })
  const draining = { bytes: 5_400, rows: 41, oldestMs: nowMs - 90_000, deadLetters: 2 }
  return [
    ...wellScene(nowMs),
    { type: 'sink.lost', error: lokiAway, atMs: nowMs - 75_000 },
    waits('show_server_status', 1_204),
    waits('show_locks', 96),
    ...failures,
    { type: 'metric.isolated', metric: 'get_leveldb_stats', error: hung, atMs: nowMs - 30_000 },
    { type: 'metric.draining', metric: 'largest_tables', depth: draining, atMs: nowMs },
  ]
}
