// What every command begins with: the metrics file, its faults told all at once, and the secrets that no text
// may hold.

import { formatFileFaults } from '../../config/format-faults.ts'
import { loadMetrics } from '../../config/load-metrics.ts'
import type { Settings } from '../../config/settings.ts'
import type { ErrorReport } from '../../core/errors.ts'
import type { Metric } from '../../core/metric.ts'
import { createRedactor } from '../../kit/secrets.ts'
import { secretsOfProxy } from '../../sinks/loki/proxy.ts'
import { secretsOf } from '../../sources/sql/connection-string.ts'
import type { Invocation } from '../program.ts'

export type Loaded = { readonly metrics: readonly Metric[]; readonly warnings: readonly ErrorReport[] }

/** The metrics and what is odd about them; undefined where the file is faulty and its faults were told. */
export function loadOrTell({ settings, warnings }: Invocation): Loaded | undefined {
  const { target, labels, metricsPath } = settings
  const loaded = loadMetrics(metricsPath, { isSqream: target.isSqream, labels })
  if (loaded.kind === 'loaded') {
    return { metrics: loaded.metrics, warnings: [...warnings, ...loaded.warnings] }
  }
  process.stderr.write(`rowtail cannot start, the metrics file has faults:\n`)
  process.stderr.write(`${formatFileFaults(loaded.path, loaded.faults)}\n`)
  return undefined
}

/** Hides the secrets of these settings in any text. */
export function redactorOf({ target, loki, listen }: Settings): (text: string) => string {
  const { login } = loki
  const lokiSecret = login.kind === 'basic' ? [login.password] : login.kind === 'bearer' ? [login.token] : []
  const proxySecret = secretsOfProxy(loki.proxy)
  const listenSecret = listen.kind === 'on' && listen.password !== undefined ? [listen.password] : []
  const shown = [...Object.values(target.tried), target.name, loki.endpoint.pushUrl]
  const secrets = [...secretsOf(target.connectionString), ...lokiSecret, ...proxySecret, ...listenSecret]
  return createRedactor(secrets, shown)
}
