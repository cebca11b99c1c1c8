import net from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type HostLink, createSqlSource } from '../../../src/sources/sql/source.ts'
import type { HostAddress } from '../../../src/sources/sql/host-lane.ts'
import { temporaryDirectory } from '../../spool/support/temporary-spool.ts'
import { reportOfCode } from '../../support/scripted-source.ts'
import { requestOf, startHost, testSignal } from './host-bench.ts'

/** A source whose supervisor names these hosts, one after the other. */
function sourceAt(addresses: readonly (HostAddress | undefined)[], link: Partial<HostLink> = {}) {
  const left = [...addresses]
  const abandoned: number[] = []
  const wentDown: number[] = []
  const losses: number[] = []
  const source = createSqlSource('show_locks', {
    address: async () => (left.length > 1 ? left.shift() : left[0]),
    lossOf: async (hostId) => {
      losses.push(hostId)
      return reportOfCode('host_crashed')
    },
    abandoned: (hostId) => void abandoned.push(hostId),
    wentDown: (hostId) => void wentDown.push(hostId),
    ...link,
  })
  onTestFinished(() => source.close())
  const lines: string[] = []
  const signal = testSignal()
  const run = (query: string, timeoutMs = 60_000, given = signal) =>
    source.run(requestOf(query, { timeoutMs }), (block) => lines.push(Buffer.from(block).toString()), given)
  return { source, run, lines, abandoned, wentDown, losses }
}

/** A host that takes connections and says nothing: a stopped process. */
async function silentHost(hostId: number): Promise<HostAddress> {
  const socketPath = join(temporaryDirectory(), 's.sock')
  const server = net.createServer((socket) => socket.on('error', () => undefined))
  onTestFinished(() => void server.close())
  await once(server.listen(socketPath), 'listening')
  return { hostId, socketPath, token: 'token' }
}

const nowhere: HostAddress = { hostId: 7, socketPath: '/nonexistent/h.sock', token: 'token' }

describe('a source', () => {
  it('runs one query after the other over one lane', async () => {
    const { address, driver } = await startHost()
    const { run, lines } = sourceAt([address])
    expect(await run('rows 2')).toMatchObject({ kind: 'finished', summary: { rows: 2 } })
    expect(await run('fail')).toMatchObject({ kind: 'failed', error: { code: 'query_failed' } })
    expect(await run('rows 1')).toMatchObject({ kind: 'finished', summary: { rows: 1 } })
    expect(lines.join('')).toBe('\n\n\n')
    expect(driver.connections).toHaveLength(1)
  })

  it('goes over to another host when it is named one', async () => {
    const [first, second] = [await startHost(), await startHost({ hostId: 2 })]
    const { run } = sourceAt([first.address, second.address])
    await run('rows 1')
    await run('rows 1')
    expect([first, second].map(({ driver }) => driver.connections.length)).toEqual([1, 1])
    await expect.poll(() => first.driver.connections[0]?.isClosed).toBe(true)
  })

  it('fails where there is no host', async () => {
    expect(await sourceAt([undefined]).run('rows 1')).toMatchObject({ error: { code: 'host_unavailable' } })
  })

  it('asks the successor of a host that is gone before anybody said so', async () => {
    const { address } = await startHost({ hostId: 8 })
    const { run, losses } = sourceAt([nowhere, address])
    expect(await run('rows 1')).toMatchObject({ kind: 'finished' })
    expect(losses).toEqual([7])
  })

  it('fails where a host that is gone has no successor', async () => {
    const message = expect.stringContaining('No driver host is there')
    expect(await sourceAt([nowhere]).run('rows 1')).toMatchObject({ error: { message } })
  })

  it('waits for a host that does not speak no longer than for its query', async () => {
    const { run } = sourceAt([await silentHost(1)])
    const message = 'The driver host did not take the query within 20ms.'
    expect(await run('rows 1', 20)).toMatchObject({ error: { code: 'host_unavailable', message } })
  })

  it('fails with the reason of the supervisor where the host is lost during a run', async () => {
    const { address, driver } = await startHost()
    const proxyPath = join(temporaryDirectory(), 'p.sock')
    const sockets: net.Socket[] = []
    const proxy = net.createServer((socket) => {
      const upstream = net.connect(address.socketPath)
      socket.pipe(upstream).pipe(socket)
      for (const end of [socket, upstream]) end.on('error', () => undefined)
      sockets.push(socket)
    })
    onTestFinished(() => void proxy.close())
    await once(proxy.listen(proxyPath), 'listening')
    const { run, losses, abandoned, wentDown } = sourceAt([{ ...address, socketPath: proxyPath }])
    const running = run('hang')
    await expect.poll(() => driver.connections[0]?.queries).toEqual(['hang'])
    for (const socket of sockets) socket.destroy()
    expect(await running).toEqual({ kind: 'failed', error: reportOfCode('host_crashed') })
    expect(losses).toEqual([1])
    expect([abandoned, wentDown]).toEqual([[], [1]]) // it may have ended by this very query
  })
})

describe('a call that does not heed its deadline', () => {
  it('is left to its host after 2 s, and the supervisor is told', async () => {
    const { address, driver, server } = await startHost()
    const { run, abandoned } = sourceAt([address])
    expect(await run('wedge', 100)).toMatchObject({ kind: 'failed', error: { code: 'query_abandoned' } })
    expect(abandoned).toEqual([1])
    await expect.poll(() => server.abandonedCalls()).toBe(1)
    expect(driver.connections[0]?.cancels).toBeGreaterThan(0)
    expect(await run('rows 1')).toMatchObject({ kind: 'finished' })
  })

  it('that heeds it within 2 s is a timeout, and its lane is kept', async () => {
    const { address, driver } = await startHost()
    const { run, abandoned } = sourceAt([address])
    expect(await run('hang', 20)).toMatchObject({ error: { code: 'query_timeout' } })
    await run('rows 1')
    expect(abandoned).toEqual([])
    expect(driver.connections).toHaveLength(1)
  })
})

describe('a stop', () => {
  it('ends a run at once with its reason, and the host cancels the query', async () => {
    const { address, driver } = await startHost()
    const { run } = sourceAt([address])
    const stop = new AbortController()
    const running = run('hang', 60_000, stop.signal)
    await expect.poll(() => driver.connections[0]?.queries).toEqual(['hang'])
    stop.abort(new Error('stop'))
    await expect(running).rejects.toThrow('stop')
    await expect.poll(() => driver.connections[0]?.cancels).toBe(1)
  })

  it.each([
    ['waits for a host', undefined],
    ['waits for the word of a host', 'silent'],
  ])('ends a run that %s at once', async (_, host) => {
    const never = () => new Promise<undefined>(() => undefined)
    const address = host === undefined ? undefined : await silentHost(1)
    const { run } = sourceAt([address], host === undefined ? { address: never } : {})
    const stop = new AbortController()
    const running = run('rows 1', 60_000, stop.signal)
    stop.abort(new Error('stop'))
    await expect(running).rejects.toThrow('stop')
  })

  it('before a run keeps it from being asked', async () => {
    const { address, driver } = await startHost()
    const stopped = AbortSignal.abort(new Error('stop'))
    await expect(sourceAt([address]).run('rows 1', 1_000, stopped)).rejects.toThrow('stop')
    expect(driver.connections).toHaveLength(0)
  })
})
