// All that `rowtail dashboards` writes for one configuration, as paths and texts: dashboards, Grafana's
// provisioning, and alerts for Loki's ruler. Pure; the shipped files are handed in.

import { join } from 'node:path'
import type { Metric } from '../core/metric.ts'
import type { LokiConfig } from '../sinks/loki/config.ts'
import { fileOf } from './files.ts'
import { metricsDashboard, type SampledMetric } from './metrics.ts'
import { overview } from './overview.ts'
import { fittedDataSource, fittedProvider } from './provisioning.ts'
import { fittedRules } from './rules.ts'
import { type Scope, writtenFor } from './scope.ts'
import { sqream, sqreamMetrics } from './sqream.ts'

/** Of the shipped files, relative to the folder `dashboards`: their texts. */
export const shippedPaths = [
  'provisioning/dashboards/rowtail.yaml',
  'provisioning/datasources/loki.yaml',
  'rules/rowtail.yaml',
  'rules/sqream.yaml',
] as const

export type Configuration = {
  readonly scope: Scope
  readonly loki: LokiConfig
  readonly metrics: readonly Metric[]
  /** Those of the metrics that no other dashboard shows. */
  readonly sampled: readonly SampledMetric[]
  /** Absolute path of the folder that is written. */
  readonly directory: string
  readonly shipped: Readonly<Record<(typeof shippedPaths)[number], string>>
}

export type WrittenFile = { readonly path: string; readonly text: string }

export function configuredFiles(configuration: Configuration): WrittenFile[] {
  return [...dashboardsOf(configuration), ...provisioningOf(configuration), ...rulesOf(configuration)]
}

function dashboardsOf({ scope, metrics, sampled }: Configuration): WrittenFile[] {
  const names = metrics.filter(({ send }) => send).map(({ name }) => name)
  const hasSqream = names.some((name) => sqreamMetrics.includes(name))
  return [
    { path: 'dashboards/overview.json', text: fileOf(overview(scope)) },
    ...(hasSqream ? [{ path: 'dashboards/sqream.json', text: fileOf(sqream(names, scope)) }] : []),
    ...(sampled.length > 0
      ? [{ path: 'dashboards/metrics.json', text: fileOf(metricsDashboard(sampled, scope)) }]
      : []),
  ]
}

function provisioningOf({ scope, loki, directory, shipped }: Configuration): WrittenFile[] {
  const provider = fittedProvider(
    shipped['provisioning/dashboards/rowtail.yaml'],
    join(directory, 'dashboards'),
    scope,
  )
  const dataSource = fittedDataSource(shipped['provisioning/datasources/loki.yaml'], loki)
  return [
    { path: `provisioning/dashboards/rowtail-${scope.name}.yaml`, text: marked(provider, scope) },
    { path: `provisioning/datasources/rowtail-${scope.name}.yaml`, text: marked(dataSource, scope) },
  ]
}

/** In the folder of the tenant, as Loki's ruler looks for them. */
function rulesOf({ scope, loki, metrics, shipped }: Configuration): WrittenFile[] {
  return (['rowtail', 'sqream'] as const).flatMap((name) => {
    const text = fittedRules(shipped[`rules/${name}.yaml`], metrics, scope)
    // So Loki calls its tenant where nobody has to name one.
    const path = `rules/${loki.tenant ?? 'fake'}/${name}-${scope.name}.yaml`
    return text === undefined ? [] : [{ path, text: marked(text, scope) }]
  })
}

function marked(yaml: string, scope: Scope): string {
  return `# ${writtenFor(scope)}\n${yaml}`
}
