// What was fetched reaches Loki once, whatever restarts: rowtail by kill -9, Loki, the database.

import { afterEach, describe, expect, it } from 'vitest'
import { LokiServer } from '../support/servers/loki.ts'
import { PostgresServer } from '../support/servers/postgres.ts'
import { sharedLoki, sharedPostgres } from '../support/servers/shared.ts'
import { RunningService } from '../support/service.ts'

const running: RunningService[] = []
const servers: { stop(): Promise<unknown> }[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.cleanUp()))
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

async function start(options: Parameters<typeof RunningService.start>[0]): Promise<RunningService> {
  const service = await RunningService.start(options)
  running.push(service)
  return service
}

/** Ids count up over all runs, so that a lost row and a row that comes twice both show. */
const countingQuery = (sequence: string) => `select nextval('${sequence}') as id from generate_series(1, 20)`

function idsOf(lines: readonly { line: string }[]): number[] {
  const ids = lines.map(({ line }) => Number(JSON.parse(line).id))
  return ids.sort((a, b) => a - b)
}

describe('a service that is killed', () => {
  it('sends what it had spooled when it is started again, each row once', async () => {
    const postgres = sharedPostgres()
    const loki = await LokiServer.start()
    servers.push(loki)
    await postgres.psql('create sequence killed_ids')
    const options = {
      metrics: { killed: { every: '200ms', query: countingQuery('killed_ids') } },
      flags: ['--connection_string', postgres.connectionString(), '--loki_url', loki.baseUrl],
    }
    const first = await (await start(options)).ready()
    await first.metric('killed', (metric) => metric.delivered.rows >= 20)
    await loki.stop()
    await first.metric('killed', (metric) => metric.spool.rows >= 60)
    await first.kill()
    await loki.start()
    const second = await start({ ...options, directory: first.directory })
    await second.ready()
    await second.metric('killed', (metric) => metric.spool.rows <= 1 && metric.delivered.rows >= 60)
    await second.stop()
    const ids = idsOf(await loki.query('{job="killed"}', { limit: 5_000 }))
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, index) => index + 1))
  })
})

describe('a Loki that restarts', () => {
  it('gets every row once, and the log says that it was lost and is back', async () => {
    const postgres = sharedPostgres()
    const loki = await LokiServer.start()
    servers.push(loki)
    await postgres.psql('create sequence away_ids')
    const service = await start({
      metrics: { away: { every: '200ms', query: countingQuery('away_ids') } },
      flags: ['--connection_string', postgres.connectionString(), '--loki_url', loki.baseUrl],
    })
    await service.ready()
    await service.metric('away', (metric) => metric.delivered.rows >= 20)
    await loki.kill()
    await service.logged((line) => line.event === 'sink.lost', 'the loss of Loki to be logged')
    await service.metric('away', (metric) => metric.spool.rows >= 60)
    await loki.start()
    await service.logged((line) => line.event === 'sink.back', 'the return of Loki to be logged')
    await service.metric('away', (metric) => metric.spool.rows < 60)
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    const ids = idsOf(await loki.query('{job="away"}', { limit: 5_000 }))
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, index) => index + 1))
    expect(ids.length).toBeGreaterThanOrEqual(80)
  })
})

describe('a database that restarts', () => {
  it('fails runs while it is away and is asked again when it is back', async () => {
    const postgres = await PostgresServer.start()
    servers.push(postgres)
    const loki = sharedLoki()
    const service = await start({
      metrics: { back: { every: '300ms', query: 'select 1 as one' } },
      flags: ['--connection_string', postgres.connectionString(), '--loki_url', loki.baseUrl],
    })
    await service.ready()
    await service.metric('back', (metric) => metric.runs.ok >= 2)
    await postgres.stop()
    const failing = await service.metric('back', (metric) => metric.state === 'failing')
    expect(failing.lastError?.code).toBe('database_unreachable')
    await postgres.start()
    await service.metric('back', (metric) => metric.state === 'ok')
    await service.logged((line) => line.metric === 'back' && /recovered/.test(line.msg), 'the recovery')
    await service.stop()
  })
})
