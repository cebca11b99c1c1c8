// Every bound of a run, a line and a spool, at the bound and one past it, in a real Loki.

import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { MetricStatus } from '../../src/core/status-metric.ts'
import { type RunLine, runLinesOf } from '../support/entries-of-loki.ts'
import { LokiServer } from '../support/servers/loki.ts'
import { sharedLoki, sharedPostgres } from '../support/servers/shared.ts'
import type { RunningService } from '../support/service.ts'
import { startedServices } from '../support/services.ts'

const lokis: LokiServer[] = []
afterEach(async () => {
  await Promise.all(lokis.splice(0).map((loki) => loki.remove()))
})
const services = startedServices(afterEach) // ended before the Lokis that they talk to

type Start = {
  readonly queries: Readonly<Record<string, string>>
  readonly flags: readonly string[]
  readonly loki?: { readonly baseUrl: string }
  readonly every?: string
}

async function start({ queries, flags, loki = sharedLoki(), every = '1h' }: Start): Promise<RunningService> {
  const service = await services.start({
    metrics: Object.fromEntries(Object.entries(queries).map(([name, query]) => [name, { every, query }])),
    flags: ['--connection_string', sharedPostgres().connectionString(), '--loki_url', loki.baseUrl, ...flags],
  })
  return service.ready()
}

const isDelivered = ({ runs, spool }: MetricStatus) => runs.ok > 0 && spool.rows === 0

type Outcome = { readonly lines: readonly string[]; readonly run: RunLine | undefined }

/** What one run of each metric left in Loki. */
async function outcomesOf(options: Start): Promise<Record<string, Outcome>> {
  const service = await start(options)
  const names = Object.keys(options.queries)
  for (const name of names) await service.metric(name, isDelivered)
  expect((await service.stop()).code).toBe(0)
  const outcomes = names.map(async (name) => {
    const entries = await sharedLoki().query(`{job="${name}"}`)
    const [run] = await runLinesOf(sharedLoki(), name)
    return [name, { lines: entries.map(({ line }) => line), run }] as const
  })
  return Object.fromEntries(await Promise.all(outcomes))
}

const rowsCut = [{ column: '*', why: 'rows_cut' }]

describe('a run', () => {
  let outcomes: Record<string, Outcome>
  beforeAll(async () => {
    // A row is {"x":"…"} and its line break: 9 bytes beside the text.
    const rowsOf = (last: number) => `select repeat('x', case n when 4 then ${last} else 247 end) as x
      from generate_series(1, 4) as n`
    outcomes = await outcomesOf({
      queries: {
        bounds_rows_at: 'select n from generate_series(1, 5) as n',
        bounds_rows_past: 'select n from generate_series(1, 6) as n',
        bounds_bytes_at: rowsOf(247),
        bounds_bytes_past: rowsOf(248),
      },
      flags: ['--max_rows', '5', '--max_bytes', '1KiB'],
    })
  })

  it('keeps as many rows as --max_rows says, and is cut and flagged where there is one more', () => {
    const five = [1, 2, 3, 4, 5].map((n) => `{"n":${n}}`)
    const { bounds_rows_at: at, bounds_rows_past: past } = outcomes
    expect(at).toMatchObject({ lines: five, run: { rows: 5 } })
    expect(at?.run).not.toHaveProperty('cut')
    expect(past).toMatchObject({ lines: five, run: { rows: 5, cut: true, flags: rowsCut } })
  })

  it('keeps as many bytes as --max_bytes says, and is cut before the row that would pass it', () => {
    const { bounds_bytes_at: at, bounds_bytes_past: past } = outcomes
    expect(at?.run).toMatchObject({ status: 'ok', rows: 4 })
    expect(at?.run).not.toHaveProperty('cut')
    expect(at?.lines).toHaveLength(4)
    expect(past?.run).toMatchObject({ rows: 3, cut: true, flags: rowsCut })
    expect(past?.lines).toHaveLength(3)
  })
})

describe('a line', () => {
  it('of 256 KiB is stored whole; one byte more, and it is shortened, flagged, and stored', async () => {
    const most = 256 * 1024
    const lineOf = (bytes: number) => `select repeat('x', ${bytes - '{"x":""}'.length}) as x`
    const outcomes = await outcomesOf({
      queries: { bounds_line_at: lineOf(most), bounds_line_past: lineOf(most + 1) },
      flags: [],
    })
    const [at = ''] = outcomes['bounds_line_at']?.lines ?? []
    expect(at).toBe(`{"x":"${'x'.repeat(most - 8)}"}`)
    expect(outcomes['bounds_line_at']?.run).not.toHaveProperty('flags')
    const [past = ''] = outcomes['bounds_line_past']?.lines ?? []
    expect(Buffer.byteLength(past)).toBeLessThanOrEqual(most)
    expect(JSON.parse(past)).toEqual({ x: expect.stringMatching(/^x{262100,}…$/) })
    expect(outcomes['bounds_line_past']?.run?.flags).toEqual([{ column: 'x', why: 'shortened' }])
  })
})

describe('a spool', () => {
  it('that is full gives up its oldest rows, counted and told; the newest arrive', async () => {
    const loki = await ownLoki()
    // As many rows a run as the table says: the test ends the flood there.
    await sharedPostgres().psql('create sequence bounds_ids; create table bounds_flood as select 0 as n')
    const query = `select nextval('bounds_ids') as id, repeat('x', 200) as filling
      from generate_series(1, (select n from bounds_flood))`
    const flags = ['--spool_metric', '1MiB']
    const service = await start({ queries: { bounds_spool: query }, flags, loki, every: '200ms' })
    await service.metric('bounds_spool', ({ runs }) => runs.ok > 0)
    await loki.stop()
    await sharedPostgres().psql('update bounds_flood set n = 1000')
    const full = await service.metric('bounds_spool', ({ dropped }) => (dropped.spool_full ?? 0) >= 2_000)
    expect(full.spool.bytes).toBeLessThanOrEqual(1024 * 1024)
    const told = await service.logged(({ event }) => event === 'rows.dropped', 'the loss to be told')
    expect(told).toMatchObject({ level: expect.stringMatching(/warn|error/), metric: 'bounds_spool' })

    await sharedPostgres().psql('update bounds_flood set n = 0')
    await service.metric('bounds_spool', ({ lastRun }) => lastRun?.rows === 0)
    await loki.start()
    const { dropped } = await service.metric('bounds_spool', ({ spool }) => spool.rows <= 2)
    const stored = (await loki.queryAll('{job="bounds_spool"}')).map(({ line }) =>
      Number(JSON.parse(line).id),
    )
    const lastId = Number(await sharedPostgres().psql('select last_value from bounds_ids'))
    expect(stored.at(-1)).toBe(lastId)
    expect(stored.every((id, index) => id > (stored[index - 1] ?? 0))).toBe(true)
    // What was on its way when Loki went away is older than what was given up: it is sent all the same.
    expect(dropped).toEqual({ spool_full: lastId - stored.length })
  })

  it('gives up rows of the largest one where all together pass --spool_total', async () => {
    const loki = await ownLoki()
    await sharedPostgres().psql('create table bounds_total as select 0 as n')
    const queryOf = (share: number) => `select repeat('x', 200) as filling
      from generate_series(1, (select n / ${share} from bounds_total))`
    const queries = { bounds_large: queryOf(1), bounds_small: queryOf(5) }
    const service = await start({
      queries,
      flags: ['--spool_metric', '1MiB', '--spool_total', '1MiB'],
      loki,
      every: '200ms',
    })
    await service.metric('bounds_large', ({ runs }) => runs.ok > 0)
    await loki.stop()
    await sharedPostgres().psql('update bounds_total set n = 200')
    await service.metric('bounds_large', ({ dropped }) => (dropped.spool_total ?? 0) > 0)
    await sharedPostgres().psql('update bounds_total set n = 0')
    await service.metric('bounds_large', ({ lastRun }) => lastRun?.rows === 0)
    await expect.poll(async () => (await service.status()).spool.bytes).toBeLessThanOrEqual(1024 * 1024)
    const [large, small] = (await service.status()).metrics
    expect(large?.dropped).toEqual({ spool_total: expect.any(Number) })
    expect(small?.dropped).toEqual({})
  })
})

async function ownLoki(): Promise<LokiServer> {
  const loki = await LokiServer.start()
  lokis.push(loki)
  return loki
}
