// How a service starts or refuses to: exit codes and the words beside them.

import { mkdirSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { LokiServer } from '../support/servers/loki.ts'
import { freePort } from '../support/servers/ports.ts'
import { sharedLoki, sharedPostgres } from '../support/servers/shared.ts'
import { newServiceDirectory, type RunningService } from '../support/service.ts'
import { nobody, oneMetric, runToEnd, startedServices } from '../support/services.ts'
import { type DriverRegistration, registerSqreamDriver } from '../support/sqream/odbc-driver.ts'
import { SqreamStandIn } from '../support/sqream/stand-in.ts'

let registration: DriverRegistration
let standIn: SqreamStandIn
beforeAll(async () => {
  registration = await registerSqreamDriver()
  standIn = await SqreamStandIn.start(sharedPostgres().address)
})
afterAll(async () => {
  await Promise.all([registration.remove(), standIn.stop()])
})

const services = startedServices(afterEach)

/** The stand-in for SQream, asked with production's flags, some of them changed. */
function sqreamOptions(change: Readonly<Record<string, string>> = {}) {
  const target = { host: '127.0.0.1', port: String(standIn.port), database: 'master', user: 'sqream' }
  const flags = {
    ...target,
    service: 'monitor',
    loki_url: sharedLoki().baseUrl,
    startup_wait: '0',
    ...change,
  }
  return {
    metrics: { get_license_info: 1 },
    flags: Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
    env: { ...registration.environment },
  }
}

/** The log line of the startup check that failed, after the service has ended with 3. */
async function failedCheck(options: Parameters<typeof runToEnd>[0]) {
  const ended = await runToEnd(options)
  expect(ended.exit).toEqual({ code: 3, signal: null })
  const line = ended.service.log().find(({ event }) => event === 'check.failed')
  return { msg: line?.msg ?? '', code: line?.['code'], waits: waitsOf(ended.service), output: ended.output }
}

function waitsOf(service: RunningService): number {
  return service.log().filter(({ event }) => event === 'check.waiting').length
}

describe('a service that may not start', () => {
  it('ends with 2 where another one uses the state directory, and names its pid', async () => {
    const first = await services.start(oneMetric('states_first'))
    await first.ready()
    const second = await runToEnd({ ...oneMetric('states_second'), directory: first.directory })
    expect(second.exit.code).toBe(2)
    expect(second.output).toContain(`in use by process ${first.launched.pid}`)
    expect((await first.status()).service.state).toBe('ready')
  })

  it('ends with 2 where the status port that it was told is taken', async () => {
    const taken = await freePort()
    const server = await listenOn(taken)
    const ended = await runToEnd({ ...oneMetric('states_port'), listen: `127.0.0.1:${taken}` })
    server.close()
    expect(ended.exit.code).toBe(2)
    expect(ended.output).toContain(String(taken))
  })

  it('ends with 2 where it may not write its state directory', async () => {
    const directory = newServiceDirectory(nobody)
    mkdirSync(path.join(directory, 'state'), { mode: 0o755 })
    const options = { ...oneMetric('states_rights'), directory, user: nobody }
    const ended = await runToEnd(options)
    expect(ended.exit.code).toBe(2)
    expect(ended.output).toContain(path.join(directory, 'state'))
    expect(ended.output).toContain('writable for user id 65534')
  })

  it('ends with 3 where the driver is not installed, and lists those that are', async () => {
    const target = ['--driver', 'No Such Driver', '--database', 'master', '--user', 'sqream']
    const { env } = sqreamOptions()
    const flags = [...target, '--loki_url', sharedLoki().baseUrl]
    const { msg, code } = await failedCheck({ ...oneMetric('states_driver'), flags, env })
    expect(code).toBe('driver_missing')
    expect(msg).toContain('No Such Driver')
    expect(msg).toContain('Registered drivers: SqreamODBCDriver')
  })

  it('ends with 3 at once where the password is refused, and says all that was tried but it', async () => {
    const password = 'not-the-one'
    const options = sqreamOptions({ startup_wait: '1m', password })
    const { msg, code, waits, output } = await failedCheck(options)
    expect(code).toBe('login_refused')
    expect(waits).toBe(0)
    for (const tried of ['127.0.0.1', String(standIn.port), 'master', 'sqream', 'monitor']) {
      expect(msg).toContain(tried)
    }
    expect(msg).toContain('password authentication failed for user "sqream"')
    expect(output).not.toContain(password)
  })

  it('ends with 3 where the service has a GPU', async () => {
    standIn.settings.worker = 'gpu'
    const { msg, code } = await failedCheck(sqreamOptions())
    standIn.settings.worker = 'cpu'
    expect(code).toBe('not_cpu_only')
    expect(msg).toContain('service monitor')
  })

  it('ends with 3 where the database cannot be reached for as long as --startup_wait says', async () => {
    const port = String(await freePort())
    const { msg, code } = await failedCheck(sqreamOptions({ port, startup_wait: '1s' }))
    expect(code).toBe('database_unreachable')
    expect(msg).toContain(`nothing listens on port ${port}`)
  })

  it('ends with 3 where Loki cannot be reached for as long as --startup_wait says', async () => {
    const lokiUrl = `http://127.0.0.1:${await freePort()}`
    const { msg, code } = await failedCheck(sqreamOptions({ loki_url: lokiUrl, startup_wait: '1s' }))
    expect(code).toBe('loki_unreachable')
    expect(msg).toContain(lokiUrl)
  })
})

function listenOn(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

describe('a service whose database comes late', () => {
  it('waits for it', async () => {
    const late = await SqreamStandIn.start(sharedPostgres().address)
    await late.goDown()
    const service = await services.start(sqreamOptions({ port: String(late.port), startup_wait: '1m' }))
    await service.logged(({ event }) => event === 'check.waiting', 'the service to wait')
    await late.comeBack()
    await service.ready()
    expect((await service.stop()).code).toBe(0)
    await late.stop()
  })
})

describe('a service that has delivered before', () => {
  let loki: LokiServer
  beforeAll(async () => {
    loki = await LokiServer.start()
  })
  afterAll(() => loki.remove())

  it('starts without Loki, loudly, spools, drains when it is back; not with --strict_start', async () => {
    const options = oneMetric('states_known', loki.baseUrl)
    const first = await services.start(options)
    await first.ready()
    await first.metric('states_known', ({ delivered }) => delivered.rows > 0)
    expect((await first.stop()).code).toBe(0)
    await loki.stop()
    const { directory } = first

    const strict = {
      ...options,
      directory,
      flags: [...options.flags, '--strict_start', '--startup_wait', '0'],
    }
    expect((await failedCheck(strict)).code).toBe('loki_unreachable')

    const second = await services.start({ ...options, directory })
    const warning = await second.logged(({ event }) => event === 'check.warned', 'the warning')
    expect(warning).toMatchObject({ level: 'warn', msg: expect.stringContaining('STARTS WITHOUT IT') })
    await second.ready()
    await second.metric('states_known', ({ spool }) => spool.rows >= 4)
    await loki.start()
    await second.metric('states_known', ({ spool, delivered }) => delivered.rows > 0 && spool.rows === 0)
  })

  it('starts without its database, loudly, and asks it when it is back', async () => {
    const away = await SqreamStandIn.start(sharedPostgres().address)
    const options = sqreamOptions({ port: String(away.port), loki_url: loki.baseUrl })
    const first = await services.start(options)
    await first.ready()
    await first.metric('get_license_info', ({ delivered }) => delivered.rows > 0)
    expect((await first.stop()).code).toBe(0)
    await away.goDown()

    const second = await services.start({ ...options, directory: first.directory })
    await second.logged(({ event }) => event === 'check.warned', 'the warning')
    await second.ready()
    await second.metric('get_license_info', ({ state }) => state === 'failing')
    await away.comeBack()
    await second.metric('get_license_info', ({ runs }) => runs.ok > 0)
    await away.stop()
  })
})

describe('the status page', () => {
  it('is left out with a warning where nobody asked for its port and it is taken', async () => {
    // Somebody else may have the default port already: that is as good.
    const server = await listenOn(9_464).catch(() => undefined)
    const service = await services.start({ ...oneMetric('states_default_port'), listen: 'default' })
    await service.ready()
    server?.close()
    const warning = service.log().find(({ code }) => code === 'port_taken')
    expect(warning).toMatchObject({ level: 'warn', msg: expect.stringContaining('9464') })
  })
})
