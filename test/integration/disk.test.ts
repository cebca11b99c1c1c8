// A disk that is full to the last byte: rowtail starts on it, delivers what waits, gives the room back that
// its own files took, and spools again as soon as somebody makes room. Needs the right to mount a small disk.

import { existsSync, rmSync, statfsSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { LokiServer } from '../support/servers/loki.ts'
import { sharedPostgres } from '../support/servers/shared.ts'
import { waitFor } from '../support/servers/waiting.ts'
import { newServiceDirectory, type RunningService, type ServiceOptions } from '../support/service.ts'
import { startedServices } from '../support/services.ts'
import { SmallDisk } from '../torture/small-disk.ts'

const mebibyte = 1024 * 1024

let loki: LokiServer
beforeAll(async () => {
  loki = await LokiServer.start()
})
afterAll(() => loki.remove())

const disks: SmallDisk[] = []
const services = startedServices(afterEach)
afterEach(() => {
  loki.resume()
  for (const disk of disks.splice(0)) disk.unmount()
})

/** A service whose state lies on a small disk, and that may fill it. */
function onSmallDisk(metrics: Readonly<Record<string, unknown>>) {
  const directory = newServiceDirectory()
  const state = path.join(directory, 'state')
  const disk = SmallDisk.mountAt(state)
  disks.push(disk)
  const options: ServiceOptions = {
    metrics,
    directory,
    flags: ['--loki_url', loki.baseUrl, '--disk_reserve', '0B', '--startup_wait', '0'],
    env: { ROWTAIL_CONNECTION_STRING: sharedPostgres().connectionString() },
  }
  return { disk, options, freeBytes: () => freeBytesOf(state), ballast: path.join(state, 'spool', 'ballast') }
}

function freeBytesOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}

const counting = (sequence: string) => ({
  every: '200ms',
  query: `select nextval('${sequence}') as id from generate_series(1, 20)`,
})

/** Its rows are staged, 1 KB each, until something ends it. */
const endless = {
  every: '1s',
  timeout: '5m',
  query: `select n, repeat('x', 1000) as padding from generate_series(1, 10000000) as n`,
}

async function idsIn(metric: string): Promise<number[]> {
  const entries = await loki.queryAll(`{job="${metric}"}`)
  return entries.map(({ line }) => Number(JSON.parse(line).id)).sort((left, right) => left - right)
}

async function aliveWith(service: RunningService): Promise<number> {
  return (await fetch(`http://127.0.0.1:${service.port}/healthz`)).status
}

/** Fills the spool of a metric while Loki does not answer; kills rowtail then. */
async function killedWithBacklog(service: RunningService, metric: string, rows: number): Promise<void> {
  await service.ready()
  await service.metric(metric, ({ delivered }) => delivered.rows >= 20)
  loki.pause()
  await service.metric(metric, ({ spool }) => spool.rows >= rows)
  await service.kill()
  loki.resume()
}

describe('a disk that something else has filled to the last byte', () => {
  it('Q-28: takes no row, and what waits is delivered all the same, each row once', async () => {
    await sharedPostgres().psql('create sequence disk_full_ids')
    const { disk, options, freeBytes, ballast } = onSmallDisk({ disk_full: counting('disk_full_ids') })
    const first = await services.start(options)
    await waitFor(() => existsSync(ballast), { what: 'the ballast', timeoutMs: 20_000 })
    await killedWithBacklog(first, 'disk_full', 200)
    rmSync(path.join(first.directory, 'state', 'state.pid')) // as after a stop
    disk.fill()
    expect(freeBytes()).toBe(0)

    const second = await (await services.start(options)).ready()
    expect(await aliveWith(second)).toBe(200)
    await second.metric('disk_full', ({ spool }) => spool.rows === 0)
    const failed = await second.logged(({ event }) => event === 'spool.failed', 'the full disk to be told')
    expect(failed.msg).toContain('Free some space')
    const delivered = (await idsIn('disk_full')).length

    disk.free()
    await second.logged(({ event }) => event === 'spool.recovered', 'the room to be told')
    await second.metric('disk_full', (metric) => metric.delivered.rows > 20)
    await waitFor(() => existsSync(ballast), { what: 'the ballast again', timeoutMs: 10_000 })
    await second.stop()
    const ids = await idsIn('disk_full')
    expect(ids.length).toBeGreaterThan(delivered)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('a disk that the rows of a killed run have filled', () => {
  it('Q-29: is given back by the next start, and other metrics deliver meanwhile', async () => {
    await sharedPostgres().psql('create sequence disk_own_ids')
    const metrics = { disk_own: counting('disk_own_ids'), disk_endless: endless }
    const { disk, options, freeBytes } = onSmallDisk(metrics)
    const first = await (await services.start(options)).ready()
    await waitFor(() => freeBytes() < 16 * mebibyte, { what: 'a full disk', timeoutMs: 30_000 })
    await first.kill()
    disk.fill()

    const calm = { ...metrics, disk_endless: { every: '1d', query: 'select 1 as n' } }
    const second = await (await services.start({ ...options, metrics: calm })).ready()
    expect(await aliveWith(second)).toBe(200)
    await waitFor(() => freeBytes() > 6 * mebibyte, { what: 'room on the disk', timeoutMs: 20_000 })
    await second.metric('disk_own', ({ delivered }) => delivered.rows >= 20)
    await second.metric('disk_endless', ({ delivered }) => delivered.rows === 1)
    await second.stop()
    const ids = await idsIn('disk_own')
    expect(new Set(ids).size).toBe(ids.length)
    expect(await loki.queryAll('{job="disk_endless"}')).toHaveLength(1)
  })

  it('Q-27: is never filled to the last byte: the run fails, and other metrics are served', async () => {
    await sharedPostgres().psql('create sequence disk_hungry_ids')
    const metrics = { disk_hungry: endless, disk_beside: counting('disk_hungry_ids') }
    const { options, freeBytes } = onSmallDisk(metrics)
    const service = await (await services.start(options)).ready()
    const failed = await service.logged(({ event }) => event === 'spool.failed', 'a run without room')
    expect(failed.msg).toContain('less than 5 MiB are free')
    expect(freeBytes()).toBeGreaterThan(mebibyte)
    const { delivered } = await service.metric('disk_beside', () => true)
    await service.metric('disk_beside', (metric) => metric.delivered.rows > delivered.rows + 100)
    expect(await loki.queryAll('{job="disk_hungry"}')).toEqual([])
  })
})
