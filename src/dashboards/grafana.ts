// Grafana's classic dashboard model as it is written down: the types that Grafana publishes, with plain text
// where they have enums, because JSON has no enums and no program here loads Grafana's. The panels are built
// with these types, so a field that Grafana does not know is a compile error.

import type * as grafana from '@grafana/schema'
import type * as logs from '@grafana/schema/dist/esm/raw/composable/logs/panelcfg/x/LogsPanelCfg_types.gen'
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen'
import type * as timeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen'
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen'
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen'

/** A value of T as JSON holds it: the text or number of an enum in place of the enum. */
type Written<T> = unknown extends T
  ? T
  : T extends string
    ? `${T}`
    : T extends number
      ? NumberOf<`${T}`>
      : T extends boolean | null | undefined
        ? T
        : { [K in keyof T]: Written<T[K]> }

type NumberOf<Digits extends string> = Digits extends `${infer N extends number}` ? N : never

/** A query of the Loki data source. Its type is no part of what Grafana publishes. */
export type LokiQuery = {
  readonly refId: string
  readonly datasource: DataSource
  readonly editorMode: 'code'
  readonly expr: string
  readonly queryType: 'range' | 'instant'
  readonly legendFormat?: string
  readonly maxLines?: number
}

export type DataSource = Written<grafana.DataSourceRef>
export type Link = Written<grafana.DashboardLink>
export type Variable = Written<grafana.VariableModel>
export type Transformation = Written<grafana.DataTransformerConfig<unknown>>
export type Threshold = Written<grafana.Threshold>
export type Mapping = Written<grafana.ValueMapping>
export type Override = Written<grafana.FieldConfigSource>['overrides'][number]

type PanelOf<Type extends string, Options, Custom = Record<string, never>> = Omit<
  Written<grafana.Panel>,
  'type' | 'options' | 'fieldConfig' | 'targets'
> & {
  readonly type: Type
  readonly options: Written<Options>
  readonly fieldConfig: Written<grafana.FieldConfigSource<Partial<Custom>>>
  readonly targets: LokiQuery[]
}

export type StatPanel = PanelOf<'stat', stat.Options>
export type TimeSeriesPanel = PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>
export type TimelinePanel = PanelOf<'state-timeline', timeline.Options, timeline.FieldConfig>
export type TablePanel = PanelOf<'table', table.Options, table.FieldConfig>
export type LogsPanel = PanelOf<'logs', logs.Options>
export type Panel = StatPanel | TimeSeriesPanel | TimelinePanel | TablePanel | LogsPanel

export type RowPanel = Written<grafana.RowPanel>
export type Dashboard = Omit<Written<grafana.Dashboard>, 'panels'> & { panels: (Panel | RowPanel)[] }
