// A dashboard from its sections: the panels are placed from left to right and top to bottom, and get their
// numbers in that order. Every dashboard has the same choices on top: data source, host, database. The
// shipped ones begin with all databases, those of one configuration (scope.ts) with their own. Pure.

import type { Dashboard, Link, Panel, RowPanel, Variable } from './grafana.ts'
import { dataSource, type Placed } from './panels.ts'
import { type Scope, writtenFor } from './scope.ts'

export type Section = { readonly title: string; readonly panels: readonly Placed[] }

type DashboardOf = {
  /** Stays: links and Grafana's memory hang on it. */
  readonly uid: string
  readonly title: string
  readonly description: string
  /** Beside data source, host and database. */
  readonly variables?: readonly Variable[]
  readonly sections: readonly Section[]
  /** The database that it was written for; without one it is for all. */
  readonly scope?: Scope | undefined
}

const gridWidth = 24

export function dashboard({ variables = [], sections, scope, ...about }: DashboardOf): Dashboard {
  return {
    ...headOf(about, scope),
    tags: ['rowtail'],
    schemaVersion: 42,
    version: 1,
    editable: true,
    graphTooltip: 1, // one crosshair in all panels
    timezone: 'browser',
    time: { from: 'now-1h', to: 'now' },
    timepicker: { refresh_intervals: ['5s', '10s', '30s', '1m', '5m'] },
    refresh: '30s',
    fiscalYearStartMonth: 0,
    weekStart: '',
    preload: false,
    annotations: { list: [] },
    links: [linkToOthers],
    templating: { list: [dataSourceVariable, ...targetVariables(scope), ...variables] },
    panels: layOut(sections),
  }
}

const linkToOthers: Link = {
  type: 'dashboards',
  title: 'rowtail',
  icon: 'external link',
  tooltip: '',
  tags: ['rowtail'],
  asDropdown: false,
  includeVars: true,
  keepTime: true,
  targetBlank: false,
}

const dataSourceVariable: Variable = {
  type: 'datasource',
  name: 'datasource',
  label: 'Loki',
  query: 'loki',
  refresh: 1, // when the dashboard loads
  includeAll: false,
  multi: false,
}

type About = Pick<DashboardOf, 'uid' | 'title' | 'description'>

function headOf({ uid, title, description }: About, scope: Scope | undefined): About {
  if (scope === undefined) return { uid, title, description }
  return {
    uid: `${uid}-${scope.id}`,
    title: `${title} (${scope.name})`,
    description: `${description} ${writtenFor(scope)}`,
  }
}

function targetVariables(scope: Scope | undefined): Variable[] {
  return [
    { ...labelVariable('host', 'Host', '{job="rowtail"}'), ...chosen(scope?.host) },
    {
      ...labelVariable('database', 'Database', '{job="rowtail", host=~"$host"}'),
      ...chosen(scope?.database),
    },
  ]
}

function chosen(value: string | undefined): Pick<Variable, 'current'> {
  return value === undefined ? {} : { current: { selected: true, text: [value], value: [value] } }
}

/** The values of a label among the streams that a selector finds, all of them at first. */
export function labelVariable(name: string, label: string, stream: string): Variable {
  return {
    type: 'query',
    name,
    label,
    datasource: dataSource,
    // Grafana's form of label_values(stream, label) for Loki.
    query: { refId: 'LokiVariableQueryEditor-VariableQuery', type: 1, label: name, stream },
    refresh: 2, // whenever the time range changes
    sort: 1, // by the alphabet
    includeAll: true,
    allValue: '.*',
    multi: true,
    current: { selected: true, text: ['All'], value: ['$__all'] },
  }
}

type Laid = { readonly panels: (Panel | RowPanel)[]; y: number; id: number }

function layOut(sections: readonly Section[]): (Panel | RowPanel)[] {
  const laid: Laid = { panels: [], y: 0, id: 0 }
  for (const section of sections) laySection(laid, section)
  return laid.panels
}

function laySection(laid: Laid, { title, panels }: Section): void {
  laid.id += 1
  const gridPos = { x: 0, y: laid.y, w: gridWidth, h: 1 }
  laid.panels.push({ type: 'row', id: laid.id, title, collapsed: false, panels: [], gridPos })
  laid.y += 1
  let x = 0
  let lineHeight = 0
  for (const { panel, width, height } of panels) {
    if (x + width > gridWidth) {
      laid.y += lineHeight
      x = 0
      lineHeight = 0
    }
    laid.id += 1
    laid.panels.push({ ...panel, id: laid.id, gridPos: { x, y: laid.y, w: width, h: height } })
    x += width
    lineHeight = Math.max(lineHeight, height)
  }
  laid.y += lineHeight
}
