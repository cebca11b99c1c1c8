// The loads that curves go along: one thing grows from point to point, all else stays.

import type { BenchMetric } from '../contender.ts'
import { samplesQuery } from '../source.ts'

export type CurveLoad = {
  readonly name: string
  /** What grows, as the chart names it. */
  readonly axis: string
  readonly what: string
  readonly values: readonly number[]
  readonly metricsOf: (value: number) => BenchMetric[]
}

export const curveLoads: readonly CurveLoad[] = [
  {
    name: 'metrics',
    axis: 'metrics',
    what: '20 rows a second of each metric; 100 metrics are the most of one rowtail.',
    values: [1, 10, 25, 50, 75, 100],
    metricsOf: (count) => eachSecond(count, 20, (name) => samplesQuery(name, 20)),
  },
  {
    name: 'rows',
    axis: 'rows a second, 5 metrics together',
    what: 'Rows of 8 mixed columns.',
    values: [50, 1_000, 2_500, 5_000, 10_000, 20_000],
    metricsOf: (rows) => eachSecond(5, rows / 5, (name) => samplesQuery(name, rows / 5)),
  },
  {
    name: 'columns',
    axis: 'columns',
    what: '5 metrics, each 200 rows of numbers a second.',
    values: [1, 5, 10, 20, 40, 80],
    metricsOf: (columns) => eachSecond(5, 200, (name) => wideQuery(name, columns)),
  },
  {
    name: 'width',
    axis: 'bytes of a row',
    what: '5 metrics, each 100 rows of one text a second.',
    values: [50, 500, 1_000, 2_000, 4_000, 8_000],
    metricsOf: (bytes) => eachSecond(5, 100, (name) => longQuery(name, bytes)),
  },
]

/** The load under which a backlog grows while Loki is away. */
export const backlogLoad = {
  name: 'backlog',
  axis: 'MB that wait in the spools',
  what: 'Loki is away; 5 metrics, each 4,000 rows a second.',
  seconds: 40,
  metrics: eachSecond(5, 4_000, (name) => samplesQuery(name, 4_000)),
}

function eachSecond(count: number, rows: number, queryOf: (name: string) => string): BenchMetric[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `curve_${index + 1}`
    return { name, everyMs: 1_000, query: queryOf(name), rows }
  })
}

/** The run's number makes rows of different runs differ. */
function wideQuery(name: string, columns: number): string {
  const cells = Array.from({ length: columns - 1 }, (_, index) => `, id * ${index + 7} as c${index + 2}`)
  return `select run * 1000 + id as c1${cells.join('')} from ${passedRows(name, 200)}`
}

function longQuery(name: string, bytes: number): string {
  const text = `left(run || ' ' || id || ' ' || repeat(md5(id::text), ${Math.ceil(bytes / 32)}), ${bytes})`
  return `select ${text} as text from ${passedRows(name, 100)}`
}

function passedRows(name: string, rows: number): string {
  return `bench.pass('${name}') as pass(run), bench.samples where id <= ${rows}`
}
