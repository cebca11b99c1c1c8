// The dashboard for the metrics of one configuration that no other dashboard shows: for each a section, made
// from the columns that its query returned. Pure.

import { formatDuration } from '../core/duration.ts'
import type { MetricColumn, MetricColumns } from './columns.ts'
import { dashboard, type Section } from './dashboard.ts'
import type { Dashboard } from './grafana.ts'
import { type Placed, rowsTable, timeSeries } from './panels.ts'
import type { Scope } from './scope.ts'

export type SampledMetric = {
  readonly name: string
  readonly intervalMs: number
  readonly columns: MetricColumns
}

/** More graphs of one metric help nobody; its table has all columns. */
export const maxGraphs = 24
const maxLines = 50

export function metricsDashboard(metrics: readonly SampledMetric[], scope: Scope): Dashboard {
  return dashboard({
    uid: 'rowtail-metrics',
    title: 'rowtail: metrics',
    description: 'What each query returned: its numbers over time, its rows as a table.',
    sections: metrics.map(sectionOf),
    scope,
  })
}

function sectionOf(metric: SampledMetric): Section {
  const { name, columns } = metric
  const graphs = graphedColumns(columns).map((column) => graphOf(metric, column))
  const hasText = columns.all.some(({ kind }) => kind === 'text')
  const isWhole = graphs.length === columns.all.length
  return { title: name, panels: hasText || !isWhole ? [...graphs, tableOf(metric)] : graphs }
}

/** The numbers that get a graph: those that `| json` gives a name of their own. */
function graphedColumns({ all }: MetricColumns): MetricColumn[] {
  return all
    .filter(({ kind, label }, index) => {
      return kind === 'number' && all.findIndex((other) => other.label === label) === index
    })
    .slice(0, maxGraphs)
}

function rowsOf({ name }: SampledMetric): string {
  return `{job="${name}", host=~"$host", database=~"$database"}`
}

function graphOf(metric: SampledMetric, column: MetricColumn): Placed {
  const { key } = metric.columns
  const highest = `max_over_time(${rowsOf(metric)} | json | unwrap ${column.label} | __error__="" [$__auto])`
  const series =
    key === undefined
      ? { expr: `${highest} by (host, database)`, legend: column.name }
      : { expr: `topk(${maxLines}, ${highest} by (${key.label}))`, legend: `{{${key.label}}}` }
  const lines = key === undefined ? '' : `, one line for each ${key.name}, ${maxLines} at most`
  return timeSeries({
    title: column.name,
    description: `The column ${column.name} of ${metric.name}: the highest value of each step${lines}.`,
    width: 12,
    reading: { unit: 'short' },
    interval: stepOf(metric),
    series: [series],
  })
}

/** Shorter than its interval, a step would find no row. */
function stepOf({ intervalMs }: SampledMetric): string {
  return formatDuration(Math.max(1, Math.ceil(intervalMs / 1_000)) * 1_000)
}

function tableOf(metric: SampledMetric): Placed {
  return rowsTable({
    title: `Rows of ${metric.name}`,
    description: 'The newest 200 rows of the time shown, their columns in the order of the query.',
    width: 24,
    expr: rowsOf(metric),
    columns: metric.columns.all.map(({ name }) => name),
  })
}
