// The families of /metrics that the status tells: name, help and the samples of a snapshot. web/metrics
// serves them beside those that only events tell; docs/metrics.md is generated from both. Names and units
// follow Prometheus: seconds, bytes, `_total` for what only grows.

import type { StatusSnapshot } from '../core/status.ts'
import type { MetricStatus } from '../core/status-metric.ts'

export type Labels = Readonly<Record<string, string>>
export type Sample = readonly [value: number, labels?: Labels]

export type Family = {
  readonly name: `rowtail_${string}`
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
}

export type SnapshotFamily = Family & {
  readonly type: 'counter' | 'gauge'
  readonly samples: (snapshot: StatusSnapshot) => readonly Sample[]
}

const serviceFamilies: readonly SnapshotFamily[] = [
  {
    name: 'rowtail_build_info',
    type: 'gauge',
    help: 'Always 1; the versions of rowtail and of Node stand in the labels.',
    labels: ['version', 'node'],
    samples: ({ service }) => [[1, { version: service.version, node: process.versions.node }]],
  },
  {
    name: 'rowtail_start_time_seconds',
    type: 'gauge',
    help: 'When rowtail started, in seconds since the epoch.',
    labels: [],
    samples: ({ service }) => [[service.startedMs / 1_000]],
  },
  {
    name: 'rowtail_polling',
    type: 'gauge',
    help: 'Whether all startup checks have passed and metrics are polled (1), or it starts or stops (0).',
    labels: [],
    samples: ({ service }) => [[service.state === 'ready' ? 1 : 0]],
  },
  {
    name: 'rowtail_login_accepted',
    type: 'gauge',
    help: 'Whether the database takes the login (1); 0 stops all metrics.',
    labels: [],
    samples: ({ login }) => [[login.state === 'ok' ? 1 : 0]],
  },
  {
    name: 'rowtail_host_losses_total',
    type: 'counter',
    help: 'Driver hosts that were lost and replaced, by the part they played.',
    labels: ['role'],
    samples: ({ hosts }) => hosts.map(({ role, losses }) => [losses, { role }]),
  },
  {
    name: 'rowtail_sink_up',
    type: 'gauge',
    help: 'Whether Loki takes pushes (1), or is lost (0).',
    labels: [],
    samples: ({ sink }) => [[sink.state === 'ok' ? 1 : 0]],
  },
  {
    name: 'rowtail_sink_limit_bytes_per_second',
    type: 'gauge',
    help: "Loki's limit of this tenant; absent until an answer of Loki named it.",
    labels: [],
    samples: ({ sink }) => (sink.limitBytesPerSecond === undefined ? [] : [[sink.limitBytesPerSecond]]),
  },
  {
    name: 'rowtail_sink_fast_streams',
    type: 'gauge',
    help: 'Streams that produce more than --loki_stream_rate; a retry of theirs may be stored twice.',
    labels: [],
    samples: ({ sink }) => [[Object.keys(sink.fastStreams ?? {}).length]],
  },
  {
    name: 'rowtail_spool_limit_bytes',
    type: 'gauge',
    help: 'The bound of one spool (scope metric) and of all spools (scope total).',
    labels: ['scope'],
    samples: ({ service: { bounds } }) => [
      [bounds.spoolMetricBytes, { scope: 'metric' }],
      [bounds.spoolTotalBytes, { scope: 'total' }],
    ],
  },
]

const runFamilies: readonly SnapshotFamily[] = [
  {
    name: 'rowtail_metric_interval_seconds',
    type: 'gauge',
    help: 'The interval of each metric.',
    labels: ['metric'],
    samples: eachMetric(({ intervalMs }) => intervalMs / 1_000),
  },
  {
    name: 'rowtail_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'When a run of the metric last succeeded, in seconds since the epoch; absent before the first.',
    labels: ['metric'],
    samples: eachMetric(({ lastRun }) => (lastRun === undefined ? undefined : lastRun.atMs / 1_000)),
  },
  {
    name: 'rowtail_runs_total',
    type: 'counter',
    help: 'Runs that ended, by status: ok or failed.',
    labels: ['metric', 'status'],
    samples: ({ metrics }) =>
      metrics.flatMap(({ name, runs }) => [
        [runs.ok, { metric: name, status: 'ok' }] as const,
        [runs.failed, { metric: name, status: 'failed' }] as const,
      ]),
  },
  {
    name: 'rowtail_failures_in_a_row',
    type: 'gauge',
    help: 'Runs that failed since the last that succeeded.',
    labels: ['metric'],
    samples: eachMetric(({ runs }) => runs.failuresInARow),
  },
  {
    name: 'rowtail_ticks_skipped_total',
    type: 'counter',
    help: 'Ticks that passed while a run still went on.',
    labels: ['metric'],
    samples: eachMetric(({ skippedTicks }) => skippedTicks),
  },
  {
    name: 'rowtail_worker_restarts_total',
    type: 'counter',
    help: 'Times that the worker of the metric was lost and started again.',
    labels: ['metric'],
    samples: eachMetric(({ restarts }) => restarts),
  },
]

const deliveryFamilies: readonly SnapshotFamily[] = [
  {
    name: 'rowtail_spool_bytes',
    type: 'gauge',
    help: 'Bytes that wait in the spool of the metric.',
    labels: ['metric'],
    samples: eachMetric(({ spool }) => spool.bytes),
  },
  {
    name: 'rowtail_spool_rows',
    type: 'gauge',
    help: 'Entries that wait in the spool of the metric.',
    labels: ['metric'],
    samples: eachMetric(({ spool }) => spool.rows),
  },
  {
    name: 'rowtail_spool_oldest_age_seconds',
    type: 'gauge',
    help: 'Age of the oldest entry that waits in the spool of the metric; 0 where none waits.',
    labels: ['metric'],
    samples: ({ atMs, metrics }) =>
      metrics.map(({ name, spool }) => {
        const ageMs = spool.rows === 0 || spool.oldestMs === undefined ? 0 : atMs - spool.oldestMs
        return [Math.max(0, ageMs) / 1_000, { metric: name }]
      }),
  },
  {
    name: 'rowtail_spool_writable',
    type: 'gauge',
    help: 'Whether rows of the metric can be spooled (1), or the disk is full or fails (0).',
    labels: ['metric'],
    samples: eachMetric(({ spoolError }) => (spoolError === undefined ? 1 : 0)),
  },
  {
    name: 'rowtail_delivered_rows_total',
    type: 'counter',
    help: 'Rows that Loki has taken, run lines not counted.',
    labels: ['metric'],
    samples: eachMetric(({ delivered }) => delivered.rows),
  },
  {
    name: 'rowtail_delivered_bytes_total',
    type: 'counter',
    help: 'Bytes of the rows that Loki has taken, before compression.',
    labels: ['metric'],
    samples: eachMetric(({ delivered }) => delivered.bytes),
  },
  {
    name: 'rowtail_restamped_rows_total',
    type: 'counter',
    help: 'Rows that Loki refused for their time and that were sent with a new one.',
    labels: ['metric'],
    samples: eachMetric(({ restampedRows }) => restampedRows),
  },
  {
    name: 'rowtail_dead_letters_kept',
    type: 'gauge',
    help: 'Dead letters that the spool of the metric keeps.',
    labels: ['metric'],
    samples: eachMetric(({ spool }) => spool.deadLetters),
  },
  {
    name: 'rowtail_dead_letters_total',
    type: 'counter',
    help: 'Entries that Loki refused for good, by reason.',
    labels: ['metric', 'reason'],
    samples: eachReason(({ deadLetters }) => deadLetters),
  },
  {
    name: 'rowtail_dropped_rows_total',
    type: 'counter',
    help: 'Entries that were dropped because a bound was met or a file was damaged, by reason.',
    labels: ['metric', 'reason'],
    samples: eachReason(({ dropped }) => dropped),
  },
]

export const snapshotFamilies: readonly SnapshotFamily[] = [
  ...serviceFamilies,
  ...runFamilies,
  ...deliveryFamilies,
]

function eachMetric(valueOf: (metric: MetricStatus) => number | undefined): SnapshotFamily['samples'] {
  return ({ metrics }) =>
    metrics.flatMap((metric) => {
      const value = valueOf(metric)
      return value === undefined ? [] : [[value, { metric: metric.name }] as const]
    })
}

function eachReason(
  countsOf: (metric: MetricStatus) => Readonly<Record<string, number>>,
): SnapshotFamily['samples'] {
  return ({ metrics }) =>
    metrics.flatMap((metric) =>
      Object.entries(countsOf(metric)).map(
        ([reason, count]) => [count, { metric: metric.name, reason }] as const,
      ),
    )
}
