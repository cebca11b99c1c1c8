// Every LogQL expression of the README and of the docs is executed against a real Loki that holds the rows of
// the default metrics, and finds something.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedLoki, sharedPostgres } from '../support/servers/shared.ts'
import { startedServices } from '../support/services.ts'
import { type DriverRegistration, registerSqreamDriver } from '../support/sqream/odbc-driver.ts'
import { SqreamStandIn } from '../support/sqream/stand-in.ts'

const pages = ['README.md', 'docs/migration.md', 'docs/cookbook.md']
const expressions = pages.flatMap((page) => blocksOf(page).map((logql) => ({ page, logql })))

let standIn: SqreamStandIn
let registration: DriverRegistration
afterAll(async () => {
  await Promise.all([standIn.stop(), registration.remove()])
})
const services = startedServices(afterAll)

beforeAll(async () => {
  standIn = await SqreamStandIn.start(sharedPostgres().address)
  registration = await registerSqreamDriver({ BoolsAsChar: '0' })
  // A slow answer, so that a filter on response_time finds one.
  standIn.misbehave('show_server_status', { kind: 'delay', ms: 1_100 })
  // Our own file, an object by its tests.
  const defaults = JSON.parse(readFileSync('monitor_input.json', 'utf8')) as Record<string, unknown>
  const service = await services.start({
    metrics: defaults,
    flags: [
      '--host',
      '127.0.0.1',
      '--port',
      String(standIn.port),
      '--password',
      'sqream',
      '--loki_url',
      sharedLoki().baseUrl,
      '--log_to_loki',
    ],
    env: registration.environment,
  })
  await service.ready()
  const sending = Object.keys(defaults).filter((name) => name !== 'reset_leveldb_stats')
  for (const name of sending) await service.metric(name, ({ delivered }) => delivered.rows > 0)
  standIn.misbehave('show_locks', { kind: 'fail', sqlState: 'XX000', said: 'out of order' })
  await service.metric('show_locks', ({ runs }) => runs.failed > 0)
})

function blocksOf(page: string): string[] {
  const text = readFileSync(page, 'utf8')
  return [...text.matchAll(/```logql\n([\s\S]*?)```/g)].map((match) => match[1]?.trim() ?? '')
}

/** The number of series or streams that an expression finds. */
async function found(logql: string): Promise<number> {
  const parameters = new URLSearchParams({ query: logql, since: '10m', limit: '10' })
  const response = await fetch(`${sharedLoki().baseUrl}/loki/api/v1/query_range?${parameters.toString()}`)
  const text = await response.text()
  expect(response.status, `${logql}: ${text}`).toBe(200)
  const answer = JSON.parse(text) as { data: { result: unknown[] } } // Loki's own answer
  return answer.data.result.length
}

describe('an expression of the docs', () => {
  it.each(expressions)('finds rows: $logql ($page)', async ({ logql }) => {
    await expect.poll(() => found(logql), { timeout: 20_000, message: logql }).toBeGreaterThan(0)
  })
})
