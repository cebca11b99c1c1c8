// The ladder of a query that does not come back, and hosts, connections and workers that die: what each
// costs its own metric, and that it costs no other metric anything.

import { mkdirSync, rmdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import type { HostStatus } from '../../src/core/status.ts'
import { spoolPathOf } from '../../src/spool/files.ts'
import { sharedLoki, sharedPostgres } from '../support/servers/shared.ts'
import { waitFor } from '../support/servers/waiting.ts'
import { type LogLine, newServiceDirectory, type RunningService } from '../support/service.ts'
import { startedServices } from '../support/services.ts'

const services = startedServices(afterEach)

function flags(): string[] {
  return ['--connection_string', sharedPostgres().connectionString(), '--loki_url', sharedLoki().baseUrl]
}

async function start(metrics: unknown, directory = newServiceDirectory()): Promise<RunningService> {
  const service = await services.start({ metrics, flags: flags(), directory })
  return service.ready()
}

/** Queries that end tell by which process of the database they were served. */
const ownPid = 'pg_backend_pid() as pid'

/** The processes that served a metric, in the order of its rows in Loki. */
async function backendsOf(metric: string): Promise<number[]> {
  const entries = await sharedLoki().query(`{job="${metric}"}`)
  return [...new Set(entries.map(({ line }) => (JSON.parse(line) as { pid: number }).pid))] // our own query's
}

async function firstBackendOf(service: RunningService, metric: string): Promise<number> {
  await service.metric(metric, ({ delivered }) => delivered.rows > 0)
  await expect.poll(() => backendsOf(metric)).toHaveLength(1)
  return (await backendsOf(metric))[0] ?? 0
}

/** The processes of the database in which the query with this word runs. */
function busyBackends(word: string): Promise<string> {
  const where = `state = 'active' and query like '%${word}%' and pid <> pg_backend_pid()`
  return sharedPostgres().psql(`select pid from pg_stat_activity where ${where}`)
}

async function mainHost(service: RunningService): Promise<HostStatus> {
  const { hosts } = await service.status()
  const host = hosts.find(({ role }) => role === 'main')
  if (host === undefined) throw new Error('there is no main host')
  return host
}

/** Clean runs between a metric's move to the second host and its return. */
function runsOnIsolation(log: readonly LogLine[], metric: string): number {
  const own = log.filter((line) => line.metric === metric)
  const eventAt = (wanted: string) => own.findIndex(({ event }) => event === wanted)
  const between = own.slice(eventAt('metric.isolated'), eventAt('metric.returned'))
  // A run that overran has a second line, without rows.
  return between.filter(({ event, rows }) => event === 'run.finished' && rows !== undefined).length
}

const neighbour = { every: '200ms', query: 'select 1 as one' }

describe('a query that takes longer than its timeout', () => {
  it('is cancelled by its deadline, and its connection serves the next run', async () => {
    const service = await start({
      ladder_slow: { every: '500ms', timeout: '1s', query: "select pg_sleep(60), 'ladder_slow'" },
    })
    const failing = await service.metric('ladder_slow', ({ runs }) => runs.failed >= 1)
    expect(failing.lastError).toMatchObject({ code: 'query_timeout', message: expect.stringContaining('1s') })
    const busy = () => busyBackends('ladder_slow')
    const first = await waitFor(async () => (await busy()) || undefined, {
      what: 'a backend that runs the query',
      timeoutMs: 10_000,
    })
    await service.metric('ladder_slow', ({ runs }) => runs.failed >= 3)
    await expect.poll(busy).toBe(first)
    expect((await service.status()).hosts).toMatchObject([{ role: 'main', losses: 0 }])
  })
})

describe('a call that ignores being cancelled', () => {
  it('is abandoned; its metric goes on over a second host and returns; no other loses a run', async () => {
    const service = await start({
      ladder_deaf: { every: '300ms', timeout: '1s', query: `select ${ownPid}, pg_sleep(0.1)` },
      ladder_beside: neighbour,
    })
    const backend = await firstBackendOf(service, 'ladder_deaf')
    process.kill(backend, 'SIGSTOP')
    try {
      const isolated = await service.metric('ladder_deaf', ({ state }) => state === 'isolated')
      expect(isolated.lastError?.code).toBe('query_abandoned')
      await service.logged(({ event }) => event === 'metric.returned', 'the return to the main host')
      const returned = await service.metric(
        'ladder_deaf',
        ({ state }) => state === 'ok' || state === 'running',
      )
      expect(returned.runs.failuresInARow).toBe(0)
      expect(runsOnIsolation(service.log(), 'ladder_deaf')).toBe(10)
      const beside = await service.metric('ladder_beside', () => true)
      expect(beside.runs).toMatchObject({ failed: 0 })
      expect((await mainHost(service)).losses).toBe(0)
    } finally {
      process.kill(backend, 'SIGCONT') // it heeds what it was told meanwhile, and ends
    }
  })
})

describe('a driver host that is killed', () => {
  it('fails what ran in it, by the name of the signal, and another one takes over', async () => {
    const service = await start({
      ladder_inside: { every: '500ms', timeout: '2m', query: "select pg_sleep(0.4), 'ladder_inside'" },
      ladder_aside: neighbour,
    })
    const before = await mainHost(service)
    await service.metric('ladder_aside', ({ runs }) => runs.ok >= 1)
    await service.metric('ladder_inside', ({ state, runs }) => state === 'running' && runs.ok >= 1)
    process.kill(before.pid, 'SIGKILL')
    const inside = await service.metric('ladder_inside', ({ runs }) => runs.failed >= 1)
    expect(inside.lastError).toMatchObject({
      code: 'host_crashed',
      message: expect.stringContaining('SIGKILL'),
    })
    for (const name of ['ladder_inside', 'ladder_aside']) {
      const { runs } = await service.metric(name, () => true)
      const after = await service.metric(name, (metric) => metric.runs.ok > runs.ok + 1)
      expect(after.runs.failed).toBeLessThanOrEqual(1)
      expect(after.state).toMatch(/^(ok|running)$/)
    }
    const successor = await mainHost(service)
    expect(successor).toMatchObject({ state: 'running', losses: 1 })
    expect(successor.pid).not.toBe(before.pid)
  })
})

describe('a driver host that is stopped', () => {
  it('is replaced when it answers no ping, and its metrics recover', async () => {
    const service = await start({ ladder_frozen: neighbour })
    await service.metric('ladder_frozen', ({ runs }) => runs.ok >= 1)
    const before = await mainHost(service)
    process.kill(before.pid, 'SIGSTOP')
    const lost = await service.logged(({ event }) => event === 'host.lost', 'the loss of the host', 30_000)
    expect(lost.msg).toContain('no ping')
    const { runs } = await service.metric(
      'ladder_frozen',
      ({ state }) => state === 'ok' || state === 'running',
    )
    await service.metric('ladder_frozen', (metric) => metric.runs.ok > runs.ok + 1)
    expect((await mainHost(service)).pid).not.toBe(before.pid)
  })
})

describe('a connection that dies while it is idle', () => {
  it('is opened again within the next run, which does not fail', async () => {
    const service = await start({
      ladder_idle: { every: '2s', query: `select ${ownPid}` },
    })
    const before = await firstBackendOf(service, 'ladder_idle')
    expect(await sharedPostgres().psql(`select pg_terminate_backend(${before}, 5000)`)).toBe('t')
    const { runs } = await service.metric('ladder_idle', () => true)
    const after = await service.metric('ladder_idle', (metric) => metric.runs.ok >= runs.ok + 2)
    expect(after.runs.failed).toBe(0)
    await expect.poll(() => backendsOf('ladder_idle')).toEqual([before, expect.any(Number)])
  })
})

describe('a worker that dies', () => {
  it('is started again until it lives, and no other metric is touched', async () => {
    const directory = newServiceDirectory()
    // A folder in the place of its spool: the worker cannot live, for nothing of it would survive a restart.
    const obstacle = spoolPathOf(path.join(directory, 'state', 'spool'), 'ladder_dying')
    mkdirSync(obstacle, { recursive: true })
    const service = await start({ ladder_dying: neighbour, ladder_living: neighbour }, directory)
    const dying = await service.metric('ladder_dying', ({ restarts }) => restarts >= 2)
    expect(dying).toMatchObject({ state: 'failing', lastError: { code: 'spool_write_failed' } })
    expect(dying.lastError?.message).toContain(obstacle)
    rmdirSync(obstacle)
    await service.metric('ladder_dying', ({ runs }) => runs.ok >= 1)
    const living = await service.metric('ladder_living', ({ runs }) => runs.ok >= 2)
    expect(living).toMatchObject({ restarts: 0, runs: { failed: 0 } })
  })
})

describe('a spool that another program holds locked', () => {
  it('fails the runs of its metric while it lasts, and no other one', async () => {
    const service = await start({ ladder_locked: neighbour, ladder_free: neighbour })
    await service.metric('ladder_locked', ({ delivered }) => delivered.rows > 0)
    const file = spoolPathOf(path.join(service.directory, 'state', 'spool'), 'ladder_locked')
    const locker = new DatabaseSync(file, { timeout: 10_000 }) // it waits for its turn
    locker.exec('begin immediate')
    const locked = await service.metric('ladder_locked', ({ runs }) => runs.failed >= 2)
    expect(locked.spoolError).toMatchObject({ code: 'spool_write_failed', said: 'database is locked' })
    locker.exec('rollback')
    locker.close()
    const free = await service.metric('ladder_locked', ({ spoolError }) => spoolError === undefined)
    expect(free.restarts).toBe(0)
    const beside = await service.metric('ladder_free', () => true)
    expect(beside).toMatchObject({ restarts: 0, runs: { failed: 0 } })
  })
})
