import { describe, expect, it } from 'vitest'
import { maxChunkBytes } from '../../src/spool/types.ts'
import { delivered, unreachable } from '../support/scripted-sink.ts'
import { shipperBench } from './shipper-bench.ts'

const kilobyte = 1_000
const names = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`)

describe('slots', () => {
  it('D-11: are 4, however many streams wait', async () => {
    const { clock, sink, worker, sent } = shipperBench()
    for (const name of names(10)) worker(name, kilobyte)
    await clock.advance(5)
    expect(sink.inFlight).toBe(4)
    await clock.advance(1_000)
    expect(sink.mostInFlight).toBe(4)
    expect(sent()).toEqual(names(10))
  })

  it('D-11: are one for each stream, however much it holds', async () => {
    const { clock, sink, worker, sentMs } = shipperBench({ streamRate: undefined })
    worker('big', 10 * maxChunkBytes)
    await clock.advance(45)
    expect(sink.mostInFlight).toBe(1)
    expect(sentMs('big')).toEqual([0, 10, 20, 30, 40])
  })

  it('come back with a pass, and the stream is asked again after its time', async () => {
    const { clock, sink, worker } = shipperBench({ slots: 1 })
    const passing = worker('future')
    passing.passMs = 10_000
    passing.add(kilobyte)
    const other = worker('other', kilobyte)
    await clock.advance(25_000)
    expect(other.bytes).toBe(0)
    expect(sink.pushes).toHaveLength(1)
    expect(passing.grantedSkewsMs).toHaveLength(3)
  })

  it('carry the last known difference between the clocks', async () => {
    const { clock, sink, worker } = shipperBench()
    sink.answer(() => ({ outcome: delivered, skewMs: -1_500 }))
    const one = worker('a', 2 * maxChunkBytes)
    await clock.advance(1_000)
    expect(one.grantedSkewsMs).toEqual([0, -1_500])
  })

  it('are granted although the clock moves on between two looks at it', async () => {
    const { clock, sink, worker } = shipperBench()
    const looks = clock.monotonicMs.bind(clock)
    let driftMs = 0
    clock.monotonicMs = () => looks() + (driftMs += 0.05)
    const one = worker('a', 20 * maxChunkBytes)
    await clock.advance(60_000)
    expect(one.bytes).toBe(0)
    expect(sink.pushes).toHaveLength(20)
  })
})

describe('the order of streams', () => {
  it('D-12: puts small ones before backlogs', async () => {
    const { clock, worker, sent } = shipperBench({ slots: 1, streamRate: undefined })
    worker('big', 5 * maxChunkBytes)
    await clock.advance(1)
    worker('small', kilobyte)
    worker('at the bound', maxChunkBytes)
    worker('one past it', maxChunkBytes + 1)
    await clock.advance(1_000)
    expect(sent().slice(0, 4)).toEqual(['big', 'small', 'at the bound', 'one past it'])
  })

  it('D-12: is fair among backlogs: who waited longest goes', async () => {
    const { clock, worker, sent } = shipperBench({ slots: 1, streamRate: undefined })
    for (const name of ['a', 'b', 'c']) worker(name, 9 * maxChunkBytes)
    await clock.advance(1_000)
    expect(sent().slice(0, 9)).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c'])
  })

  it('D-12: lets no backlog wait for ever for small ones that keep coming', async () => {
    const { clock, worker, sent } = shipperBench({ slots: 1 })
    worker('big', maxChunkBytes + 1)
    const small = names(5).map((name) => worker(name))
    for (let round = 0; round < 20; round += 1) {
      for (const one of small) one.add(kilobyte)
      await clock.advance(100)
    }
    expect(sent().filter((name) => name === 'big').length).toBeGreaterThan(0)
  })
})

describe('small streams that would fill all slots for ever', () => {
  /** Eight small streams that always have something to send, and one backlog; each push takes 10 ms. */
  async function sentIn200Ms(slots: number): Promise<string[]> {
    const { clock, worker, sent } = shipperBench({ slots, streamRate: undefined })
    const small = names(8).map((name) => worker(name))
    worker('big', 100 * maxChunkBytes)
    for (let round = 0; round < 20; round += 1) {
      for (const one of small) one.add(kilobyte)
      await clock.advance(10)
    }
    return sent()
  }

  it('D-12: leave the last slot to a backlog', async () => {
    const sent = await sentIn200Ms(4)
    expect(sent.filter((name) => name === 'big').length).toBeGreaterThan(15)
    expect(sent.filter((name) => name !== 'big').length).toBeGreaterThan(55)
  })

  it('D-12: go first where there is one slot only', async () => {
    expect((await sentIn200Ms(1)).filter((name) => name === 'big').length).toBeLessThan(2)
  })
})

describe('the pace of a stream', () => {
  const everyMs = (maxChunkBytes / 1_000_000) * 1_000

  it('D-13: is 1 MB/s, its pushes as far apart as their bytes ask for', async () => {
    const { clock, worker, sentMs } = shipperBench()
    worker('a', 4 * maxChunkBytes)
    await clock.advance(2_000)
    expect(sentMs('a')).toEqual([0, everyMs, 2 * everyMs, 3 * everyMs])
  })

  it('D-13: is paid by retries too', async () => {
    const { clock, sink, worker, sentMs } = shipperBench()
    sink.answer(({ atMs }) => ({ outcome: atMs < 100 ? { ...unreachable } : delivered }))
    worker('a', maxChunkBytes)
    await clock.advance(1_000)
    expect(sentMs('a')).toEqual([0, everyMs])
  })

  it('D-13: lets what gathered in silence go at once, up to a second of it, and no more', async () => {
    const { clock, worker, sentMs } = shipperBench()
    const one = worker('a', kilobyte)
    await clock.advance(60_000)
    one.add(7 * maxChunkBytes)
    await clock.advance(2_000)
    expect(sentMs('a').slice(1).map(after(60_000))).toEqual([0, 10, 20, 30, 40, 983, 1_180])
  })

  it('D-13: begins no burst where the silence was shorter than a second', async () => {
    const { clock, worker, sentMs } = shipperBench()
    const one = worker('a', maxChunkBytes)
    await clock.advance(1_150)
    one.add(2 * maxChunkBytes)
    await clock.advance(1_000)
    expect(sentMs('a').map(after(1_150))).toEqual([-1_150, 0, 197])
  })

  it('D-13: begins no burst in the minute after a lost answer, of whatever stream', async () => {
    const { clock, sink, worker, sentMs } = shipperBench()
    sink.answer(({ stream, atMs }) => ({
      outcome: stream === 'b' && atMs < 30_000 ? unreachable : delivered,
    }))
    const one = worker('a')
    await clock.advance(29_000)
    worker('b', kilobyte)
    await clock.advance(30_000)
    const later = worker('later', 3 * maxChunkBytes)
    one.add(3 * maxChunkBytes)
    await clock.advance(63_000)
    expect(sentMs('a').map(after(59_000))).toEqual([0, 197, 393])
    expect(sentMs('later').map(after(59_000))).toEqual([0, 197, 393])
    later.add(3 * maxChunkBytes)
    await clock.advance(1_000)
    expect(sentMs('later').slice(3).map(after(122_000))).toEqual([0, 10, 20])
  })

  it('D-13: holds for each stream, not for all of them', async () => {
    const { clock, worker, sentMs } = shipperBench()
    for (const name of names(4)) worker(name, 5 * maxChunkBytes)
    await clock.advance(1_000)
    for (const name of names(4)) expect(sentMs(name)).toHaveLength(5)
  })

  it('D-13: is what was asked for, or none', async () => {
    const slow = shipperBench({ streamRate: 100_000 })
    slow.worker('a', 2 * maxChunkBytes)
    await slow.clock.advance(5_000)
    expect(slow.sentMs('a')[1]).toBeCloseTo(10 * everyMs)
    const off = shipperBench({ streamRate: undefined })
    off.worker('a', 50 * maxChunkBytes)
    await off.clock.advance(1_000)
    expect(off.sentMs('a')).toHaveLength(50)
  })
})

/** Milliseconds since then, whole ones. */
function after(thenMs: number): (atMs: number) => number {
  return (atMs) => Math.round(atMs - thenMs)
}

describe('a worker that leaves', () => {
  it('D-19: takes its push with it: aborted, and its answer reaches nobody', async () => {
    const { clock, sink, worker } = shipperBench()
    sink.answer(() => ({ outcome: delivered, afterMs: 5_000 }))
    const first = worker('a', kilobyte)
    await clock.advance(10)
    await first.seat.leave()
    const second = worker('a', kilobyte)
    await clock.advance(20_000)
    expect(sink.aborted).toEqual(['a'])
    expect(first.answers).toEqual([])
    expect(second.answers).toHaveLength(1)
  })

  it('D-19: is gone only when nothing of it is in flight', async () => {
    const { clock, sink, worker } = shipperBench()
    sink.answer(() => ({ outcome: delivered, afterMs: 5_000 }))
    const one = worker('a', kilobyte)
    await clock.advance(10)
    sink.abortMs = 100
    let inFlight: number | undefined
    void one.seat.leave().then(() => (inFlight = sink.inFlight))
    await clock.advance(99)
    expect(inFlight).toBeUndefined()
    await clock.advance(1)
    expect(inFlight).toBe(0)
  })

  it('D-19: gives its slots back, also those that it had not answered', async () => {
    const { clock, worker, sent } = shipperBench({ slots: 1 })
    const busy = worker('busy')
    busy.isAnswering = false
    busy.add(kilobyte)
    worker('other', kilobyte)
    await clock.advance(1_000)
    expect(sent()).toEqual([])
    await busy.seat.leave()
    await clock.advance(10)
    expect(sent()).toEqual(['other'])
  })

  it('D-13: leaves its successor its pace', async () => {
    const { clock, worker, sentMs } = shipperBench()
    const first = worker('a', 2 * maxChunkBytes)
    await clock.advance(5)
    await first.seat.leave()
    worker('a', 2 * maxChunkBytes)
    await clock.advance(1_000)
    const [, second = 0, third = 0] = sentMs('a')
    expect([second, third - second].map(Math.round)).toEqual([197, 197])
  })

  it('D-19: does not make the sink look lost', async () => {
    const { clock, sink, worker, events } = shipperBench()
    sink.answer(() => ({ outcome: delivered, afterMs: 5_000 }))
    const one = worker('a', kilobyte)
    await clock.advance(10)
    await one.seat.leave()
    await clock.advance(10)
    expect(events).toEqual([])
  })
})

describe('a stream that gathers', () => {
  it('D-23: sends what came in its time as one push, at its end', async () => {
    const { clock, worker, sentMs } = shipperBench()
    const one = worker('a', kilobyte)
    one.gatherMs = 5_000
    await clock.advance(1_000)
    one.add(kilobyte)
    await clock.advance(3_000)
    one.add(kilobyte)
    await clock.advance(1_009)
    expect(sentMs('a')).toEqual([0])
    await clock.advance(1)
    expect([sentMs('a'), one.bytes]).toEqual([[0, 5_010], 2 * kilobyte])
  })

  it('D-23: holds no other stream, and sends at once at the end', async () => {
    const { clock, shipper, worker, sentMs } = shipperBench()
    const one = worker('a', kilobyte)
    const other = worker('b', kilobyte)
    one.gatherMs = 5_000
    await clock.advance(1_000)
    one.add(kilobyte)
    other.add(kilobyte)
    await clock.advance(1_000)
    expect([sentMs('a'), sentMs('b')]).toEqual([[0], [0, 1_000]])
    let isQuiet = false
    void shipper.whenQuiet().then(() => (isQuiet = true))
    await clock.advance(100)
    expect([sentMs('a'), isQuiet]).toEqual([[0, 2_000], true])
    one.add(kilobyte)
    await clock.advance(100)
    expect(sentMs('a')).toEqual([0, 2_000, 2_100])
  })
})

describe('quiet', () => {
  it('D-21: is when all has gone that can go now', async () => {
    const { clock, shipper, worker } = shipperBench({ streamRate: undefined })
    const one = worker('a', 3 * maxChunkBytes)
    let isQuiet = false
    void shipper.whenQuiet().then(() => (isQuiet = true))
    await clock.advance(25)
    expect(isQuiet).toBe(false)
    await clock.advance(10)
    expect([isQuiet, one.bytes]).toEqual([true, 0])
  })

  it('D-21: is not yet while a worker deals with an answer', async () => {
    const { clock, shipper, worker } = shipperBench({ streamRate: undefined })
    const one = worker('a', 2 * maxChunkBytes)
    one.isSettling = false
    let isQuiet = false
    void shipper.whenQuiet().then(() => (isQuiet = true))
    await clock.advance(100)
    expect(isQuiet).toBe(false)
    one.isSettling = true
    one.settle()
    await clock.advance(100)
    expect([isQuiet, one.bytes]).toEqual([true, 0])
  })

  it('D-21: is at once where nothing waits, or only what may not go now', async () => {
    const { clock, shipper, sink, worker } = shipperBench()
    await expect(shipper.whenQuiet()).resolves.toBeUndefined()
    sink.answer(() => ({ outcome: unreachable }))
    worker('a', kilobyte)
    await clock.advance(20)
    await expect(shipper.whenQuiet()).resolves.toBeUndefined()
  })
})

describe('stop', () => {
  it('D-21: aborts what is in flight, sends nothing more and tells nothing', async () => {
    const { clock, sink, shipper, worker, events, sent } = shipperBench()
    sink.answer(() => ({ outcome: delivered, afterMs: 5_000 }))
    const workers = names(6).map((name) => worker(name, kilobyte))
    await clock.advance(10)
    shipper.stop()
    await clock.advance(60_000)
    expect(sink.aborted).toEqual(names(4))
    expect(sent()).toEqual(names(4))
    expect(workers.flatMap(({ answers }) => answers)).toEqual([])
    expect(events).toEqual([])
    expect(clock.sleepers).toBe(0)
  })
})

it('the first delivery is told of once', async () => {
  let told = 0
  const { clock, worker, sink } = shipperBench({ onFirstDelivery: () => (told += 1) })
  sink.answer(({ atMs }) => ({ outcome: atMs < 5 ? unreachable : delivered }))
  worker('a', kilobyte)
  await clock.advance(20)
  expect(told).toBe(0)
  worker('b', kilobyte)
  await clock.advance(2_000)
  expect(told).toBe(1)
})

it('a stream that was never announced is a bug', () => {
  const { worker } = shipperBench()
  expect(() => worker('a').seat.pass(1, 0)).toThrow('never announced')
})
