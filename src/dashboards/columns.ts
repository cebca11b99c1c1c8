// What the columns of a result are to a dashboard: numbers make lines, text makes a table, and one text
// column tells the lines apart. Read from rows as Loki would store them; where a column has no value in them,
// from the word that the database has for its type. Pure.

import type { ResultColumn } from '../core/source.ts'
import { entryLabels, nameInJson } from '../sinks/loki/json-names.ts'

export type MetricColumn = {
  /** As it stands in the line. */
  readonly name: string
  /** As LogQL's `| json` calls it. */
  readonly label: string
  readonly kind: 'number' | 'text'
}

export type MetricColumns = {
  /** In SELECT order. */
  readonly all: readonly MetricColumn[]
  /** The text column that names the lines of a graph. */
  readonly key?: MetricColumn
}

/** A run, of whose rows the first were read. */
export type SampledRows = { readonly lines: readonly string[]; readonly rows: number }

/** What the rows that were read tell of a metric's columns, given the labels that its entries carry. */
export function columnsOf(
  described: readonly ResultColumn[],
  { lines, rows: count }: SampledRows,
  labels: readonly string[],
): MetricColumns {
  const rows = lines.map(rowOf)
  const taken = [...entryLabels, ...labels]
  const all = described.map(({ name, type }): MetricColumn => {
    const value = rows.map((row) => row.get(name)).find((one) => one !== null && one !== undefined)
    return { name, label: nameInJson(name, taken), kind: kindOf(value, type) }
  })
  const key = keyOf(all, rows, count)
  return { all, ...(key === undefined ? {} : { key }) }
}

type Row = ReadonlyMap<string, unknown>

function rowOf(line: string): Row {
  const parsed: unknown = JSON.parse(line)
  return new Map(typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [])
}

const numberType = new RegExp(
  '^(?:(?:big|small|tiny|medium)?int(?:eger)?\\d*|(?:small|big)?serial|' +
    'number|numeric|dec(?:imal)?|float\\d*|real|double)\\b',
  'i',
)

function kindOf(value: unknown, type: string): MetricColumn['kind'] {
  if (value === undefined) return numberType.test(type) ? 'number' : 'text'
  return typeof value === 'number' ? 'number' : 'text'
}

/** What is longer is no name but a text: a statement, a message. */
const maxKeyLength = 80
const time = /^\d{4}-\d\d-\d\d/

/** Loki's default of max_query_series: it refuses a query of more, also where topk would leave few. */
const maxSeries = 500

/**
 * The first column of names whose values tell the rows apart, else the first column of names; none that makes
 * more lines than Loki answers for, if the `count` rows of the run are as different as those that were read.
 */
function keyOf(
  columns: readonly MetricColumn[],
  rows: readonly Row[],
  count: number,
): MetricColumn | undefined {
  const valuesOf = ({ name }: MetricColumn) => new Set(rows.map((row) => row.get(name))).size
  const names = columns.filter(
    (column) =>
      column.kind === 'text' &&
      rows.every((row) => isName(row.get(column.name))) &&
      valuesOf(column) * count <= maxSeries * rows.length,
  )
  return names.find((column) => valuesOf(column) === rows.length) ?? names[0]
}

function isName(value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'boolean') return true
  return typeof value === 'string' && value.length <= maxKeyLength && !time.test(value)
}
