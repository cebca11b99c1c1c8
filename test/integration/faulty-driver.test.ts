// A driver that crashes, hangs or leaks, which no database can make psqlodbc do: what that costs the metric
// whose query it was, that it is back when the trouble ends, and that no other metric of the target loses a
// run. A host that somebody kills or stops stands in ladder.test.ts.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runLinesOf } from '../support/entries-of-loki.ts'
import { FaultyDriver } from '../support/faulty-odbc/registration.ts'
import {
  betweenRuns,
  healthyOrder,
  hostOf,
  livesOn,
  mostRowsOf,
  recovers,
  startFaulty,
} from '../support/faulty-odbc/services.ts'
import { treeOf } from '../support/servers/processes.ts'
import { sharedLoki } from '../support/servers/shared.ts'
import type { RunningService } from '../support/service.ts'
import { startedServices } from '../support/services.ts'

let driver: FaultyDriver
beforeAll(async () => {
  driver = await FaultyDriver.build()
})
afterAll(() => driver.remove())

const services = startedServices(afterEach)

/** Orders the fault, and returns when a run of the metric has failed by it. */
async function failsBy(service: RunningService, name: string, fault: { order: string; words: string }) {
  driver.order(name, fault.order)
  const failed = await service.metric(
    name,
    ({ lastError }) => lastError?.message.includes(fault.words) === true,
  )
  return failed.lastError?.code
}

/** The errors of the run lines in Loki that say one of these words. */
async function toldOf(metric: string, words: readonly string[]): Promise<unknown[]> {
  const lines = await runLinesOf(sharedLoki(), metric)
  return words.map((word) => lines.find(({ error }) => error?.includes(word))?.error_code)
}

describe.each(['direct', 'package'] as const)('with the %s binding, a driver that crashes', (binding) => {
  it('ends the host of other metrics once; the one whose query it was goes on over another', async () => {
    const [name, neighbour] = [`crash_${binding}`, `crash_beside_${binding}`]
    const orders = { [name]: 'rows 3' }
    const options = { driver, orders, neighbour, neighbourEvery: '2s', binding }
    const service = await startFaulty(services, options)
    await service.metric(name, ({ runs }) => runs.ok > 0)
    const faults = [
      { order: 'rows 500, segfault fetch after 300', words: 'SIGSEGV' },
      { order: 'abort execute', words: 'SIGABRT' },
      { order: 'exit execute', words: 'exit code 3' },
      { order: 'error execute, records 20000', words: 'SIGSEGV' }, // of the driver manager
    ]
    await betweenRuns(service, neighbour)
    for (const fault of faults) expect(await failsBy(service, name, fault)).toBe('host_crashed')
    expect((await service.metric(name, () => true)).state).toBe('isolated')
    await recovers(service, driver, name)
    await livesOn(service, neighbour)
    expect(await hostOf(service, 'main')).toMatchObject({ state: 'running', losses: 1 })
    const words = faults.map((fault) => fault.words)
    await expect.poll(() => toldOf(name, words)).toEqual(words.map(() => 'host_crashed'))
    expect(await mostRowsOf(name)).toBe(3)
  })
})

describe('calls that do not return', () => {
  it('are left behind by their metrics, which go on over a second host; no other loses a run', async () => {
    const faults: Readonly<Record<string, string>> = {
      hang_executing: 'hang execute, deaf',
      hang_describing: 'rows 3, hang describe, deaf',
      hang_fetching: 'rows 500, hang fetch after 300, deaf',
      hang_cancelling: 'hang execute, hang cancel',
    }
    const names = Object.keys(faults)
    const orders = Object.fromEntries(names.map((name) => [name, 'rows 3']))
    const service = await startFaulty(services, { driver, orders, neighbour: 'hang_beside', timeout: '1s' })
    for (const name of names) await service.metric(name, ({ runs }) => runs.ok > 0)
    const main = await hostOf(service, 'main')
    for (const [name, order] of Object.entries(faults)) driver.order(name, order)
    for (const name of names) {
      const left = await service.metric(name, ({ state }) => state === 'isolated')
      expect(left.lastError?.code).toBe('query_abandoned')
    }
    // The service, its two hosts, and one that is on its way out.
    expect(treeOf(service.launched.pid).length).toBeLessThanOrEqual(4)
    await Promise.all(names.map((name) => recovers(service, driver, name)))
    await livesOn(service, 'hang_beside')
    expect(await hostOf(service, 'main')).toMatchObject({ pid: main?.pid, losses: 0 })
    for (const name of names) expect(await mostRowsOf(name)).toBe(3)
  })
})

describe('a login that does not return', () => {
  it('fails the run as unreachable by its deadline, and the next one logs in anew', async () => {
    const orders = { login_stuck: 'rows 3' }
    const service = await startFaulty(services, { driver, orders, neighbour: 'login_beside', timeout: '1s' })
    await service.metric('login_stuck', ({ runs }) => runs.ok > 0)
    driver.order('connect', 'hang connect')
    driver.order('login_stuck', 'lose execute')
    const stuck = await service.metric('login_stuck', ({ lastError }) => lastError !== undefined)
    expect(stuck.lastError?.code).toBe('database_unreachable')
    driver.order('connect', '')
    await recovers(service, driver, 'login_stuck')
    await livesOn(service, 'login_beside')
  })
})

describe('a second host that is stopped', () => {
  it('is replaced, and its metric recovers; those on the first host notice nothing', async () => {
    const orders = { stopped_isolated: healthyOrder }
    const options = { driver, orders, neighbour: 'stopped_beside', neighbourEvery: '2s', every: '1s' }
    const service = await startFaulty(services, options)
    await betweenRuns(service, 'stopped_beside')
    driver.order('stopped_isolated', 'segfault execute')
    await service.metric('stopped_isolated', ({ state }) => state === 'isolated')
    await recovers(service, driver, 'stopped_isolated')
    const mainHost = () => hostOf(service, 'main')
    await expect.poll(mainHost).toMatchObject({ state: 'running', losses: 1 })
    const [main, isolation] = [await mainHost(), await hostOf(service, 'isolation')]
    process.kill(isolation?.pid ?? 0, 'SIGSTOP')
    await service.logged(({ msg }) => msg.includes('no ping'), 'the loss of the host', 30_000)
    await recovers(service, driver, 'stopped_isolated')
    await livesOn(service, 'stopped_beside')
    expect(await mainHost()).toMatchObject({ pid: main?.pid })
    expect((await hostOf(service, 'isolation'))?.pid).not.toBe(isolation?.pid)
  })
})

describe('a driver that leaks', () => {
  it('has its host replaced when that has taken 1 GiB; no run is lost by it', async () => {
    const orders = { leak_steadily: 'rows 3, leak execute MiB 150' }
    const service = await startFaulty(services, { driver, orders, neighbour: 'leak_beside', timeout: '30s' })
    const first = await hostOf(service, 'main')
    const pidOfMain = async () => (await hostOf(service, 'main'))?.pid
    await expect.poll(pidOfMain, { timeout: 60_000 }).not.toBe(first?.pid)
    await recovers(service, driver, 'leak_steadily')
    await livesOn(service, 'leak_beside')
    const { metrics } = await service.status()
    expect(metrics.map(({ runs }) => runs.failed)).toEqual([0, 0])
    process.kill(first?.pid ?? 0, 'SIGKILL') // it would be given 30 s for what may still run in it
  })
})
