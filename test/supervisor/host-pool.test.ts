// The pool over real processes that run a host with a scripted driver. The fake clock moves pings, grace
// and backoff.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ErrorReport } from '../../src/core/errors.ts'
import type { HostRole } from '../../src/core/events.ts'
import { type HostAddress, HostLane } from '../../src/sources/sql/host-lane.ts'
import { HostPool, maxHostBytes } from '../../src/supervisor/host-pool.ts'
import { spawnHostProcess } from '../../src/supervisor/host-process.ts'
import { anyTarget, ask, openLane, requestOf, testSignal } from '../sources/sql/host-bench.ts'
import { temporaryDirectory } from '../spool/support/temporary-spool.ts'
import { FakeClock } from '../support/fake-clock.ts'

const program = fileURLToPath(new URL('../support/child-scripted-host.ts', import.meta.url))
const maxTimeoutMs = 60_000

// Each host is a process, and a ping is waited for in real time.
vi.setConfig({ testTimeout: 20_000 })

type Lost = { readonly role: HostRole; readonly pid: number; readonly error: ErrorReport }

function poolOf(metrics: readonly string[] = ['a', 'b'], connectionString = '', first?: ChildProcess) {
  const clock = new FakeClock()
  const addresses = new Map<string, HostAddress | undefined>()
  const started: { role: HostRole; pid: number }[] = []
  const lost: Lost[] = []
  const failed: ErrorReport[] = []
  const moves: string[] = []
  const limits: string[] = []
  const target = { ...anyTarget, connectionString }
  const pool = new HostPool({
    target,
    metrics,
    runtimeDirectory: temporaryDirectory(),
    clock,
    maxTimeoutMs,
    program,
    first,
    on: {
      address: (metric, address) => addresses.set(metric, address),
      started: (role, pid) => started.push({ role, pid }),
      lost: (role, { pid }, error) => lost.push({ role, pid, error }),
      failed: (_role, error) => failed.push(error),
      limited: (what) => limits.push(what),
      isolated: (metric, { code }) => moves.push(`${metric} isolated: ${code}`),
      returned: (metric) => moves.push(`${metric} returned`),
    },
  })
  onTestFinished(async () => {
    pool.stop()
    await pool.stopped()
  })
  /** Polls with a clock that stands still, but lets those go who sleep for no time. */
  const eventually = <T>(look: () => T) =>
    expect.poll(
      async () => {
        await clock.advance(0)
        return look()
      },
      { timeout: 10_000 },
    )
  /** The host of a metric; waits for one. */
  const hostOf = async (metric: string, isNot?: number): Promise<HostAddress> => {
    await eventually(() => addresses.get(metric)?.hostId ?? isNot).not.toBe(isNot)
    const address = addresses.get(metric)
    if (address === undefined) throw new Error(`${metric} has no host`)
    return address
  }
  return { pool, clock, addresses, started, lost, failed, moves, limits, hostOf, eventually }
}

/** Leaves so many calls behind in a host, as workers do whose queries do not heed being cancelled. */
async function wedge(address: HostAddress, calls: number): Promise<void> {
  for (let call = 0; call < calls; call += 1) {
    const lane = await openLane(address)
    await ask(lane, requestOf('rows 1'))
    void lane.run(requestOf('wedge'), () => undefined)
    lane.close()
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a pool', () => {
  it('serves all metrics by one host, and starts it once', async () => {
    const { pool, started, addresses, limits, hostOf } = poolOf()
    await pool.start()
    await pool.start()
    expect(started).toMatchObject([{ role: 'main' }])
    expect(addresses.get('a')).toEqual(addresses.get('b'))
    expect(pool.addressOf('a')).toEqual(addresses.get('a'))
    expect(limits).toEqual([])
    expect(await pool.probe(5_000)).toBeUndefined()
    await ask(await openLane(await hostOf('a')), requestOf('rows 1'))
    await expect.poll(() => limits).toEqual(['login', 'no query timeout'])
  })

  it('tries a login at once where it is told so, of which the first probe tells', async () => {
    const { pool, limits } = poolOf()
    await pool.start(5_000)
    await expect.poll(() => limits).toEqual(['login'])
    expect(await pool.probe(5_000)).toBeUndefined()
    expect(limits).toEqual(['login'])
    expect(await pool.probe(5_000)).toBeUndefined()
    expect(limits).toEqual(['login', 'login'])
  })

  it('tells why a host cannot be used, and tries no more until it is asked to persist', async () => {
    const unusable = poolOf(['a'], 'unusable')
    await expect(unusable.pool.start()).rejects.toMatchObject({ report: { code: 'driver_missing' } })
    expect(unusable.failed).toEqual([])
    unusable.pool.persist()
    const codes = () => unusable.failed.map(({ code }) => code)
    await expect.poll(codes, { timeout: 10_000 }).toContain('driver_missing')
  })

  it('quotes what a host said that died at its start', async () => {
    await expect(poolOf(['a'], 'dies').pool.start()).rejects.toMatchObject({
      report: {
        code: 'host_crashed',
        message: expect.stringContaining('127'),
        said: expect.stringContaining('libodbc'),
      },
    })
  })

  it('takes a process that is up already for its first host, and spawns the next itself', async () => {
    const first = spawnHostProcess(anyTarget, 2, program)
    const { pool, started, lost, hostOf } = poolOf(['a', 'b'], '', first)
    await pool.start()
    expect(started).toEqual([{ role: 'main', pid: first.pid }])
    const { hostId } = await hostOf('a')
    first.kill('SIGKILL')
    await hostOf('a', hostId)
    expect(lost).toMatchObject([{ pid: first.pid }])
    expect(started.map(({ pid }) => isAlive(pid))).toEqual([false, true])
  })

  it('tells of a first process that ended with nothing done, and then starts another', async () => {
    const first = spawnHostProcess(anyTarget, 2, program)
    first.kill('SIGKILL')
    await once(first, 'exit')
    const { pool } = poolOf(['a'], '', first)
    await expect(pool.start()).rejects.toMatchObject({ report: { code: 'host_crashed' } })
    await pool.start()
    expect(pool.addressOf('a')).toBeDefined()
  })

  it('leaves no process when it stops', async () => {
    const { pool, started, hostOf } = poolOf()
    await pool.start()
    pool.abandoned('a', (await hostOf('a')).hostId)
    await expect.poll(() => started.length, { timeout: 10_000 }).toBe(2)
    pool.stop()
    await pool.stopped()
    expect(started.map(({ pid }) => isAlive(pid))).toEqual([false, false])
  })
})

describe('a host that crashes', () => {
  it('is replaced at once, and the reason names the signal', async () => {
    const { pool, started, lost, hostOf } = poolOf()
    await pool.start()
    const first = await hostOf('a')
    process.kill(started[0]?.pid ?? 0, 'SIGSEGV')
    const second = await hostOf('a', first.hostId)
    expect(lost).toMatchObject([
      {
        role: 'main',
        pid: started[0]?.pid,
        error: { code: 'host_crashed', message: expect.stringContaining('SIGSEGV') },
      },
    ])
    expect((await ask(await openLane(second), requestOf('rows 3'))).text).toBe('\n\n\n')
  })

  it('again and again is replaced with backoff', async () => {
    const { pool, clock, started, lost, hostOf, eventually } = poolOf(['a'])
    await pool.start()
    process.kill(started[0]?.pid ?? 0, 'SIGKILL')
    await eventually(() => started.length).toBe(2)
    process.kill(started[1]?.pid ?? 0, 'SIGKILL')
    await expect.poll(() => lost.length).toBe(2)
    await expect.poll(() => clock.sleepsAskedMs.some((ms) => ms >= 100 && ms <= 200)).toBe(true)
    expect(started).toHaveLength(2)
    await clock.advance(200)
    expect(await hostOf('a')).toBeDefined()
  })
})

describe('a host that has crashed eight times', () => {
  it('is started again within 4 s: a run that waits for it goes well', async () => {
    const { pool, clock, started } = poolOf(['a'])
    await pool.start()
    const startedWithin = (ms: number) => async () => {
      await clock.advance(ms)
      return started.length
    }
    for (let crash = 0; crash < 8; crash += 1) {
      process.kill(started[crash]?.pid ?? 0, 'SIGSEGV')
      await expect.poll(startedWithin(500), { timeout: 10_000 }).toBe(crash + 2)
    }
    const longestMs = Math.max(...clock.sleepsAskedMs)
    expect([longestMs > 2_000, longestMs <= 4_000]).toEqual([true, true])
  }, 60_000)
})

describe('a host that is silent', () => {
  it('is replaced after 2 s, and killed 3 s later', async () => {
    const { pool, clock, started, lost, hostOf } = poolOf()
    await pool.start()
    const [first] = started
    process.kill(first?.pid ?? 0, 'SIGSTOP')
    const { hostId } = await hostOf('b')
    await clock.advance(1_000)
    await hostOf('b', hostId)
    expect(isAlive(first?.pid ?? 0)).toBe(true)
    await clock.advance(3_000)
    await expect
      .poll(() => lost)
      .toMatchObject([{ pid: first?.pid, error: { message: expect.stringContaining('no ping') } }])
  })
})

describe('a host that takes memory', () => {
  it('of 1 GiB serves on; with a byte more it is replaced, and may end what runs in it', async () => {
    const small = poolOf(['a'], String(maxHostBytes))
    await small.pool.start()
    const { hostId } = await small.hostOf('a')
    await small.clock.advance(1_000)
    await small.eventually(() => small.clock.sleepers).toBe(1) // it was pinged, and found well
    expect((await small.hostOf('a')).hostId).toBe(hostId)

    const { pool, clock, started, lost, hostOf } = poolOf(['a'], String(maxHostBytes + 1))
    await pool.start()
    const first = await hostOf('a')
    await clock.advance(1_000)
    await hostOf('a', first.hostId)
    expect((await ask(await openLane(first), requestOf('rows 1'))).answer).toMatchObject({ kind: 'finished' })
    await clock.advance(maxTimeoutMs)
    await expect
      .poll(() => lost[0])
      .toMatchObject({ pid: started[0]?.pid, error: { message: expect.stringContaining('1 GiB') } })
  })

  it('of more than 2 GiB is not waited for', async () => {
    const { pool, clock, started, lost, eventually } = poolOf(['a'], String(2 * maxHostBytes + 1))
    await pool.start()
    await clock.advance(1_000)
    await eventually(() => lost.length).toBe(1)
    expect(lost).toMatchObject([{ pid: started[0]?.pid }])
  })
})

describe('calls that were left behind', () => {
  it('are borne up to 4; with the fifth the host is replaced, and killed after all deadlines', async () => {
    const { pool, clock, started, lost, hostOf } = poolOf()
    await pool.start()
    const first = await hostOf('a')
    await wedge(first, 4)
    await clock.advance(1_000)
    await ask(await openLane(first), requestOf('rows 1')) // the ping was answered before this
    expect((await hostOf('a')).hostId).toBe(first.hostId)
    await wedge(first, 1)
    await ask(await openLane(first), requestOf('rows 1'))
    await expect.poll(() => clock.sleepers).toBe(1)
    await clock.advance(1_000)
    await hostOf('a', first.hostId)
    expect((await ask(await openLane(first), requestOf('rows 1'))).answer).toMatchObject({ kind: 'finished' })
    await clock.advance(maxTimeoutMs)
    await expect
      .poll(() => lost)
      .toMatchObject([
        { pid: started[0]?.pid, error: { message: expect.stringContaining('more than 4 calls') } },
      ])
  })
})

describe('a metric whose call went down with its host', () => {
  it('moves where the host crashed, once its end is known', async () => {
    const { pool, started, moves, hostOf } = poolOf()
    await pool.start()
    const crashed = await hostOf('a')
    const moved = pool.wentDown('a', crashed.hostId) // the lane is heard before the process
    expect(moves).toEqual([])
    process.kill(started[0]?.pid ?? 0, 'SIGSEGV')
    await moved
    await pool.wentDown('a', crashed.hostId)
    expect(moves).toEqual(['a isolated: host_crashed'])
    await pool.wentDown('b', crashed.hostId)
    expect(moves).toEqual(['a isolated: host_crashed', 'b isolated: host_crashed'])
  })

  it('stays where somebody killed the host', async () => {
    const { pool, started, moves, hostOf } = poolOf()
    await pool.start()
    const killed = await hostOf('a')
    const judged = pool.wentDown('a', killed.hostId)
    process.kill(started[0]?.pid ?? 0, 'SIGKILL')
    await judged
    await pool.wentDown('b', killed.hostId)
    expect(moves).toEqual([])
    expect((await hostOf('a', killed.hostId)).hostId).toBe((await hostOf('b', killed.hostId)).hostId)
  })
})

describe('a metric that left a call behind', () => {
  it('moves to a host of its own, alone, and comes back after its clean runs', async () => {
    const { pool, started, lost, moves, hostOf } = poolOf()
    await pool.start()
    const main = await hostOf('a')
    pool.abandoned('a', main.hostId)
    const isolation = await hostOf('a', main.hostId)
    expect((await hostOf('b')).hostId).toBe(main.hostId)
    pool.clean('a')
    expect((await hostOf('a')).hostId).toBe(main.hostId)
    expect(moves).toEqual(['a isolated: query_abandoned', 'a returned'])
    expect(started.map(({ role }) => role)).toEqual(['main', 'isolation'])
    await expect.poll(() => isAlive(started[1]?.pid ?? 0)).toBe(false)
    expect(await HostLane.open(isolation, 'a', testSignal())).toBeUndefined()
    expect(lost).toEqual([])
  })

  it('shares that host with others, which keeps it until the last one goes back', async () => {
    const { pool, started, hostOf } = poolOf(['a', 'b', 'c'])
    await pool.start()
    const main = await hostOf('a')
    pool.abandoned('a', main.hostId)
    const isolation = await hostOf('a', main.hostId)
    pool.abandoned('b', main.hostId)
    expect((await hostOf('b')).hostId).toBe(isolation.hostId)
    pool.clean('a')
    pool.clean('a')
    expect((await hostOf('b')).hostId).toBe(isolation.hostId)
    expect((await ask(await openLane(isolation), requestOf('rows 1'))).answer).toMatchObject({
      kind: 'finished',
    })
    expect(started).toHaveLength(2)
  })

  it('moves also where that host has crashed since, and stays where somebody killed it', async () => {
    const { pool, started, moves, hostOf } = poolOf()
    await pool.start()
    const killed = await hostOf('a')
    process.kill(started[0]?.pid ?? 0, 'SIGKILL')
    const crashed = await hostOf('a', killed.hostId)
    pool.abandoned('a', killed.hostId)
    expect(moves).toEqual([])
    process.kill(started[1]?.pid ?? 0, 'SIGSEGV')
    await expect.poll(() => isAlive(started[1]?.pid ?? 0)).toBe(false)
    pool.abandoned('a', crashed.hostId)
    expect(moves).toEqual(['a isolated: query_abandoned'])
    pool.abandoned('b', killed.hostId)
    expect(moves).toEqual(['a isolated: query_abandoned'])
  })

  it('on its second host gets a fresh one at once: nobody else is hurt there', async () => {
    const { pool, started, lost, hostOf } = poolOf()
    await pool.start()
    const main = await hostOf('a')
    pool.abandoned('a', main.hostId)
    const first = await hostOf('a', main.hostId)
    pool.abandoned('a', first.hostId)
    const second = await hostOf('a', first.hostId)
    expect(second.hostId).not.toBe(main.hostId)
    expect(lost).toMatchObject([{ role: 'isolation', pid: started[1]?.pid, error: { code: 'host_crashed' } }])
    expect((await hostOf('b')).hostId).toBe(main.hostId)
  })

  it('finds a host also where it is isolated while the last one of that kind goes', async () => {
    const { pool, hostOf } = poolOf()
    await pool.start()
    const main = await hostOf('a')
    pool.abandoned('a', main.hostId)
    const isolation = await hostOf('a', main.hostId)
    pool.clean('a')
    pool.abandoned('b', main.hostId)
    await expect.poll(async () => HostLane.open(isolation, 'b', testSignal())).toBeUndefined()
    const found = await hostOf('b', isolation.hostId)
    expect(found.hostId).not.toBe(main.hostId)
  })
})
