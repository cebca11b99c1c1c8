// The kinds of panels that rowtail's dashboards are made of: what a dashboard says of each is what it asks,
// how it reads and what it means; everything else is decided here once. Pure.

import type {
  DataSource,
  LogsPanel,
  LokiQuery,
  Mapping,
  Override,
  Panel,
  StatPanel,
  TablePanel,
  Threshold,
  TimelinePanel,
  TimeSeriesPanel,
  Transformation,
} from './grafana.ts'

/** The data source that the reader picks on top of the dashboard. */
export const dataSource: DataSource = { type: 'loki', uid: '${datasource}' }

/** What every panel has. Grafana's grid is 24 wide. */
type About = {
  readonly title: string
  /** What one sees and what to do about it: behind the "i" of the panel. */
  readonly description: string
  readonly width: number
  readonly height?: number
}

type Reading = {
  /** One of Grafana's ids of units, such as `s`, `percentunit`, `short`. */
  readonly unit: string
  readonly decimals?: number
  readonly min?: number
  /** Colour from a value on, lowest first; without them all is green. */
  readonly levels?: Levels
}

type Level = readonly [from: number, color: 'green' | 'orange' | 'red']
/** The first holds below all others as well. */
export type Levels = readonly [Level, ...Level[]]

type Series = Reading & {
  readonly expr: string
  /** How a series is called: `{{metric}}`. */
  readonly legend: string
}

export type Placed = { readonly panel: Panel; readonly width: number; readonly height: number }

type StatOf = About &
  Reading & {
    readonly expr: string
    /** Where the query finds several numbers: how each is called. */
    readonly legend?: string
    /** What stands there while the query finds nothing. */
    readonly noValue?: string
    readonly mappings?: Mapping[]
  }

/**
 * The newest number of a query, or of each of its series. Grafana makes one table of the series of an instant
 * query and would show its last line only, so several are asked for over time.
 */
export function stat({ expr, legend, noValue, mappings = [], ...about }: StatOf): Placed {
  const target =
    legend === undefined
      ? query('A', expr, 'instant')
      : { ...query('A', expr, 'range'), legendFormat: legend }
  const panel: StatPanel = {
    type: 'stat',
    ...headOf(about),
    targets: [target],
    options: {
      colorMode: 'value',
      graphMode: 'none',
      justifyMode: 'auto',
      orientation: 'auto',
      percentChangeColorMode: 'standard',
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      showPercentChange: false,
      textMode: legend === undefined ? 'value' : 'value_and_name',
      wideLayout: true,
    },
    fieldConfig: {
      defaults: { ...readingOf(about), mappings, ...(noValue === undefined ? {} : { noValue }) },
      overrides: [],
    },
  }
  return placed(panel, about)
}

type TimeSeriesOf = About & {
  readonly series: readonly Pick<Series, 'expr' | 'legend'>[]
  readonly reading: Reading
  /** The shortest step, for what comes less often: a duration of Grafana's. */
  readonly interval?: string
  /** Bars on top of each other, for counts; else lines. */
  readonly isStacked?: boolean
}

export function timeSeries({ series, reading, interval, isStacked = false, ...about }: TimeSeriesOf): Placed {
  const panel: TimeSeriesPanel = {
    type: 'timeseries',
    ...headOf(about),
    ...(interval === undefined ? {} : { interval }),
    targets: series.map(({ expr, legend }, index) => ({
      ...query(refIdOf(index), expr, 'range'),
      legendFormat: legend,
    })),
    options: {
      legend: { calcs: ['lastNotNull', 'max'], displayMode: 'table', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    fieldConfig: {
      defaults: {
        ...readingOf(reading),
        color: { mode: 'palette-classic' },
        custom: isStacked
          ? { drawStyle: 'bars', fillOpacity: 80, lineWidth: 0, stacking: { group: 'A', mode: 'normal' } }
          : { drawStyle: 'line', fillOpacity: 8, lineWidth: 1, showPoints: 'auto' },
      },
      overrides: [],
    },
  }
  return placed(panel, about)
}

type TimelineOf = About & {
  readonly expr: string
  readonly legend: string
  /** The words and colours of the two states that the query tells. */
  readonly states: Readonly<Record<'0' | '1', { readonly text: string; readonly color: string }>>
}

/** When each of several things was in which of two states. */
export function timeline({ expr, legend, states, ...about }: TimelineOf): Placed {
  const panel: TimelinePanel = {
    type: 'state-timeline',
    ...headOf(about),
    targets: [{ ...query('A', expr, 'range'), legendFormat: legend }],
    options: {
      alignValue: 'left',
      legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true },
      mergeValues: true,
      rowHeight: 0.8,
      showValue: 'never',
      tooltip: { mode: 'single', sort: 'none' },
    },
    fieldConfig: {
      defaults: {
        custom: { fillOpacity: 80, lineWidth: 0 },
        mappings: [{ type: 'value', options: states }],
        min: 0,
        max: 1,
      },
      overrides: [],
    },
  }
  return placed(panel, about)
}

type Column = Reading & {
  readonly name: string
  readonly expr: string
}

type TableOf = About & {
  /** What a line of the table is about, in this order: labels of every query. */
  readonly labels: Readonly<Record<string, string>>
  readonly columns: readonly [Column, ...Column[]]
  readonly sortBy: { readonly displayName: string; readonly desc: boolean }
}

/** One line for each set of labels, one column for each query: Grafana joins them by their labels. */
export function table({ labels, columns, sortBy, ...about }: TableOf): Placed {
  // So Grafana calls the numbers of an instant query.
  const valueNames = columns.map((_, index) => `Value #${refIdOf(index)}`)
  const panel: TablePanel = {
    type: 'table',
    ...headOf(about),
    targets: columns.map(({ expr }, index) => query(refIdOf(index), expr, 'instant')),
    transformations: [{ id: 'merge', options: {} }, shown(labels, valueNames, columns)],
    options: { cellHeight: 'sm', frameIndex: 0, showHeader: true, sortBy: [{ ...sortBy }] },
    fieldConfig: {
      defaults: { custom: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false } },
      overrides: columns.map(columnOverride),
    },
  }
  return placed(panel, about)
}

type RowsOf = About & {
  readonly expr: string
  /** Of the JSON lines, in this order. */
  readonly columns: readonly string[]
}

/** Lines that are JSON objects, as a table: Grafana takes them apart. */
export function rowsTable({ expr, columns, ...about }: RowsOf): Placed {
  const order = ['Time', ...columns]
  const panel: TablePanel = {
    type: 'table',
    ...headOf(about),
    targets: [{ ...query('A', expr, 'range'), maxLines: 200 }],
    transformations: [
      { id: 'extractFields', options: { source: 'Line', format: 'json', replace: true, keepTime: true } },
      {
        id: 'organize',
        options: {
          excludeByName: {},
          indexByName: Object.fromEntries(order.map((name, index) => [name, index])),
          renameByName: {},
        },
      },
    ],
    options: { cellHeight: 'sm', frameIndex: 0, showHeader: true },
    fieldConfig: {
      defaults: { custom: { align: 'auto', cellOptions: { type: 'auto' }, inspect: true } },
      overrides: [],
    },
  }
  return placed(panel, about)
}

/** Entries as they are; `expr` makes the line. */
export function logs({ expr, ...about }: About & { readonly expr: string }): Placed {
  const panel: LogsPanel = {
    type: 'logs',
    ...headOf(about),
    targets: [{ ...query('A', expr, 'range'), maxLines: 200 }],
    options: {
      dedupStrategy: 'none',
      enableLogDetails: true,
      prettifyLogMessage: false,
      showCommonLabels: false,
      showLabels: false,
      showLogContextToggle: false,
      showTime: true,
      sortOrder: 'Descending',
      wrapLogMessage: true,
    },
    fieldConfig: { defaults: {}, overrides: [] },
  }
  return placed(panel, about)
}

function headOf({ title, description }: About) {
  return { title, description, datasource: dataSource }
}

function placed(panel: Panel, { width, height }: About): Placed {
  const usualHeight = panel.type === 'stat' ? 4 : 8
  return { panel, width, height: height ?? usualHeight }
}

function query(refId: string, expr: string, queryType: LokiQuery['queryType']): LokiQuery {
  return { refId, datasource: dataSource, editorMode: 'code', expr, queryType }
}

/** A, B, C, … */
function refIdOf(index: number): string {
  return String.fromCodePoint(65 + index)
}

function readingOf({ unit, decimals, min, levels = [[0, 'green']] }: Reading) {
  return {
    unit,
    ...(decimals === undefined ? {} : { decimals }),
    ...(min === undefined ? {} : { min }),
    color: { mode: 'thresholds' } as const,
    thresholds: { mode: 'absolute', steps: stepsOf(levels) } as const,
  }
}

/** The first step of Grafana has no value. */
function stepsOf([[, lowest], ...rest]: Levels): Threshold[] {
  return [{ color: lowest, value: null }, ...rest.map(([value, color]) => ({ color, value }))]
}

function shown(
  labels: Readonly<Record<string, string>>,
  valueNames: readonly string[],
  columns: readonly Column[],
): Transformation {
  const fields = [...Object.keys(labels), ...valueNames]
  const names = [...Object.values(labels), ...columns.map(({ name }) => name)]
  return {
    id: 'organize',
    options: {
      excludeByName: { Time: true },
      indexByName: Object.fromEntries(fields.map((field, index) => [field, index])),
      renameByName: Object.fromEntries(fields.map((field, index) => [field, names[index]])),
    },
  }
}

function columnOverride({ name, ...reading }: Column): Override {
  const { unit, decimals, thresholds } = readingOf(reading)
  const properties = [
    { id: 'unit', value: unit },
    ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
    ...(reading.levels === undefined
      ? []
      : [
          { id: 'thresholds', value: thresholds },
          { id: 'color', value: { mode: 'thresholds' } },
          { id: 'custom.cellOptions', value: { type: 'color-text' } },
        ]),
  ]
  return { matcher: { id: 'byName', options: name }, properties }
}
