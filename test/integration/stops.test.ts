// How a service ends: by each signal, by a second one, by SIGKILL; and what becomes of what it had spooled
// when its metric is gone from the next start's file.

import { readdirSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { spoolPathOf } from '../../src/spool/files.ts'
import { runLinesOf } from '../support/entries-of-loki.ts'
import { LokiServer } from '../support/servers/loki.ts'
import { freePort } from '../support/servers/ports.ts'
import { signalAll } from '../support/servers/processes.ts'
import { sharedPostgres } from '../support/servers/shared.ts'
import { oneMetric, startedServices } from '../support/services.ts'
import { registerSqreamDriver } from '../support/sqream/odbc-driver.ts'
import { SqreamStandIn } from '../support/sqream/stand-in.ts'

let loki: LokiServer
beforeAll(async () => {
  loki = await LokiServer.start()
})
afterAll(() => loki.remove())
afterEach(() => loki.resume())

const services = startedServices(afterEach)

describe('a signal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends the service with 0, and nothing is left',
    async (signal) => {
      const service = await services.start(oneMetric(`stops_${signal.toLowerCase()}`))
      await service.ready()
      expect(await service.stop(signal)).toEqual({ code: 0, signal: null })
      expect(service.log().at(-1)).toMatchObject({ event: 'service.stopped' })
    },
  )

  it('ends the service with 0 where Loki does not answer, and what is spooled stays', async () => {
    const options = oneMetric('stops_mute_loki', loki.baseUrl)
    const service = await services.start(options)
    await service.ready()
    await service.metric('stops_mute_loki', ({ delivered }) => delivered.rows > 0)
    loki.pause()
    await service.metric('stops_mute_loki', ({ spool }) => spool.rows >= 4)
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    expect(service.log().at(-1)?.['spooledRows']).toBeGreaterThanOrEqual(4)
  })

  it('ends a start with 0 that waits for a server, and nothing was ready', async () => {
    const service = await services.start({
      ...oneMetric('stops_waiting'),
      flags: ['--loki_url', `http://127.0.0.1:${await freePort()}`, '--startup_wait', '10m'],
    })
    await service.logged(({ event }) => event === 'check.waiting', 'the start to wait')
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    expect(service.log().map(({ event }) => event)).not.toContain('service.ready')
  })

  it('ends a start with 0 whose login is not answered', async () => {
    const registration = await registerSqreamDriver()
    const standIn = await SqreamStandIn.start(sharedPostgres().address, { door: 'mute' })
    const service = await services.start({
      metrics: { get_license_info: 1 },
      flags: ['--host', '127.0.0.1', '--port', String(standIn.port), '--loki_url', loki.baseUrl],
      env: registration.environment,
    })
    await expect.poll(() => standIn.connections, { timeout: 20_000 }).toBe(1)
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    expect(service.log().map(({ event }) => event)).not.toContain('service.ready')
    await Promise.all([standIn.stop(), registration.remove()])
  })

  it('a second one ends it at once', async () => {
    const service = await services.start(oneMetric('stops_twice', loki.baseUrl))
    await service.ready()
    await service.metric('stops_twice', ({ runs }) => runs.ok > 0)
    loki.pause() // a push without an answer holds up the first stop for its second
    // More than the first run's row and run line, which Loki may have had before.
    await service.metric('stops_twice', ({ spool }) => spool.rows >= 4)
    // Copies of the first one, which come at once, count as one with it.
    const signalAgain = () => {
      signalAll([service.launched.pid], 'SIGTERM')
      return service.launched.isRunning()
    }
    await expect.poll(signalAgain, { interval: 20 }).toBe(false)
    expect(await service.launched.exited).toEqual({ code: null, signal: 'SIGKILL' })
    await service.nothingLeft()
  })

  it('SIGKILL to the main process leaves no other', async () => {
    const service = await services.start({
      ...oneMetric('stops_killed'),
      metrics: { stops_killed: { every: '1s', query: 'select pg_sleep(60)' } },
    })
    await service.ready()
    await service.metric('stops_killed', ({ state }) => state === 'running')
    await service.kill()
    expect(service.launched.isRunning()).toBe(false)
  })
})

describe('a metric that is no longer configured', () => {
  it('has what it spooled sent, and then its file is gone', async () => {
    const before = oneMetric('stops_former', loki.baseUrl)
    const first = await services.start(before)
    await first.ready()
    await first.metric('stops_former', ({ delivered }) => delivered.rows > 0)
    await loki.stop()
    await first.metric('stops_former', ({ spool }) => spool.rows >= 4)
    expect((await first.stop()).code).toBe(0)
    await loki.start()
    const { directory } = first
    const spools = path.join(directory, 'state', 'spool')
    expect(readdirSync(spools)).toContain(path.basename(spoolPathOf(spools, 'stops_former')))
    const second = await services.start({ ...oneMetric('stops_present', loki.baseUrl), directory })
    await second.ready()
    await second.logged(({ event }) => event === 'metric.drained', 'the former metric to be drained')
    const former = () => readdirSync(spools).filter((name) => name.startsWith('stops_former'))
    await expect.poll(former).toEqual([])
    const rows = await loki.query('{job="stops_former"}')
    const runs = await runLinesOf(loki, 'stops_former')
    expect(rows).toHaveLength(runs.reduce((sum, run) => sum + run.rows, 0))
  })
})
