import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { drain, openedSpool } from '../spool/support/temporary-spool.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { reportOfCode } from '../support/scripted-source.ts'
import { type BenchOptions, lockFile, startPollLoop } from './poll-loop-bench.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const failure = reportOfCode('query_failed')

describe('a metric whose runs end in time', () => {
  it('S-1: runs at start + k × interval', async () => {
    const { clock, source } = startPollLoop({ script: () => ({ lastsMs: 400 }) })
    await clock.advance(4_000)
    expect(source.startsMs).toEqual([0, 1_000, 2_000, 3_000, 4_000])
  })

  it('S-3: begins at its offset', async () => {
    const { clock, source } = startPollLoop({ loop: { place: { index: 3, count: 4 } } })
    await clock.advance(2_000)
    expect(source.startsMs).toEqual([750, 1_750])
  })

  it('tells when the next run is due, in wall time', async () => {
    const { clock, of } = startPollLoop({ script: () => ({ lastsMs: 250 }) })
    await clock.advance(300)
    expect(of('run.finished')[0]?.nextMs).toBe(clock.nowMs() + 700)
  })
})

describe('a run that overruns', () => {
  it('S-2: takes every second tick where it lasts 1.3 intervals, and counts the others', async () => {
    const { clock, source, of } = startPollLoop({ script: () => ({ lastsMs: 1_300 }) })
    await clock.advance(8_000)
    expect(source.startsMs).toEqual([0, 2_000, 4_000, 6_000, 8_000])
    expect(of('run.finished').map(({ skippedTicks }) => skippedTicks)).toEqual([1, 1, 1, 1])
    expect(source.mostAtOnce).toBe(1)
  })

  it('S-2: skips the tick at which it ends', async () => {
    const { clock, source, of } = startPollLoop({ script: (run) => ({ lastsMs: run === 0 ? 1_000 : 1 }) })
    await clock.advance(2_500)
    expect(source.startsMs).toEqual([0, 2_000])
    expect(of('run.finished').map(({ skippedTicks }) => skippedTicks)).toEqual([1, 0])
  })

  it('S-1: leaves the grid where it was', async () => {
    const { clock, source } = startPollLoop({ script: (run) => ({ lastsMs: run === 1 ? 2_750 : 10 }) })
    await clock.advance(6_000)
    expect(source.startsMs).toEqual([0, 1_000, 4_000, 5_000, 6_000])
  })
})

describe('a failed run', () => {
  it('S-6: is tried again after 1 s doubling to 60 s', async () => {
    const failing = startPollLoop({ intervalMs: dayMs, random: 1, script: () => ({ error: failure }) })
    await failing.clock.advance(200_000)
    expect(failing.source.startsMs.map((ms) => ms / 1_000)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183])
    expect(failing.of('run.failed').at(-1)?.failures).toBe(9)
  })

  it('S-6: is tried again after no less than half of that', async () => {
    const failing = startPollLoop({ intervalMs: dayMs, random: 0, script: () => ({ error: failure }) })
    await failing.clock.advance(4_000)
    expect(failing.source.startsMs).toEqual([0, 500, 1_500, 3_500])
  })

  it('S-6: is tried again at the next tick where that is sooner', async () => {
    const failing = startPollLoop({ intervalMs: 700, random: 1, script: () => ({ error: failure }) })
    await failing.clock.advance(2_100)
    expect(failing.source.startsMs).toEqual([0, 700, 1_400, 2_100])
  })

  it('S-1: comes back to the grid once a retry succeeds', async () => {
    const script = (run: number) => (run === 0 ? { error: failure } : {})
    const { clock, source, of } = startPollLoop({ intervalMs: 10_000, random: 1, script })
    await clock.advance(20_000)
    expect(source.startsMs).toEqual([0, 1_000, 10_000, 20_000])
    expect(of('run.finished').map(({ failuresBefore }) => failuresBefore)).toEqual([1, 0, 0])
  })
})

describe('the gate', () => {
  it('S-7: lets nothing run before it opens, and the grid begins then', async () => {
    const { clock, source, gate } = startPollLoop({ isGateClosed: true })
    await clock.advance(10_500)
    expect(source.startsMs).toEqual([])
    gate.open()
    await clock.advance(1_000)
    expect(source.startsMs).toEqual([10_500, 11_500])
  })

  it('S-7: keeps back the runs that are due while it is closed; one of them goes when it opens', async () => {
    const { clock, source, gate } = startPollLoop()
    await clock.advance(500)
    gate.close()
    await clock.advance(4_700)
    gate.open()
    await clock.advance(1_000)
    expect(source.startsMs).toEqual([0, 5_200, 6_000])
  })

  it('S-8: is closed by the result of a refused login before another run could start', async () => {
    const bench = startPollLoop({
      script: () => ({ error: reportOfCode('login_refused') }),
      loop: { onResult: ({ kind }) => (kind === 'failed' ? bench.gate.close() : undefined) },
    })
    await bench.clock.advance(120_000)
    expect(bench.source.startsMs).toEqual([0])
  })
})

describe('a restart', () => {
  /** Runs the loop for `firstMs`, stops it, and starts another on the same spool after `pauseMs`. */
  async function restarted(options: BenchOptions, pauseMs: number) {
    const clock = new FakeClock()
    const first = startPollLoop({ ...options, clock })
    await clock.advance(10)
    first.stop.abort(new Error('stop'))
    await first.ended
    first.spool.close()
    await clock.advance(pauseMs)
    const second = startPollLoop({ ...options, clock, path: first.path, script: () => ({}) })
    const startedMs = clock.monotonicMs()
    return { clock, runsMs: () => second.source.startsMs.map((ms) => ms - startedMs) }
  }

  it('S-4: does not run a daily metric again before its day is over', async () => {
    const { clock, runsMs } = await restarted({ intervalMs: dayMs }, 5 * hourMs)
    await clock.advance(dayMs)
    expect(runsMs()).toEqual([19 * hourMs - 10])
  })

  it.each([
    { intervalMs: hourMs, runs: 0, what: 'an hour: remembered' },
    { intervalMs: hourMs - 1, runs: 1, what: 'a millisecond less: run at once' },
  ])('S-4: with an interval of $what', async ({ intervalMs, runs }) => {
    const { clock, runsMs } = await restarted({ intervalMs }, 1_000)
    await clock.advance(10)
    expect(runsMs()).toHaveLength(runs)
  })

  it('S-4: does not run a metric again that sends nothing, however short its interval', async () => {
    const { clock, runsMs } = await restarted({ intervalMs: 60_000, send: false }, 20_000)
    await clock.advance(60_000)
    expect(runsMs()).toEqual([39_990])
  })

  it('S-4: counts from the begin of the last run, not from its end', async () => {
    const clock = new FakeClock()
    const first = startPollLoop({ intervalMs: dayMs, clock, script: () => ({ lastsMs: hourMs }) })
    await clock.advance(hourMs)
    first.stop.abort(new Error('stop'))
    await first.ended
    first.spool.close()
    const second = startPollLoop({ intervalMs: dayMs, clock, path: first.path })
    await clock.advance(dayMs)
    expect(second.source.startsMs).toEqual([dayMs])
  })

  it('S-4: runs a daily metric at once where its time came meanwhile', async () => {
    const { clock, runsMs } = await restarted({ intervalMs: dayMs }, 3 * dayMs)
    await clock.advance(1)
    expect(runsMs()).toEqual([0])
  })

  it('S-4: runs a daily metric at once where its run had failed', async () => {
    const { clock, runsMs } = await restarted({ intervalMs: dayMs, script: () => ({ error: failure }) }, 1)
    await clock.advance(1)
    expect(runsMs()).toEqual([0])
  })

  it('S-5: waits for one interval at most where the clock was set back', async () => {
    const { clock, runsMs } = await restarted({ intervalMs: dayMs }, 0)
    clock.stepWall(-30 * dayMs)
    const late = startPollLoop({ intervalMs: dayMs, clock, loop: { lastRunMs: clock.nowMs() + 30 * dayMs } })
    await clock.advance(dayMs)
    expect(runsMs()).toEqual([dayMs - 10])
    expect(late.source.startsMs).toEqual([dayMs + 10])
  })
})

/** Those of unfinished runs too, before anybody opens the spool and clears it. */
function chunksIn(path: string): unknown {
  const database = new DatabaseSync(path, { readOnly: true })
  const row = database.prepare('select count(*) as chunks from chunks').get()
  database.close()
  return row?.['chunks']
}

describe('stopping', () => {
  it('S-9: during a run ends it, discards its rows and resolves', async () => {
    const rows = Array.from({ length: 6 }, () => JSON.stringify({ text: 'x'.repeat(150_000) }))
    const bench = startPollLoop({ script: () => ({ lines: rows, lastsMs: 500 }) })
    await bench.clock.advance(100)
    bench.stop.abort(new Error('stop'))
    await expect(bench.ended).resolves.toBeUndefined()
    expect(bench.source.isClosed).toBe(true)
    expect(bench.spool.isEmpty).toBe(true)
    bench.spool.close()
    expect(chunksIn(bench.path)).toBe(0)
    expect(openedSpool(bench.path).isEmpty).toBe(true)
  })

  it.each([
    { when: 'between two runs', isGateClosed: false },
    { when: 'before the gate', isGateClosed: true },
  ])('S-9: $when resolves at once, and nothing runs any more', async ({ isGateClosed }) => {
    const bench = startPollLoop({ isGateClosed })
    await bench.clock.advance(100)
    bench.stop.abort(new Error('stop'))
    await expect(bench.ended).resolves.toBeUndefined()
    const runs = bench.source.startsMs.length
    await bench.clock.advance(10_000)
    expect(bench.source.startsMs).toHaveLength(runs)
    expect(bench.clock.sleepers).toBe(0)
  })

  it('S-9: a second time is the same as once', async () => {
    const bench = startPollLoop()
    bench.stop.abort(new Error('stop'))
    bench.stop.abort(new Error('stop again'))
    await expect(bench.ended).resolves.toBeUndefined()
  })
})

describe('a spool that cannot be written', () => {
  const long = JSON.stringify({ text: 'x'.repeat(120_000) })

  it('fails the run in which it happens; the next one works, and its rows are there', async () => {
    const bench = startPollLoop({ script: (run) => ({ lines: [`{"run":${run}}`], lastsMs: 100 }) })
    await bench.clock.advance(50)
    const lock = lockFile(bench.path)
    await bench.clock.advance(100)
    lock.release()
    await bench.clock.advance(600)
    expect(bench.events.map(({ type }) => type).filter((type) => type !== 'run.started')).toEqual([
      'spool.failed',
      'run.failed',
      'spool.recovered',
      'run.finished',
    ])
    expect(bench.of('run.failed')[0]?.error.code).toBe('spool_write_failed')
    const pushes = drain(bench.spool, bench.rowStream).join('')
    expect(pushes).not.toContain('{"run":0}')
    expect(pushes).toContain('{"run":1}')
  })

  it('ends a run at the chunk that it does not take: nothing of that run is ever seen', async () => {
    const bench = startPollLoop({ script: (run) => ({ lines: run === 0 ? [long, long, long] : ['{}'] }) })
    const lock = lockFile(bench.path)
    await bench.clock.advance(1)
    lock.release()
    await bench.clock.advance(1_000)
    expect(bench.of('run.failed')).toHaveLength(1)
    expect(drain(bench.spool, bench.rowStream)).toHaveLength(1)
    expect(bench.spool.depth().bytes).toBeLessThan(2_000)
  })

  it('does not end the loop, however long it lasts, and is told of with every run', async () => {
    const bench = startPollLoop({ script: () => ({ lines: ['{}'] }) })
    lockFile(bench.path)
    await bench.clock.advance(3_000)
    expect(bench.of('spool.failed').length).toBeGreaterThan(2)
    expect(bench.of('spool.recovered')).toEqual([])
  })

  it('is not taken for recovered by a run that fails for another reason', async () => {
    const script = (run: number) => (run < 2 ? { error: failure } : {})
    const bench = startPollLoop({ script })
    const lock = lockFile(bench.path)
    await bench.clock.advance(1)
    lock.release()
    await bench.clock.advance(600)
    expect(bench.of('spool.recovered')).toEqual([])
    await bench.clock.advance(1_000)
    expect(bench.of('spool.recovered')).toHaveLength(1)
  })
})

describe('a metric that sends nothing', () => {
  it('spools its run line and no row, and tells how many rows there were', async () => {
    const bench = startPollLoop({ send: false, script: () => ({ lines: ['{"a":1}', '{"a":2}'] }) })
    await bench.clock.advance(1)
    expect(bench.of('run.finished')).toMatchObject([{ rows: 2, isSent: false }])
    expect(drain(bench.spool, bench.rowStream)).toEqual([])
    expect(drain(bench.spool, bench.runStream).join('')).toContain('"rows":2')
  })
})
