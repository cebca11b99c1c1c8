// The queries of the shipped dashboards, as Grafana would send them to Loki.

import { readFileSync } from 'node:fs'

export const dashboardPaths = ['dashboards/overview.json', 'dashboards/sqream.json'] as const

export type PanelModel = {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly TargetModel[]
  readonly transformations?: readonly { readonly options: { readonly renameByName?: object } }[]
}

type TargetModel = {
  readonly expr: string
  readonly queryType: 'range' | 'instant'
  readonly legendFormat?: string
}

export type DashboardModel = {
  readonly uid: string
  readonly schemaVersion: number
  readonly templating: { readonly list: readonly VariableModel[] }
  readonly panels: readonly PanelModel[]
}

export type VariableModel = {
  readonly name: string
  readonly type: string
  readonly query: string | { readonly label: string; readonly stream: string }
}

export type PanelQuery = {
  readonly panel: string
  readonly expr: string
  readonly queryType: 'range' | 'instant'
  /** Those that the panel shows, in a legend or as columns. */
  readonly labels: readonly string[]
}

export function dashboardOf(path: string): DashboardModel {
  return JSON.parse(readFileSync(path, 'utf8')) as DashboardModel // its builder's types say so
}

export function panelQueries(path: string): PanelQuery[] {
  return dashboardOf(path).panels.flatMap(({ title, targets = [], transformations = [] }) => {
    const columns = transformations.flatMap(({ options }) => Object.keys(options.renameByName ?? {}))
    const shown = columns.filter((column) => !column.startsWith('Value'))
    return targets.map(({ expr, queryType, legendFormat = '' }) => {
      const legend = [...legendFormat.matchAll(/{{(\w+)}}/g)].map(([, label = '']) => label)
      return { panel: title, expr, queryType, labels: [...shown, ...legend] }
    })
  })
}

/**
 * With the choices of a reader who has chosen nothing, over the last ten minutes; and without the zero that
 * stands for "none", so that only rows give an answer.
 */
export function filledIn(expr: string): string {
  return expr
    .replaceAll('$__range', '10m')
    .replaceAll('$__auto', '15s')
    .replace(/ or vector\(0\)$/, '')
    .replaceAll(/\$(host|database|metric)/g, '.*')
}
