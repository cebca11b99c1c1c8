// The main job: the default metrics of a SQream cluster, asked with production's own flags, as they stand
// in Loki.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { byRun, cellsOf, runLinesOf } from '../support/entries-of-loki.ts'
import type { LokiEntry } from '../support/servers/loki-client.ts'
import { LokiServer } from '../support/servers/loki.ts'
import { sharedPostgres } from '../support/servers/shared.ts'
import type { RunningService } from '../support/service.ts'
import { startedServices } from '../support/services.ts'
import { type DriverRegistration, registerSqreamDriver } from '../support/sqream/odbc-driver.ts'
import { SqreamStandIn } from '../support/sqream/stand-in.ts'

const sending = [
  'show_server_status',
  'show_locks',
  'get_leveldb_stats',
  'show_cluster_nodes',
  'get_license_info',
] as const

const defaults: unknown = JSON.parse(readFileSync('monitor_input.json', 'utf8'))

// Registered first, ended last: the services go before what they talk to.
let loki: LokiServer
let standIn: SqreamStandIn
let registration: DriverRegistration
afterAll(async () => {
  await Promise.all([loki.remove(), standIn.stop(), registration.remove()])
})
const services = startedServices(afterAll)
let service: RunningService

beforeAll(async () => {
  loki = await LokiServer.start()
  standIn = await SqreamStandIn.start(sharedPostgres().address)
  // psqlodbc's default announces booleans as text; SQream's own driver knows them.
  registration = await registerSqreamDriver({ BoolsAsChar: '0' })
  service = await startProduction()
  await service.ready()
  for (const name of sending) await service.metric(name, ({ delivered }) => delivered.rows > 0)
})

/** As an operator starts it, but for the ports. */
function startProduction(directory?: string): Promise<RunningService> {
  const { hostname, port } = new URL(loki.baseUrl)
  const target = ['--host', '127.0.0.1', '--port', String(standIn.port), '--database', 'master']
  const login = ['--user', 'sqream', '--service', 'monitor', '--clustered', 'false']
  return services.start({
    metrics: defaults,
    flags: [...target, ...login, '--loki_host', hostname, '--loki_port', port],
    env: { ...registration.environment, ROWTAIL_PASSWORD: 'sqream' },
    ...(directory === undefined ? {} : { directory }),
  })
}

async function firstRunOf(metric: string): Promise<LokiEntry[]> {
  return byRun(await loki.query(`{job="${metric}"}`))[0] ?? []
}

describe('each default metric', () => {
  it.each(sending)(
    '%s is in Loki row for row, column for column as a direct query gives it',
    async (name) => {
      const direct = (await standIn.rowsOf(name)).map(cellsOf)
      const renamed = direct.map((cells) =>
        cells.map(([column, value]) => [column.replaceAll(' ', '_'), value]),
      )
      const stored = (await firstRunOf(name)).map(({ line }) => cellsOf(line))
      expect(stored.length).toBeGreaterThan(0)
      expect(stored).toEqual(renamed)
    },
  )

  it.each(sending)('%s has the labels of its stream and the metadata of its run', async (name) => {
    const entries = await firstRunOf(name)
    const labels = { job: name, host: '127.0.0.1', database: 'master', service_name: name }
    for (const entry of entries) {
      expect(entry.labels).toEqual(labels)
      expect(entry.metadata).toEqual({
        response_time: expect.stringMatching(/^\d+(\.\d+)?$/),
        run_id: expect.stringMatching(/^[0-9a-z]{1,10}$/),
        detected_level: 'info',
      })
    }
    expect(new Set(entries.map(({ atNs }) => atNs)).size).toBe(entries.length)
  })

  it('keeps quotes, line breaks, emoji and statements of 8 kB', async () => {
    const statements = (await firstRunOf('show_locks')).map(({ line }) =>
      String(JSON.parse(line).stmt_string),
    )
    for (const part of [`'it''s'`, '"Full Name"', '\r\nfrom t\n', '🚀 done ✓ 完了']) {
      expect(statements.some((statement) => statement.includes(part))).toBe(true)
    }
    expect(Math.max(...statements.map((statement) => statement.length))).toBeGreaterThan(8_192)
  })

  it.each(sending)(
    '%s has a run line with its number of rows, and no flag for the spaces in its names',
    async (name) => {
      const rows = (await standIn.rowsOf(name)).length
      const [first] = await runLinesOf(loki, name)
      expect(first).toEqual({ status: 'ok', rows, duration_seconds: expect.any(Number) })
      expect(first?.duration_seconds).toBeGreaterThan(0)
    },
  )
})

describe('reset_leveldb_stats', () => {
  it('runs once and sends no rows', async () => {
    await service.metric('reset_leveldb_stats', ({ runs }) => runs.ok === 1)
    expect(standIn.countOf('reset_leveldb_stats')).toBe(1)
    const line = await runLineOf('reset_leveldb_stats')
    expect(line).toMatchObject({ status: 'ok', rows: 1, sent: false })
    expect(await loki.queryAll('{job="reset_leveldb_stats"}')).toEqual([])
  })

  it('is not run again by a restart', async () => {
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    service = await (await startProduction(service.directory)).ready()
    for (const name of sending) await service.metric(name, ({ runs }) => runs.ok >= 1)
    await service.metric('show_locks', ({ runs }) => runs.ok >= 2) // the first ticks are over
    expect(standIn.countOf('reset_leveldb_stats')).toBe(1)
  })
})

/** Delivered a moment after the run has ended. */
async function runLineOf(metric: string): Promise<unknown> {
  await expect.poll(() => runLinesOf(loki, metric), { timeout: 10_000 }).toHaveLength(1)
  return (await runLinesOf(loki, metric))[0]
}

describe('an idle cluster', () => {
  it('gives run lines with 0 rows and no error', async () => {
    standIn.settings.isIdle = true
    const isIdle = ({ lastRun }: { lastRun?: { rows: number } }) => lastRun?.rows === 0
    await service.metric('show_locks', isIdle)
    await service.metric('show_server_status', isIdle)
    const { metrics } = await service.status()
    expect(metrics.map(({ runs }) => runs.failed)).toEqual(metrics.map(() => 0))
    const lastOf = async () => (await runLinesOf(loki, 'show_server_status')).at(-1)
    await expect.poll(lastOf, { timeout: 10_000 }).toMatchObject({ status: 'ok', rows: 0 })
  })
})
