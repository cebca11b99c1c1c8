// A configuration for the tests of what `rowtail dashboards` writes.

import { readFileSync } from 'node:fs'
import type { Metric } from '../../src/core/metric.ts'
import { type Configuration, shippedPaths } from '../../src/dashboards/configured.ts'
import { endpointOf } from '../../src/sinks/loki/config.ts'

export const scope = { name: 'db1_5432_shop', id: '0123abcd', host: 'db "1"', database: 'shop' }

export function metricOf(name: string, intervalMs: number): Metric {
  return { name, intervalMs, query: 'select 1', timeoutMs: 5_000, labels: {}, send: true }
}

export function configurationWith(given: Partial<Configuration> = {}): Configuration {
  const loki = { login: { kind: 'none' }, tls: {}, sendsMetadata: true } as const
  const shipped = shippedPaths.map((path) => [path, readFileSync(`dashboards/${path}`, 'utf8')] as const)
  return {
    scope,
    loki: { ...loki, endpoint: endpointOf('http://loki.example:3100') },
    metrics: [],
    sampled: [],
    directory: '/srv/out',
    shipped: Object.fromEntries(shipped) as Configuration['shipped'], // a list of all its keys
    ...given,
  }
}
