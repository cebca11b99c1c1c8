// A password that is changed while rowtail runs: all its workers stop asking, before the account is locked.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sharedLoki, sharedPostgres } from '../support/servers/shared.ts'
import type { RunningService } from '../support/service.ts'
import { startedServices } from '../support/services.ts'
import { type DriverRegistration, registerSqreamDriver } from '../support/sqream/odbc-driver.ts'
import { SqreamStandIn } from '../support/sqream/stand-in.ts'

const names = ['refused_a', 'refused_b', 'refused_c', 'refused_d', 'refused_e']
const intervalMs = 200

let registration: DriverRegistration
let standIn: SqreamStandIn
let service: RunningService
beforeAll(async () => {
  registration = await registerSqreamDriver()
})
afterAll(() => registration.remove())

const services = startedServices(afterEach)
beforeEach(async () => {
  standIn = await SqreamStandIn.start(sharedPostgres().address)
  const entry = { every: `${intervalMs}ms`, query: 'select get_license_info();' }
  service = await services.start({
    metrics: Object.fromEntries(names.map((name) => [name, entry])),
    flags: ['--host', '127.0.0.1', '--port', String(standIn.port), '--loki_url', sharedLoki().baseUrl],
    env: registration.environment,
  })
  await service.ready()
  for (const name of names) await service.metric(name, ({ runs }) => runs.ok > 0)
})
afterEach(() => standIn.stop())

describe('a password that is changed while the service runs', () => {
  it('is tried by no worker twice, and the status says that the login is refused', async () => {
    const attemptsBefore = standIn.attempts
    standIn.settings.roles = { sqream: 'changed' }
    standIn.dropConnections()
    await service.logged(({ event }) => event === 'login.refused', 'the refused login')
    const isPaused = ({ state, runningSinceMs }: { state: string; runningSinceMs?: number }) =>
      state === 'login_refused' && runningSinceMs === undefined
    for (const name of names) await service.metric(name, isPaused)
    const attempts = standIn.attempts
    expect(attempts - attemptsBefore).toBeLessThanOrEqual(names.length)

    const { login, atMs } = await service.status()
    expect(login).toMatchObject({ state: 'refused', error: { code: 'login_refused' } })
    await expect
      .poll(async () => (await service.status()).atMs - atMs, { timeout: 10_000 })
      .toBeGreaterThan(10 * intervalMs)
    expect(standIn.attempts).toBe(attempts)
    expect(service.log().filter(({ event }) => event === 'login.refused')).toHaveLength(1)
  })
})
