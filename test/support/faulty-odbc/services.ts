// Services over the faulty driver: metrics that obey orders beside a healthy one of the same target, and what
// must hold of the healthy one whatever happens to the others.

import { expect } from 'vitest'
import type { OdbcBinding } from '../../../src/core/target.ts'
import type { HostRole } from '../../../src/core/events.ts'
import type { HostStatus } from '../../../src/core/status.ts'
import { sharedLoki } from '../servers/shared.ts'
import type { RunningService } from '../service.ts'
import type { Services } from '../services.ts'
import type { FaultyDriver } from './registration.ts'

export const healthyOrder = 'rows 3'

export type FaultyOptions = {
  readonly driver: FaultyDriver
  /** By metric: its first order; the metric's query obeys its name. */
  readonly orders: Readonly<Record<string, string>>
  readonly every?: string
  readonly timeout?: string
  /** The name of a metric that has nothing to do with the faults. */
  readonly neighbour: string
  readonly binding?: OdbcBinding
  readonly flags?: readonly string[]
}

/** Starts a service; the neighbour has had its first run, and with that its connection. */
export async function startFaulty(services: Services, options: FaultyOptions): Promise<RunningService> {
  const { driver, orders, neighbour, binding = 'direct', flags = [] } = options
  const { every = '500ms', timeout = '5s' } = options
  for (const [name, order] of Object.entries(orders)) driver.order(name, order)
  const targetFlags = ['--connection_string', driver.connectionString, '--loki_url', sharedLoki().baseUrl]
  const faulty = Object.keys(orders).map((name) => [name, { every, timeout, query: `obey ${name}` }])
  const service = await services.start({
    // First ticks are spread over the interval: no run of the neighbour begins together with another one.
    metrics: { ...Object.fromEntries(faulty), [neighbour]: { every: '500ms', query: healthyOrder } },
    flags: [...targetFlags, '--odbc_binding', binding, ...flags],
    env: { ...driver.environment },
  })
  await service.ready()
  await service.metric(neighbour, ({ runs }) => runs.ok > 0)
  return service
}

/** The trouble ends now: the metric's next run goes well, but for one that may have begun in it. */
export async function recovers(service: RunningService, driver: FaultyDriver, name: string): Promise<void> {
  driver.order(name, healthyOrder)
  const before = await service.metric(name, () => true)
  const after = await service.metric(name, ({ runs }) => runs.ok >= before.runs.ok + 2)
  expect(after.runs.failed - before.runs.failed).toBeLessThanOrEqual(1)
}

/** The neighbour goes on, and lost no run but one that was in flight on a main host that crashed. */
export async function livesOn(service: RunningService, neighbour: string): Promise<void> {
  const before = await service.metric(neighbour, () => true)
  const { runs, restarts } = await service.metric(neighbour, (metric) => metric.runs.ok >= before.runs.ok + 2)
  expect(restarts).toBe(0)
  expect(runs.failed).toBeLessThanOrEqual((await hostOf(service, 'main'))?.losses ?? 0)
}

/** The most rows that a run of this metric has left in Loki: a healthy one has three. */
export async function mostRowsOf(metric: string): Promise<number> {
  const entries = await sharedLoki().queryAll(`{job="${metric}"}`)
  return Math.max(...entries.map(({ line }) => Number(JSON.parse(line).n)))
}

export async function hostOf(service: RunningService, wanted: HostRole): Promise<HostStatus | undefined> {
  const { hosts } = await service.status()
  return hosts.find(({ role }) => role === wanted)
}
