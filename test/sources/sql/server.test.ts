// The host's server over a real socket, with a driver that does as it is told.

import { once } from 'node:events'
import net from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ReportedError } from '../../../src/core/errors.ts'
import { encodeFrame } from '../../../src/sources/sql/driver-host/protocol.ts'
import { SpareConnection } from '../../../src/sources/sql/driver-host/spare-connection.ts'
import { ScriptedConnection } from '../../support/scripted-driver.ts'
import { reportOfCode } from '../../support/scripted-source.ts'
import { ask, openLane, requestOf, startHost } from './host-bench.ts'

/** What the host answers to these bytes until it closes the connection. */
async function answerTo(socketPath: string, bytes: Uint8Array): Promise<Buffer> {
  const socket = net.connect(socketPath)
  const received: Buffer[] = []
  socket.on('data', (data: Buffer) => received.push(data)).on('error', () => undefined)
  socket.write(bytes)
  await once(socket, 'close')
  return Buffer.concat(received)
}

describe('a lane', () => {
  it('gives all rows of a run in order, in frames of whole lines', async () => {
    const { address } = await startHost()
    const { answer, text, frames } = await ask(await openLane(address), requestOf('rows 5000 of 100'))
    expect(answer).toEqual({
      kind: 'finished',
      summary: { rows: 5_000, bytes: 500_000, flags: [], isCut: false },
    })
    expect(text).toBe(`${'x'.repeat(99)}\n`.repeat(5_000))
    expect(frames).toBeGreaterThan(1)
  })

  it('lets a line of 256 KiB through', async () => {
    const { address } = await startHost()
    const { text } = await ask(await openLane(address), requestOf(`rows 3 of ${256 * 1024}`))
    expect(text).toHaveLength(3 * 256 * 1024)
  })

  it('has one connection, opened by its first run and kept', async () => {
    const { address, driver } = await startHost()
    const lane = await openLane(address)
    expect(driver.connections).toHaveLength(0)
    for (let run = 0; run < 3; run += 1) await ask(lane, requestOf('rows 1'))
    await ask(await openLane(address), requestOf('rows 1'))
    expect(driver.connections.map(({ queries }) => queries.length)).toEqual([3, 1])
  })

  it('closes its connection when its worker leaves', async () => {
    const { address, driver, server } = await startHost()
    const lane = await openLane(address)
    await ask(lane, requestOf('rows 1'))
    lane.close()
    await expect.poll(() => driver.connections[0]?.isClosed).toBe(true)
    expect(server.abandonedCalls()).toBe(0)
  })

  it('gives a login no more time than the run has, and never more than 15 s', async () => {
    const { address, driver } = await startHost({
      openErrors: [new ReportedError(reportOfCode('database_unreachable'))],
    })
    const lane = await openLane(address)
    const { answer } = await ask(lane, requestOf('rows 1', { timeoutMs: 5_000 }))
    expect(answer).toEqual({ kind: 'failed', error: reportOfCode('database_unreachable') })
    await ask(lane, requestOf('rows 1', { timeoutMs: 60_000 }))
    expect(driver.loginTimeoutsMs).toEqual([5_000, 15_000])
  })
})

describe('a stranger', () => {
  const hello = (token: unknown) => encodeFrame('hello', { token, lane: 'x' })
  const run = encodeFrame('run', { id: 1, ...requestOf('rows 1') })

  it.each([
    ['a wrong token', hello('Token')],
    ['a token with more behind it', hello('token ')],
    ['no token', hello(undefined)],
    ['a token that is no text', hello({ length: 5 })],
    ['no hello', run],
    ['no JSON', Buffer.from([6, 0, 0, 0, 1, 123, 123, 123, 123, 123])],
  ])('with %s gets nothing, and no query runs', async (_, bytes) => {
    const { address, driver } = await startHost()
    expect(await answerTo(address.socketPath, Buffer.concat([bytes, run]))).toHaveLength(0)
    expect(driver.connections).toHaveLength(0)
  })

  it('who knows the token and speaks out of turn is cut off', async () => {
    const { address } = await startHost()
    const said = await answerTo(address.socketPath, Buffer.concat([hello('token'), hello('token')]))
    expect(said).toEqual(encodeFrame('welcome', {}))
  })
})

describe('the deadline', () => {
  it('cancels the query, which then fails as timed out, in the words of the database', async () => {
    const { address, driver, server } = await startHost()
    const lane = await openLane(address)
    const { answer } = await ask(lane, requestOf('hang', { timeoutMs: 20 }))
    expect(answer).toMatchObject({
      kind: 'failed',
      error: { code: 'query_timeout', said: 'canceled by user', message: expect.stringContaining('20ms') },
    })
    expect(driver.connections[0]?.cancels).toBe(1)
    expect(server.abandonedCalls()).toBe(0)
    expect((await ask(lane, requestOf('rows 2'))).answer).toMatchObject({ summary: { rows: 2 } })
  })

  it('that comes during the login keeps the query from being asked', async () => {
    const { address, driver } = await startHost()
    const { promise, resolve } = Promise.withResolvers<void>()
    driver.opening = promise
    const lane = await openLane(address)
    const answered = ask(lane, requestOf('rows 1', { timeoutMs: 1 }))
    await once(AbortSignal.timeout(20), 'abort') // timers fire in order: the deadline has come before
    resolve()
    expect((await answered).answer).toMatchObject({ error: { code: 'query_timeout' } })
    expect(driver.connections[0]?.queries).toEqual([])
  })
})

describe('a login that outlives its deadline', () => {
  it('counts as left behind until the driver lets go, however that ends', async () => {
    const { address, driver, server } = await startHost()
    const lane = await openLane(address)
    const { promise, reject } = Promise.withResolvers<void>()
    driver.overdue = promise
    const { answer } = await ask(lane, requestOf('rows 1'))
    expect(answer).toMatchObject({ error: { code: 'database_unreachable' } })
    expect(server.abandonedCalls()).toBe(1)
    driver.overdue = undefined
    expect((await ask(lane, requestOf('rows 1'))).answer).toMatchObject({ kind: 'finished' })
    expect(server.abandonedCalls()).toBe(1)
    reject(new Error('the server is gone'))
    await expect.poll(() => server.abandonedCalls()).toBe(0)
  })
})

describe('a worker that leaves during a call', () => {
  it('has it cancelled; a call that heeds that is forgotten', async () => {
    const { address, driver, server } = await startHost()
    const lane = await openLane(address)
    void lane.run(requestOf('hang'), () => undefined)
    await expect.poll(() => driver.connections[0]?.queries).toEqual(['hang'])
    lane.close()
    await expect.poll(() => driver.connections[0]?.isClosed).toBe(true)
    expect([driver.connections[0]?.cancels, server.abandonedCalls()]).toEqual([1, 0])
  })

  it('leaves it behind where it does not heed: counted until the driver lets go', async () => {
    const { address, driver, server } = await startHost()
    for (let count = 1; count <= 5; count += 1) {
      const lane = await openLane(address)
      void lane.run(requestOf('wedge'), () => undefined)
      await expect.poll(() => driver.connections[count - 1]?.queries).toEqual(['wedge'])
      lane.close()
      await expect.poll(() => server.abandonedCalls()).toBe(count)
    }
    driver.connections[0]?.letGo()
    await expect.poll(() => server.abandonedCalls()).toBe(4)
    expect(driver.connections.map(({ isClosed }) => isClosed)).toEqual([true, false, false, false, false])
  })

  it('during the login leaves no query behind', async () => {
    const { address, driver, server } = await startHost()
    const { promise, resolve } = Promise.withResolvers<void>()
    driver.opening = promise
    const lane = await openLane(address)
    void lane.run(requestOf('wedge'), () => undefined)
    await expect.poll(() => driver.loginTimeoutsMs).toHaveLength(1)
    lane.close()
    await expect.poll(() => server.abandonedCalls()).toBe(1)
    resolve()
    await expect.poll(() => driver.connections[0]?.isClosed).toBe(true)
    expect(driver.connections[0]?.queries).toEqual([])
    expect(server.abandonedCalls()).toBe(0)
  })
})

describe('a connection that died while it was idle', () => {
  async function withIdleLane(openErrors: ReportedError[] = []) {
    const host = await startHost({ openErrors })
    const lane = await openLane(host.address)
    await ask(lane, requestOf('rows 1'))
    const [first] = host.driver.connections
    if (first === undefined) throw new Error('no connection was opened')
    first.isStale = true
    return { ...host, lane, first }
  }

  it('is opened anew within the run, which does not fail by it', async () => {
    const { lane, driver, first } = await withIdleLane()
    expect((await ask(lane, requestOf('rows 7'))).answer).toMatchObject({ summary: { rows: 7 } })
    expect(driver.connections).toHaveLength(2)
    expect(first.isClosed).toBe(true)
  })

  it('is opened anew once: a run fails where that does not help', async () => {
    const { lane, driver } = await withIdleLane([])
    const lost = new ReportedError(reportOfCode('connection_lost'))
    const open = driver.open.bind(driver)
    driver.open = async (...given) => {
      if (driver.connections.length > 2) throw lost
      const connection = await open(...given)
      for (const opened of driver.connections) opened.isStale = true
      return connection
    }
    const { answer } = await ask(lane, requestOf('rows 7'))
    expect(answer).toEqual({ kind: 'failed', error: reportOfCode('connection_lost') })
    expect(driver.connections).toHaveLength(2)
  })

  it('is a failure where the run had opened it itself', async () => {
    const { address, driver } = await startHost()
    const open = driver.open.bind(driver)
    driver.open = async (...given) => {
      const connection = await open(...given)
      for (const opened of driver.connections) opened.isStale = true
      return connection
    }
    const { answer } = await ask(await openLane(address), requestOf('rows 1'))
    expect(answer).toMatchObject({ error: { code: 'connection_lost' } })
    expect(driver.connections).toHaveLength(1)
  })
})

it('what the driver cannot do is said once, however many lanes find it out', async () => {
  const { address, limitations } = await startHost({ limitations: ['no query timeout', 'no blocks'] })
  for (let count = 0; count < 3; count += 1) await ask(await openLane(address), requestOf('rows 1'))
  expect(limitations).toEqual(['no query timeout', 'no blocks'])
})

describe('a probe', () => {
  it('opens a connection, which the first lane that runs has then', async () => {
    const { address, server, driver } = await startHost()
    expect(await server.probe(1_000)).toBeUndefined()
    for (let count = 0; count < 2; count += 1) await ask(await openLane(address), requestOf('rows 1'))
    expect(driver.connections.map(({ queries }) => queries.length)).toEqual([1, 1])
  })

  it('costs no run where its connection has died since', async () => {
    const { address, server, driver } = await startHost()
    await server.probe(1_000)
    for (const connection of driver.connections) connection.isStale = true
    const { answer } = await ask(await openLane(address), requestOf('rows 1'))
    expect(answer).toMatchObject({ kind: 'finished' })
    expect(driver.connections.map(({ isClosed }) => isClosed)).toEqual([true, false])
  })

  it('keeps one connection, however often the login is tried', async () => {
    const { server, driver } = await startHost()
    for (let count = 0; count < 3; count += 1) await server.probe(1_000)
    expect(driver.connections.map(({ isClosed }) => isClosed)).toEqual([true, true, false])
  })

  it('closes it after 5 s, where no lane has taken it', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const spare = new SpareConnection()
    const connection = new ScriptedConnection([])
    spare.keep(connection)
    vi.advanceTimersByTime(4_999)
    expect(connection.isClosed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(connection.isClosed).toBe(true)
    expect(spare.take()).toBeUndefined()
  })

  it('tells why it could not', async () => {
    const openErrors = [new ReportedError(reportOfCode('login_refused'))]
    const { server } = await startHost({ openErrors })
    expect(await server.probe(1_000)).toEqual(reportOfCode('login_refused'))
  })
})

it('a worker that reads slowly holds up its own rows only', async () => {
  const { address } = await startHost()
  const slow = net.connect(address.socketPath)
  onTestFinished(() => void slow.destroy())
  slow.pause()
  slow.write(encodeFrame('hello', { token: 'token', lane: 'slow' }))
  slow.write(encodeFrame('run', { id: 1, ...requestOf('rows 100000 of 500') }))
  const { answer } = await ask(await openLane(address), requestOf('rows 1000'))
  expect(answer).toMatchObject({ summary: { rows: 1_000 } })
})
