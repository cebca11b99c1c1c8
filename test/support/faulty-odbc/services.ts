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
  readonly neighbourEvery?: string
  readonly binding?: OdbcBinding
  readonly flags?: readonly string[]
}

/** Starts a service; the neighbour has had its first run, and with that its connection. */
export async function startFaulty(services: Services, options: FaultyOptions): Promise<RunningService> {
  const { driver, orders, neighbour, binding = 'direct', flags = [] } = options
  const { every = '500ms', neighbourEvery = '500ms', timeout = '5s' } = options
  for (const [name, order] of Object.entries(orders)) driver.order(name, order)
  const targetFlags = ['--connection_string', driver.connectionString, '--loki_url', sharedLoki().baseUrl]
  const faulty = Object.keys(orders).map((name) => [name, { every, timeout, query: `obey ${name}` }])
  const service = await services.start({
    metrics: { ...Object.fromEntries(faulty), [neighbour]: { every: neighbourEvery, query: healthyOrder } },
    flags: [...targetFlags, '--odbc_binding', binding, ...flags],
    env: { ...driver.environment },
  })
  await service.ready()
  await service.metric(neighbour, ({ runs }) => runs.ok > 0)
  return service
}

/** Returns when the metric has just ended a run: what crashes its host now finds it between two. */
export async function betweenRuns(service: RunningService, name: string): Promise<void> {
  const { runs } = await service.metric(name, () => true)
  await service.metric(name, (metric) => metric.runs.ok > runs.ok)
}

/** The trouble ends now: the metric's next run goes well, but for one that may have begun in it. */
export async function recovers(service: RunningService, driver: FaultyDriver, name: string): Promise<void> {
  driver.order(name, healthyOrder)
  const before = await service.metric(name, () => true)
  const after = await service.metric(name, ({ runs }) => runs.ok >= before.runs.ok + 2)
  expect(after.runs.failed - before.runs.failed).toBeLessThanOrEqual(1)
}

/** The neighbour lost no run, and goes on. */
export async function livesOn(service: RunningService, neighbour: string): Promise<void> {
  const before = await service.metric(neighbour, () => true)
  const { runs, restarts } = await service.metric(neighbour, (metric) => metric.runs.ok >= before.runs.ok + 2)
  expect({ failed: runs.failed, restarts }).toEqual({ failed: 0, restarts: 0 })
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
