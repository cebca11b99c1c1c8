// The shipped dashboards and alerts on a real Loki with its ruler, fed by a real rowtail that asks the
// stand-in of SQreamDB. First everything is in trouble: every alert fires and every panel has data. Then all
// is well again: every alert resolves.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HeldLoki } from '../support/held-loki.ts'
import { dashboardOf, dashboardPaths, filledIn, type PanelQuery, panelQueries } from '../support/panels.ts'
import { type Alert, alertsOf, pressedRules, shippedRules } from '../support/ruler.ts'
import { LokiServer } from '../support/servers/loki.ts'
import { sharedPostgres } from '../support/servers/shared.ts'
import { waitFor } from '../support/servers/waiting.ts'
import { startedServices } from '../support/services.ts'
import { type DriverRegistration, registerSqreamDriver } from '../support/sqream/odbc-driver.ts'
import { SqreamStandIn } from '../support/sqream/stand-in.ts'

const alertNames = shippedRules().map(({ alert }) => alert)
const queries = dashboardPaths.flatMap((path) => panelQueries(path).map((query) => ({ path, ...query })))
/** For states of the ruler, which looks once a second. */
const patience = { timeout: 60_000, interval: 200 }
const seventhRow = { health_check_monitoring: 7 }

const rules = pressedRules()
let loki: LokiServer
let held: HeldLoki
let standIn: SqreamStandIn
let registration: DriverRegistration
afterAll(async () => {
  await held.stop()
  await Promise.all([loki.remove(), standIn.stop(), registration.remove()])
  rules.remove()
})
const services = startedServices(afterAll)

/** Each alert as it was first seen firing. */
const fired = new Map<string, Alert>()

beforeAll(async () => {
  // Refuses the statement of 8 kB in the seventh row of health_check_monitoring: a dead letter.
  loki = await LokiServer.start({
    overrides: { ...rules.overrides, limits_config: { max_line_size: 6_000 } },
  })
  held = await HeldLoki.start(loki.baseUrl)
  standIn = await SqreamStandIn.start(sharedPostgres().address)
  registration = await registerSqreamDriver({ BoolsAsChar: '0' })
  await seeFiring('RowtailSilent')
  standIn.settings.rows = { ...seventhRow, show_locks: 20 }
  standIn.settings.cells = {
    get_license_info: {
      'expiration date': "to_char(now() + interval '5 days', 'YYYY-MM-DD')",
      'is size exceeded': 'true',
      'cluster size left': '3.5',
    },
    // Long enough that some runs fill a spool.
    show_locks: { 'stmt string': "repeat('x', 3000)" },
    show_server_status: { statement: "'select 1'" },
    show_connections: { stmt: "'select 1'" },
  }
  await startService()
  await getIntoTrouble()
})

async function startService(): Promise<void> {
  const target = ['--host', '127.0.0.1', '--port', String(standIn.port), '--password', 'sqream']
  const service = await services.start({
    metrics: {
      show_server_status: 1,
      show_locks: 1,
      get_leveldb_stats: 1,
      show_cluster_nodes: 1,
      get_license_info: 1,
      show_connections: { every: 1, timeout: '5m' },
      health_check_monitoring: 5,
    },
    flags: [...target, '--loki_url', held.baseUrl, '--log_to_loki', '--spool_metric', '1MiB'],
    env: registration.environment,
  })
  await service.ready()
  for (const metric of ['get_leveldb_stats', 'show_connections', 'show_locks']) {
    await service.metric(metric, ({ delivered }) => delivered.rows > 0)
  }
}

/** What is not in trouble by its rows: one metric fails, one hangs, one does not get rid of its rows. */
async function getIntoTrouble(): Promise<void> {
  standIn.misbehave('get_leveldb_stats', { kind: 'fail', sqlState: 'XX000', said: 'out of order' })
  standIn.misbehave('show_connections', { kind: 'hang' })
  await seeFiring('RowtailDeadLetters')
  // Seen first: its rows are those that are held.
  await seeFiring('SqreamLongLock')
  held.hold('job="show_locks"')
  standIn.settings.rows = { ...seventhRow, show_locks: 150 }
  await seeFiring('RowtailSpoolGrowing')
  await seeFiring('RowtailRowsDropped')
  held.release()
  standIn.settings.rows = { ...seventhRow, show_locks: 20 }
}

function getWell(): void {
  standIn.restore()
  standIn.settings.rows = { health_check_monitoring: 6 }
  standIn.settings.isIdle = true
  standIn.settings.cells = { show_cluster_nodes: { 'connection status': "'Connected'" } }
}

/** Waits until the ruler has an alert firing, and keeps it. */
async function seeFiring(name: string): Promise<Alert> {
  const seen = fired.get(name)
  if (seen !== undefined) return seen
  const look = async () =>
    (await alertsOf(loki.baseUrl)).find(
      ({ labels, state }) => labels['alertname'] === name && state === 'firing',
    )
  const alert = await waitFor(look, { what: `the alert ${name} to fire`, timeoutMs: 30_000, everyMs: 200 })
  fired.set(name, alert)
  return alert
}

type Found = { readonly metric?: Readonly<Record<string, string>> }

/** The series or streams that Loki gives for a query of a panel. */
async function found({ expr, queryType }: PanelQuery): Promise<Found[]> {
  const isRange = queryType === 'range'
  const parameters = new URLSearchParams({
    query: filledIn(expr),
    ...(isRange ? { since: '10m', step: '5', limit: '10' } : {}),
  })
  const { result } = await ask<{ result: Found[] }>(isRange ? 'query_range' : 'query', parameters)
  return result
}

async function ask<T>(path: string, parameters: URLSearchParams): Promise<T> {
  const response = await fetch(`${loki.baseUrl}/loki/api/v1/${path}?${parameters.toString()}`)
  const text = await response.text()
  expect(response.status, `${parameters.toString()}: ${text}`).toBe(200)
  return (JSON.parse(text) as { data: T }).data // Loki's own answer
}

describe('in trouble', () => {
  it.each(alertNames)('the alert %s fires, and says what and where', async (name) => {
    const { annotations } = await seeFiring(name)
    for (const said of [annotations['summary'], annotations['description']]) {
      expect(said).toMatch(/\w/)
      expect(said).not.toMatch(/<no value>|<error|%!/)
    }
  })

  it.each(queries)('the panel "$panel" of $path has data: $expr', async (query) => {
    const look = async () => (await found(query)).length
    await expect.poll(look, patience).toBeGreaterThan(0)
    for (const { metric = {} } of await found(query))
      expect(Object.keys(metric)).toEqual(expect.arrayContaining([...query.labels]))
  })

  it.each(dashboardPaths)('the choices of %s have values', async (path) => {
    for (const { query } of dashboardOf(path).templating.list) {
      if (typeof query === 'string') continue
      const { label, stream } = query
      const parameters = new URLSearchParams({ query: filledIn(stream), since: '10m' })
      const values = await ask<string[]>(`label/${label}/values`, parameters)
      expect({ label, values }).not.toEqual({ label, values: [] })
    }
  })
})

describe('well again', () => {
  beforeAll(getWell)

  it.each(alertNames)('the alert %s resolves', async (name) => {
    const isThere = async () =>
      (await alertsOf(loki.baseUrl)).some(({ labels }) => labels['alertname'] === name)
    await expect.poll(isThere, patience).toBe(false)
  })

  it('no alert is left', async () => {
    // On a busy machine another may have come and gone meanwhile.
    await expect.poll(() => alertsOf(loki.baseUrl), patience).toEqual([])
  })
})
