import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { HostBook } from '../../src/worker/host-book.ts'
import { reportOfCode } from '../support/scripted-source.ts'

const first = { hostId: 1, socketPath: '/run/1.sock', token: 'a' }
const second = { hostId: 2, socketPath: '/run/2.sock', token: 'b' }
const crash = reportOfCode('host_crashed')
const book = () => new HostBook(() => undefined)

describe('the host of a metric', () => {
  it('is known at once where there is one', async () => {
    const hosts = book()
    hosts.use(first)
    expect(await hosts.address(0)).toEqual(first)
  })

  it('is waited for where there is none', async () => {
    const hosts = book()
    const address = hosts.address(60_000)
    hosts.use(undefined)
    hosts.use(second)
    expect(await address).toEqual(second)
  })

  it('is none where none comes in time', async () => {
    expect(await book().address(1)).toBeUndefined()
  })

  it('is forgotten when it is lost, unless another has taken its place', async () => {
    const hosts = book()
    hosts.use(first)
    hosts.lost(1, crash)
    expect(await hosts.address(1)).toBeUndefined()
    hosts.use(second)
    hosts.lost(1, crash)
    expect(await hosts.address(0)).toEqual(second)
  })

  it('is left at once where a call stayed behind, unless another has taken its place', async () => {
    const said: unknown[] = []
    const hosts = new HostBook((message) => said.push(message))
    hosts.use(first)
    hosts.abandoned(1)
    expect(await hosts.address(1)).toBeUndefined()
    hosts.use(second)
    hosts.abandoned(1)
    expect(await hosts.address(0)).toEqual(second)
    const left = { type: 'abandoned', hostId: 1 }
    expect(said).toEqual([left, left])
  })

  it('is kept where a call went down with it, for the supervisor knows whether it is gone', async () => {
    const said: unknown[] = []
    const hosts = new HostBook((message) => said.push(message))
    hosts.use(first)
    hosts.wentDown(1)
    expect(await hosts.address(0)).toEqual(first)
    expect(said).toEqual([{ type: 'went_down', hostId: 1 }])
  })
})

describe('why a host was lost', () => {
  it('is told at once where the supervisor knows', async () => {
    const hosts = book()
    hosts.lost(1, crash)
    expect(await hosts.lossOf(1)).toEqual(crash)
  })

  it('is waited for, and of another host is not taken for it', async () => {
    const hosts = book()
    hosts.lost(1, reportOfCode('internal'))
    const loss = hosts.lossOf(2)
    hosts.lost(1, reportOfCode('internal'))
    hosts.lost(2, crash)
    expect(await loss).toEqual(crash)
  })

  it('has a general word where nobody tells', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const loss = book().lossOf(1)
    await vi.advanceTimersByTimeAsync(2_000)
    expect((await loss).code).toBe('host_unavailable')
  })
})

describe('clean runs', () => {
  it('are told of at the tenth on one host, and only then', () => {
    const hosts = book()
    hosts.use(first)
    const told = Array.from({ length: 30 }, () => hosts.countCleanRun())
    expect(told.map((isTenth, index) => (isTenth ? index : -1)).filter((index) => index >= 0)).toEqual([9])
  })

  it('count anew on another host', () => {
    const hosts = book()
    hosts.use(first)
    for (let run = 0; run < 9; run += 1) hosts.countCleanRun()
    hosts.use(second)
    expect(hosts.countCleanRun()).toBe(false)
  })
})
