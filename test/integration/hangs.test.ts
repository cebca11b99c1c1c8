// A database that falls silent as a whole, as a wedged server or a cut cable does: every metric fails, no
// more than a few processes hang, and all of it ends when the database speaks again.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { treeOf } from '../support/servers/processes.ts'
import { sharedLoki, sharedPostgres } from '../support/servers/shared.ts'
import type { RunningService } from '../support/service.ts'
import { startedServices } from '../support/services.ts'
import { type DriverRegistration, registerSqreamDriver } from '../support/sqream/odbc-driver.ts'
import { SqreamStandIn } from '../support/sqream/stand-in.ts'

const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `hangs_${letter}`)

let registration: DriverRegistration
let standIn: SqreamStandIn
beforeAll(async () => {
  registration = await registerSqreamDriver()
})
afterAll(() => registration.remove())
beforeEach(async () => {
  standIn = await SqreamStandIn.start(sharedPostgres().address)
})
afterEach(() => standIn.stop())

const services = startedServices(afterEach)

async function start(): Promise<RunningService> {
  const entry = { every: '300ms', timeout: '1s', query: 'select get_license_info();' }
  const service = await services.start({
    metrics: Object.fromEntries(names.map((name) => [name, entry])),
    flags: ['--host', '127.0.0.1', '--port', String(standIn.port), '--loki_url', sharedLoki().baseUrl],
    env: registration.environment,
  })
  await service.ready()
  for (const name of names) await service.metric(name, ({ runs }) => runs.ok > 0)
  return service
}

async function recovered(service: RunningService): Promise<void> {
  for (const name of names) {
    const { runs } = await service.metric(name, () => true)
    await service.metric(name, (metric) => metric.runs.ok >= runs.ok + 2, 60_000)
  }
}

describe('a database that heeds neither queries nor cancels', () => {
  it('costs runs while it lasts, a bounded number of processes, and nothing after', async () => {
    const service = await start()
    standIn.misbehave('*', { kind: 'hang', isDeaf: true })
    for (const name of names) await service.metric(name, ({ runs }) => runs.failed >= 3, 60_000)
    // The service, its two hosts, and one of each that is on its way out.
    expect(treeOf(service.launched.pid).length).toBeLessThanOrEqual(5)
    const failing = await service.status()
    for (const { lastError } of failing.metrics) {
      expect(lastError?.code).toMatch(
        /^(query_abandoned|host_crashed|host_unavailable|database_unreachable)$/,
      )
    }
    standIn.restore()
    await recovered(service)
  })
})

describe('a database that accepts connections and says nothing', () => {
  it('is unreachable, and asked again when it speaks', async () => {
    const service = await start()
    standIn.settings.door = 'mute'
    standIn.dropConnections()
    for (const name of names) await service.metric(name, ({ runs }) => runs.failed >= 2, 60_000)
    expect(treeOf(service.launched.pid).length).toBeLessThanOrEqual(5)
    standIn.settings.door = 'open'
    standIn.dropConnections()
    await recovered(service)
  })
})
