// A driver that gives wrong rows, errors among rows, or rows without end: a run that cannot be trusted leaves
// nothing in Loki, one that is cut keeps what came, and the metric is back with its next run.

import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runLinesOf } from '../support/entries-of-loki.ts'
import { FaultyDriver } from '../support/faulty-odbc/registration.ts'
import { healthyOrder, livesOn, mostRowsOf, recovers, startFaulty } from '../support/faulty-odbc/services.ts'
import { sharedLoki } from '../support/servers/shared.ts'
import { waitFor } from '../support/servers/waiting.ts'
import type { RunningService } from '../support/service.ts'
import { startedServices } from '../support/services.ts'

let driver: FaultyDriver
beforeAll(async () => {
  driver = await FaultyDriver.build()
})
afterAll(() => driver.remove())

const services = startedServices(afterEach)

type Fault = { readonly order: string; readonly code: string; readonly words: string }

const faultsOfBoth: Readonly<Record<string, Fault>> = {
  error: { order: 'rows 500, error fetch after 300', code: 'query_failed', words: 'ordered to fail' },
  many: { order: 'error execute, records 500', code: 'query_failed', words: 'ordered to fail' },
  lost: { order: 'rows 500, lose fetch after 300', code: 'connection_lost', words: 'lose the connection' },
  slow: { order: 'rows 500, slow 50', code: 'query_timeout', words: '2s' },
}

const faults = {
  direct: {
    ...faultsOfBoth,
    spoiled: { order: 'rows 500, spoil row after 300', code: 'query_failed', words: 'spoil a row' },
    negative: { order: 'rows 3, length -77', code: 'query_failed', words: '-77 bytes' },
    counted: { order: 'rows 3, fetched 1000', code: 'query_failed', words: '1000 rows in a block' },
    columns: { order: 'columns 3', code: 'query_failed', words: 'no such column' },
  },
  package: faultsOfBoth,
}

describe.each(['direct', 'package'] as const)(
  'with the %s binding, a run of a driver that fails',
  (binding) => {
    it('among its rows leaves none of them; the next one goes well; no other metric is touched', async () => {
      const wanted = Object.entries<Fault>(faults[binding])
      const nameOf = (fault: string) => `rows_${binding}_${fault}`
      const orders = Object.fromEntries(wanted.map(([fault]) => [nameOf(fault), healthyOrder]))
      const neighbour = nameOf('beside')
      const service = await startFaulty(services, { driver, orders, neighbour, binding, timeout: '2s' })
      for (const name of Object.keys(orders)) await service.metric(name, ({ runs }) => runs.ok > 0)
      for (const [fault, { order }] of wanted) driver.order(nameOf(fault), order)
      for (const [fault, { code, words }] of wanted) {
        const { lastError } = await service.metric(nameOf(fault), ({ runs }) => runs.failed >= 2)
        expect(lastError).toMatchObject({ code })
        expect(`${lastError?.message} ${lastError?.said ?? ''}`).toContain(words)
        expect(lastError?.said?.length ?? 0).toBeLessThanOrEqual(2_000)
      }
      await Promise.all(Object.keys(orders).map((name) => recovers(service, driver, name)))
      await livesOn(service, neighbour)
      expect((await service.status()).hosts).toMatchObject([{ role: 'main', losses: 0 }])
      for (const name of Object.keys(orders)) expect(await mostRowsOf(name)).toBe(3)
    })
  },
)

describe('a value that is longer than its declared size', () => {
  it('is flagged once, and read whole from the next run on', async () => {
    const order = 'rows 1, text 400'
    const service = await startFaulty(services, {
      driver,
      orders: { rows_long: order },
      neighbour: 'rows_short',
    })
    await service.metric('rows_long', ({ delivered }) => delivered.rows >= 2)
    // Run lines are a stream of their own, which may come behind the rows.
    const twoRuns = async () => {
      const lines = await runLinesOf(sharedLoki(), 'rows_long')
      return lines.length >= 2 && lines
    }
    const runs = await waitFor(twoRuns, { what: 'two run lines', timeoutMs: 20_000 })
    expect(runs[0]?.flags).toEqual([{ column: 'text', why: 'cut_by_driver' }])
    expect(runs[1]).not.toHaveProperty('flags')
    const lines = await sharedLoki().query('{job="rows_long"}')
    expect(JSON.parse(lines[1]?.line ?? '')).toEqual({ n: 1, text: 'x'.repeat(400) })
  })
})

describe('rows without end', () => {
  it('are cut at --max_bytes, and flagged; the main process does not hold them meanwhile', async () => {
    const maxBytes = 96 * 1024 * 1024
    const orders = { rows_flood: 'flood, text 400, declared 400' }
    const flags = ['--max_bytes', '96MiB', '--max_rows', '10000000']
    const options = { driver, orders, neighbour: 'rows_dry', every: '1h', timeout: '5m', flags }
    const service = await startFaulty(services, options)
    const startBytes = peakBytes(service)
    await service.metric('rows_flood', ({ runs }) => runs.ok === 1, 100_000)
    const cut = { status: 'ok', cut: true, flags: [{ column: '*', why: 'rows_cut' }] }
    await expect.poll(() => runLinesOf(sharedLoki(), 'rows_flood')).toMatchObject([cut])
    await livesOn(service, 'rows_dry')
    expect(peakBytes(service) - startBytes).toBeLessThan(maxBytes / 2)
  })
})

/** The most memory that the main process has had. */
function peakBytes(service: RunningService): number {
  const status = readFileSync(`/proc/${service.launched.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}
