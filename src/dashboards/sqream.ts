// The dashboard for SQreamDB: license, statements, locks, nodes and LevelDB, from the rows of the metrics
// that run by default. Column names are those of SQream's utility functions; where versions spell a name with
// or without its underscore, both are read.

import { dashboard, type Section } from './dashboard.ts'
import type { Dashboard } from './grafana.ts'
import { type Levels, logs, stat, table, timeline, timeSeries } from './panels.ts'
import type { Scope } from './scope.ts'

const target = 'host=~"$host", database=~"$database"'
const rowsOf = (metric: string) => `{job="${metric}", ${target}} | json`
const license = rowsOf('get_license_info')
const statements = rowsOf('show_server_status')
const locks =
  `${rowsOf('show_locks')} | label_format ` +
  'statement=`{{ or .stmt_id .statement_id .statementid }}`, text=`{{ or .stmt_string .statement_string }}`'
const nodes =
  `${rowsOf('show_cluster_nodes')} | label_format ` +
  'node=`{{ or .server_ip .serverip }}:{{ or .server_port .serverport }}`'
const levelDb = rowsOf('get_leveldb_stats')

const goodRuns = (metric: string) => `{job="rowtail", metric="${metric}", ${target}} | detected_level="info"`
const byTarget = 'by (host, database)'
const badFromOne: Levels = [
  [0, 'green'],
  [1, 'red'],
]

type RowsOfMetric = { readonly metric: string; readonly rows: string }

/** Rows of a typical run: what all runs of a window had, by how many they were. */
function perRun({ metric, rows }: RowsOfMetric, by: string, window = '$__auto'): string {
  const all = `sum by (host, database, ${by}) (count_over_time(${rows} [${window}]))`
  const count = `sum ${byTarget} (count_over_time(${goodRuns(metric)} [${window}]))`
  return `sum by (${by}) (${all} / on (host, database) group_left () ${count})`
}

/** Each section reads the rows of one metric. */
const sections: Readonly<Record<string, () => Section>> = {
  get_license_info: () => ({ title: 'License', panels: licensePanels() }),
  show_server_status: () => ({ title: 'Statements', panels: statementPanels() }),
  show_locks: () => ({ title: 'Locks', panels: lockPanels() }),
  show_cluster_nodes: () => ({ title: 'Nodes', panels: nodePanels() }),
  get_leveldb_stats: () => ({ title: 'LevelDB', panels: levelDbPanels() }),
}

/** The metrics that have panels here. */
export const sqreamMetrics: readonly string[] = Object.keys(sections)

/** With the sections of these metrics. */
export function sqream(metrics: readonly string[] = sqreamMetrics, scope?: Scope): Dashboard {
  return dashboard({
    uid: 'rowtail-sqream',
    title: 'rowtail: SQreamDB',
    description:
      "License, statements, locks, nodes and LevelDB of SQreamDB, from its utility functions' rows.",
    sections: Object.entries(sections).flatMap(([metric, section]) =>
      metrics.includes(metric) ? [section()] : [],
    ),
    scope,
  })
}

function licensePanels() {
  const lastOf = (column: string, window: string) =>
    `last_over_time(${license} | unwrap ${column} [${window}]) ${byTarget}`
  const daysLeft =
    'label_format days=`{{ divf (sub ' +
    '(unixEpoch (toDate "2006-01-02" (substr 0 10 .expiration_date)) | int) ' +
    '(__timestamp__ | unixEpoch | int)) 86400 }}`'
  const isViolated =
    'label_format violated=`{{ if or (eq .is_date_expired "true" "1") (eq .is_size_exceeded "true" "1") }}' +
    '1{{ else }}0{{ end }}`'
  return [
    stat({
      title: 'License ends in',
      description: 'Days until the expiration date, at the time of the newest row.',
      width: 6,
      unit: 'd',
      decimals: 0,
      legend: '{{host}} {{database}}',
      levels: [
        [0, 'red'],
        [7, 'orange'],
        [30, 'green'],
      ],
      expr: `last_over_time(${license} | ${daysLeft} | unwrap days [3h]) ${byTarget}`,
    }),
    stat({
      title: 'Used of the size limit',
      description: 'The part of the cluster size limit that is used, by what SQream says is left.',
      width: 6,
      unit: 'percentunit',
      legend: '{{host}} {{database}}',
      levels: [
        [0, 'green'],
        [0.8, 'orange'],
        [0.9, 'red'],
      ],
      expr: `1 - ${lastOf('cluster_size_left', '3h')} / ${lastOf('cluster_size_limit', '3h')}`,
    }),
    stat({
      title: 'Violated',
      description: 'Whether SQream says that the license is expired or its size exceeded.',
      width: 4,
      unit: 'none',
      levels: badFromOne,
      mappings: [
        {
          type: 'value',
          options: { '0': { text: 'no', color: 'green' }, '1': { text: 'yes', color: 'red' } },
        },
      ],
      expr: `max(last_over_time(${license} | ${isViolated} | unwrap violated [3h]) ${byTarget})`,
    }),
    timeSeries({
      title: 'Cluster size',
      description: 'The sizes that the license counts and its limit, in the unit that SQream gives them in.',
      width: 8,
      reading: { unit: 'none', min: 0 },
      series: [
        { expr: `max(${lastOf('compressed_cluster_size', '$__auto')})`, legend: 'compressed' },
        { expr: `max(${lastOf('uncompressed_cluster_size', '$__auto')})`, legend: 'uncompressed' },
        { expr: `max(${lastOf('cluster_size_limit', '$__auto')})`, legend: 'limit' },
      ],
    }),
  ]
}

function statementPanels() {
  const others = { metric: 'show_server_status', rows: `${statements} | service != "monitor"` }
  const queued = { ...others, rows: `${others.rows} | statement_status="In queue"` }
  return [
    timeSeries({
      title: 'Statements by status',
      description: "How many statements a look at the server finds, without the monitoring service's own.",
      width: 12,
      isStacked: true,
      reading: { unit: 'short', min: 0 },
      series: [{ expr: perRun(others, 'statement_status'), legend: '{{statement_status}}' }],
    }),
    timeSeries({
      title: 'In queue, by service',
      description:
        'Statements that wait for a worker of their service. Many for long: too few workers for it.',
      width: 12,
      reading: { unit: 'short', min: 0 },
      series: [{ expr: perRun(queued, 'service'), legend: '{{service}}' }],
    }),
    timeSeries({
      title: 'Statements by user',
      description: 'Whose statements a look at the server finds, in any status.',
      width: 8,
      isStacked: true,
      reading: { unit: 'short', min: 0 },
      series: [{ expr: perRun(others, 'user_name'), legend: '{{user_name}}' }],
    }),
    logs({
      title: 'What runs',
      description: 'Statements with their user and status, newest look first.',
      width: 16,
      expr: `${others.rows} | line_format \`{{.statement_status}} · {{.user_name}} · {{.statement}}\``,
    }),
  ]
}

function lockPanels() {
  const held = { metric: 'show_locks', rows: locks }
  return [
    timeSeries({
      title: 'Locks by mode',
      description: 'How many locks a look at the server finds. Exclusive ones make others wait.',
      width: 10,
      isStacked: true,
      reading: { unit: 'short', min: 0 },
      series: [{ expr: perRun(held, 'lock_mode'), legend: '{{lock_mode}}' }],
    }),
    table({
      title: 'Who holds locks',
      description:
        'Statements that held locks in the last minute, those with the most first: how many a look at the ' +
        'server found, in the mean. Loki answers for at most 500 statements (max_query_series).',
      width: 14,
      labels: { statement: 'Statement', username: 'User', lock_mode: 'Mode' },
      columns: [
        {
          name: 'Locks',
          unit: 'short',
          expr: `topk(50, ${perRun(held, 'statement, username, lock_mode', '1m')})`,
        },
      ],
      sortBy: { displayName: 'Locks', desc: true },
    }),
    logs({
      title: 'Exclusive locks',
      description: 'The locked object and the statement that holds it, newest look first.',
      width: 24,
      expr:
        `${locks} | lock_mode=~"(?i)exclusive" ` +
        '| line_format `{{.locked_object}} · since {{.lock_start_time}} · {{.username}} · {{.text}}`',
    }),
  ]
}

function nodePanels() {
  const isConnected = 'connected=`{{ if eq (lower .connection_status) "connected" }}1{{ else }}0{{ end }}`'
  return [
    stat({
      title: 'Connected',
      description: 'Nodes that a row of the last minute calls connected.',
      width: 4,
      unit: 'short',
      expr: `count(sum by (node) (count_over_time(${nodes} | connection_status=~"(?i)connected" [1m])))`,
    }),
    stat({
      title: 'Not connected',
      description: 'Nodes of the last hour that no row of the last minute calls connected.',
      width: 4,
      unit: 'short',
      levels: badFromOne,
      expr:
        `count(sum by (node) (count_over_time(${nodes} [1h])) unless sum by (node) ` +
        `(count_over_time(${nodes} | connection_status=~"(?i)connected" [1m]))) or vector(0)`,
    }),
    timeline({
      title: 'Nodes',
      description: 'When each node was connected.',
      width: 16,
      expr: `last_over_time(${nodes}, ${isConnected} | unwrap connected [$__auto]) by (node)`,
      legend: '{{node}}',
      states: { '0': { text: 'not connected', color: 'red' }, '1': { text: 'connected', color: 'green' } },
    }),
    timeSeries({
      title: 'Last heartbeat',
      description: 'The column "last heartbeat" of each node, as SQream gives it.',
      width: 24,
      reading: { unit: 'none', min: 0 },
      series: [
        {
          expr: `max by (node) (max_over_time(${nodes} | unwrap last_heartbeat [$__auto]))`,
          legend: '{{node}}',
        },
      ],
    }),
  ]
}

function levelDbPanels() {
  const lastOf = (column: string) =>
    `max by (msg) (last_over_time(${levelDb} | unwrap ${column} | __error__="" [$__auto]))`
  return [
    timeSeries({
      title: 'Average by operation',
      description: 'The mean of each LevelDB operation since the counters were reset, over all servers.',
      width: 12,
      reading: { unit: 'none', min: 0 },
      series: [{ expr: lastOf('average'), legend: '{{msg}}' }],
    }),
    timeSeries({
      title: 'Calls by operation',
      description: 'How often each operation was called since the counters were reset.',
      width: 12,
      reading: { unit: 'short', min: 0 },
      series: [{ expr: lastOf('count'), legend: '{{msg}}' }],
    }),
    table({
      title: 'Slowest operations',
      description:
        'The longest call of each operation since the counters were reset, with mean and variance.',
      width: 24,
      labels: { msg: 'Operation' },
      columns: [
        { name: 'Longest', unit: 'none', expr: instant(lastOf('max')) },
        { name: 'Average', unit: 'none', expr: instant(lastOf('average')) },
        { name: 'Variance', unit: 'none', expr: instant(lastOf('variance')) },
      ],
      sortBy: { displayName: 'Longest', desc: true },
    }),
  ]
}

/** An instant query has no step that a window could follow. */
function instant(expr: string): string {
  return expr.replace('[$__auto]', '[5m]')
}
