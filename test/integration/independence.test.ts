// One metric never disturbs another: a query longer than its interval, one that hangs, one that fails and
// one of 100,000 rows run side by side with one that has nothing to do with them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { numbersOf } from '../support/entries-of-loki.ts'
import { sharedLoki, sharedPostgres } from '../support/servers/shared.ts'
import type { LogLine, RunningService } from '../support/service.ts'
import { startedServices } from '../support/services.ts'

const intervalMs = 1_500
const startedAt = 'extract(epoch from clock_timestamp())::float8 as started_at'

/** 100,000 rows with 50 pauses between them, so that others can be seen to run meanwhile. */
const slowly =
  'select n, case when n % 2000 = 0 then pg_sleep(0.05) end as pause from generate_series(1, 100000) as n'

const metrics = {
  apart_long: { every: '1500ms', query: `select ${startedAt}, pg_sleep(${(1.3 * intervalMs) / 1_000})` },
  apart_hanging: { every: '1s', timeout: '5m', query: 'select pg_sleep(600)' },
  apart_broken: { every: '500ms', query: 'select 1 / 0 as never' },
  apart_bulky: { every: '1h', query: slowly },
  apart_quick: { every: '200ms', query: 'select 1 as one' },
}

const services = startedServices(afterAll)
let service: RunningService

beforeAll(async () => {
  service = await services.start({
    metrics,
    flags: ['--connection_string', sharedPostgres().connectionString(), '--loki_url', sharedLoki().baseUrl],
  })
  await service.ready()
})

const isRunOf = (metric: string) => (line: LogLine) =>
  line.metric === metric && line.event === 'run.finished' && line['rows'] !== undefined

/** How many runs of `metric` ended before the next one of `other` did. */
function runsBeforeNext(other: string, metric: string, log: readonly LogLine[]): number {
  return log.slice(0, log.findIndex(isRunOf(other))).filter(isRunOf(metric)).length
}

describe('while one metric fetches 100,000 rows', () => {
  it('another one runs on', async () => {
    await service.metric('apart_bulky', ({ state }) => state === 'running')
    const seen = service.log().length
    await service.metric('apart_bulky', ({ runs }) => runs.ok === 1, 60_000)
    expect(runsBeforeNext('apart_bulky', 'apart_quick', service.log().slice(seen))).toBeGreaterThanOrEqual(2)
  })
})

describe('while one metric hangs', () => {
  it('another one runs on, and the status is told', async () => {
    const hanging = await service.metric('apart_hanging', ({ state }) => state === 'running')
    const before = await service.metric('apart_quick', ({ runs }) => runs.ok > 0)
    await service.metric('apart_quick', ({ runs }) => runs.ok >= before.runs.ok + 10)
    const { metrics: all } = await service.status()
    expect(all.find(({ name }) => name === 'apart_hanging')).toMatchObject({
      state: 'running',
      runningSinceMs: hanging.runningSinceMs,
      runs: { ok: 0, failed: 0 },
    })
  })
})

describe('while one metric fails', () => {
  it('another one runs on between its failures', async () => {
    const failing = await service.metric('apart_broken', ({ runs }) => runs.failed > 0)
    const before = await service.metric('apart_quick', () => true)
    const later = await service.metric('apart_broken', ({ runs }) => runs.failed >= failing.runs.failed + 3)
    const after = await service.metric('apart_quick', () => true)
    expect(later).toMatchObject({ runs: { ok: 0 }, lastError: { code: 'query_failed', sqlState: '22012' } })
    expect(after.runs.ok).toBeGreaterThan(before.runs.ok)
    expect(after.runs.failed).toBe(0)
  })
})

describe('a query that takes 1.3 intervals', () => {
  it('runs at every second tick of its grid, and the ticks between are counted', async () => {
    const long = await service.metric('apart_long', ({ runs, state }) => runs.ok >= 3 && state === 'running')
    expect(long.skippedTicks).toBe(long.runs.ok)
    await service.metric('apart_long', ({ delivered }) => delivered.rows >= 3)
    const entries = await sharedLoki().query('{job="apart_long"}', { limit: 3 })
    const starts = entries.map(({ line }) => Number(JSON.parse(line).started_at))
    const ticks = starts.map((start) => Math.round(((start - (starts[0] ?? 0)) * 1_000) / intervalMs))
    expect(ticks).toEqual([0, 2, 4])
  })
})

describe('the 100,000 rows of one run', () => {
  it('are all in Loki, each once', async () => {
    await service.metric('apart_bulky', ({ spool }) => spool.rows === 0, 60_000)
    const { baseUrl } = sharedLoki()
    const rows = '{job="apart_bulky"}'
    expect(await numbersOf(baseUrl, `sum(count_over_time(${rows}[1h]))`)).toEqual([100_000])
    const sum = `sum(sum_over_time(${rows} | json | unwrap n [1h]))`
    expect(await numbersOf(baseUrl, sum)).toEqual([(100_000 * 100_001) / 2])
  })
})
