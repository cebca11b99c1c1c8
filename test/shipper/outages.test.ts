// What the shipper does while the sink takes nothing, and when it is back.

import { describe, expect, it } from 'vitest'
import { maxChunkBytes } from '../../src/spool/types.ts'
import { delivered, loginRefused, serverError, unreachable } from '../support/scripted-sink.ts'
import { shipperBench } from './shipper-bench.ts'

const kilobyte = 1_000

describe('an outage', () => {
  it('D-16: is probed by one push at a time, with backoff from 250 ms to 30 s', async () => {
    const { clock, sink, worker } = shipperBench({ random: () => 1 })
    sink.answer(() => ({ outcome: unreachable, afterMs: 1 }))
    for (let index = 0; index < 50; index += 1) worker(`s${index}`, 10 * kilobyte)
    await clock.advance(1)
    const before = sink.pushes.length
    await clock.advance(600_000)
    const probes = sink.pushes.slice(before).map(({ atMs }) => atMs)
    expect(before).toBe(4)
    expect(probes.slice(0, 9)).toEqual([251, 752, 1_753, 3_754, 7_755, 15_756, 31_757, 61_758, 91_759])
    expect(Math.max(...probes.slice(7).map((atMs, index, all) => atMs - (all[index - 1] ?? atMs)))).toBe(
      30_001,
    )
  })

  it('D-16: counts pushes that were in flight together as one failure', async () => {
    const { clock, sink, worker } = shipperBench({ random: () => 1 })
    sink.answer(() => ({ outcome: unreachable, afterMs: 10_000 }))
    for (const name of ['a', 'b', 'c', 'd', 'e']) worker(name, kilobyte)
    await clock.advance(10_249)
    expect(sink.pushes).toHaveLength(4)
    await clock.advance(1)
    expect(sink.pushes).toHaveLength(5)
  })

  it('D-16: is told of once, and so is its end; then all go on', async () => {
    const { clock, sink, worker, events } = shipperBench()
    const workers = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => worker(name))
    sink.answer(() => ({ outcome: serverError }))
    for (const one of workers) one.add(kilobyte)
    await clock.advance(60_000)
    expect(events).toEqual([{ type: 'sink.lost', error: serverError.error }])
    sink.answer(() => ({ outcome: delivered }))
    await clock.advance(60_000)
    expect(workers.map(({ bytes }) => bytes)).toEqual([0, 0, 0, 0, 0, 0])
    expect(events.map(({ type }) => type)).toEqual(['sink.lost', 'sink.back'])
  })

  it('D-16: ends with the first answer of a working sink, also where it refuses the entries', async () => {
    const { clock, sink, worker, events } = shipperBench()
    sink.answer(({ atMs }) => ({
      outcome: atMs < 5 ? unreachable : { kind: 'split', error: unreachable.error },
    }))
    worker('a', kilobyte)
    await clock.advance(300)
    expect(events.map(({ type }) => type)).toEqual(['sink.lost', 'sink.back'])
  })

  it('D-16: honours what Retry-After asks for, with all streams', async () => {
    const { clock, sink, worker, sentMs } = shipperBench()
    sink.answer(({ atMs }) => ({ outcome: atMs < 5 ? { ...serverError, afterMs: 7_000 } : delivered }))
    worker('a', kilobyte)
    await clock.advance(11)
    worker('b', kilobyte)
    await clock.advance(6_998)
    expect([sentMs('a'), sentMs('b')]).toEqual([[0], []])
    await clock.advance(20)
    expect([sentMs('a'), sentMs('b')]).toEqual([[0, 7_020], [7_010]])
  })

  it('D-16: holds no bytes: each probe is read anew from a spool', async () => {
    const { clock, sink, worker } = shipperBench()
    sink.answer(() => ({ outcome: unreachable }))
    const one = worker('a', kilobyte)
    await clock.advance(5_000)
    expect(one.grantedSkewsMs).toHaveLength(sink.pushes.length)
    expect(one.answers).toHaveLength(sink.pushes.length)
  })

  it('D-16: lets small streams probe before backlogs', async () => {
    const { clock, sink, worker, sent } = shipperBench({ slots: 1 })
    sink.answer(() => ({ outcome: unreachable }))
    worker('big', 10 * maxChunkBytes)
    await clock.advance(11)
    worker('small', kilobyte)
    await clock.advance(200)
    expect(sent()).toEqual(['big', 'small'])
  })
})

describe('a blocked sink', () => {
  it('D-17: is asked once a minute, by one stream', async () => {
    const { clock, sink, worker, events } = shipperBench()
    sink.answer(() => ({ outcome: loginRefused, afterMs: 0 }))
    for (const name of ['a', 'b', 'c', 'd', 'e']) worker(name, kilobyte).settleMs = 60_000
    await clock.advance(0)
    sink.pushes.length = 0
    await clock.advance(180_000)
    expect(sink.pushes.map(({ atMs }) => atMs)).toEqual([60_000, 120_000, 180_000])
    expect(events).toEqual([{ type: 'sink.lost', error: loginRefused.error }])
  })

  it('D-17: lets all go on once it takes a push', async () => {
    const { clock, sink, worker, events } = shipperBench()
    sink.answer(({ atMs }) => ({ outcome: atMs < 60_000 ? loginRefused : delivered, afterMs: 0 }))
    const workers = ['a', 'b', 'c', 'd', 'e'].map((name) => worker(name, kilobyte))
    await clock.advance(61_000)
    expect(workers.map(({ bytes }) => bytes)).toEqual([0, 0, 0, 0, 0])
    expect(events.at(-1)).toEqual({ type: 'sink.back', awayMs: 60_000 })
  })
})

describe('a stream that sent much lately', () => {
  const pushes = 7 // 7 × 192 KiB are more than 1.2 MB, 6 are not

  /** A stream that has sent so many full pushes, and one kilobyte more whose answer was lost. */
  async function afterLostAnswer(fullPushes: number, isReady: boolean) {
    const bench = shipperBench()
    const big = bench.worker('big', fullPushes * maxChunkBytes)
    await bench.clock.advance(10_000)
    bench.sink.isReady = isReady
    bench.sink.answer(({ stream }) => ({ outcome: stream === 'big' ? unreachable : delivered }))
    big.add(kilobyte)
    await bench.clock.advance(10)
    bench.sink.answer(() => ({ outcome: delivered }))
    return { ...bench, big, lostMs: bench.clock.monotonicMs() }
  }

  it('D-18: waits until 20 s after ready says 200', async () => {
    const { clock, sink, big, sentMs, lostMs } = await afterLostAnswer(pushes, false)
    await clock.advance(30_500)
    sink.isReady = true
    await clock.advance(40_000)
    expect(big.bytes).toBe(0)
    expect(sentMs('big').at(-1)).toBe(lostMs + 31_000 + 20_000)
    expect(sink.questionsMs.at(-1)).toBe(lostMs + 31_000)
  })

  it('D-18: waits for 20 s also where ready never said anything else', async () => {
    const { clock, sentMs, lostMs } = await afterLostAnswer(pushes, true)
    await clock.advance(30_000)
    expect(sentMs('big').at(-1)).toBe(lostMs + 20_000)
  })

  it('D-18: waits for newer entries as for the retry, and others go on meanwhile', async () => {
    const { clock, big, worker, sent } = await afterLostAnswer(pushes, true)
    const small = worker('small', kilobyte)
    big.add(kilobyte)
    await clock.advance(19_000)
    expect(small.bytes).toBe(0)
    expect(sent().at(-1)).toBe('small')
  })

  it('D-18: is one above 1.2 MB in 15 minutes; below, it goes again at once', async () => {
    const { clock, sink, sentMs, lostMs } = await afterLostAnswer(pushes - 1, true)
    await clock.advance(1_000)
    expect(sentMs('big').at(-1)).toBeLessThan(lostMs + 1_000)
    expect(sink.questionsMs).toEqual([])
  })

  it('D-18: is one no longer when 15 minutes have passed', async () => {
    const { clock, sink, worker, sentMs } = shipperBench()
    const big = worker('big', pushes * maxChunkBytes)
    await clock.advance(17 * 60_000)
    const startMs = clock.monotonicMs()
    sink.answer(({ atMs }) => ({ outcome: atMs === startMs ? unreachable : delivered }))
    big.add(kilobyte)
    await clock.advance(1_000)
    expect(sentMs('big').slice(-2)[0]).toBe(startMs)
    expect(big.bytes).toBe(0)
  })

  it('D-18: begins to wait anew where another answer is lost meanwhile', async () => {
    const { clock, sink, worker, sentMs, lostMs } = await afterLostAnswer(pushes, true)
    await clock.advance(15_000)
    sink.answer(({ stream }) => ({ outcome: stream === 'other' ? unreachable : delivered }))
    worker('other', kilobyte)
    await clock.advance(100)
    sink.answer(() => ({ outcome: delivered }))
    await clock.advance(60_000)
    expect(sentMs('big').at(-1)).toBe(lostMs + 40_000)
  })

  it('D-18: waits too where the lost answer was of another stream, and Loki was away', async () => {
    const { clock, sink, worker, sentMs } = shipperBench()
    const big = worker('big', pushes * maxChunkBytes)
    await clock.advance(10_000)
    sink.isReady = false
    sink.answer(({ atMs }) => ({ outcome: atMs < 10_005 ? unreachable : delivered }))
    const small = worker('small', kilobyte)
    await clock.advance(20)
    sink.isReady = true
    big.add(kilobyte)
    await clock.advance(60_000)
    expect(small.bytes).toBe(0)
    expect(sentMs('big').at(-1)).toBe(10_010 + 1_000 + 20_000)
  })

  it('D-18: does not wait where another stream lost an answer and Loki was there all the time', async () => {
    const { clock, sink, worker } = shipperBench()
    const big = worker('big', pushes * maxChunkBytes)
    await clock.advance(10_000)
    sink.answer(({ atMs }) => ({ outcome: atMs < 10_005 ? unreachable : delivered }))
    worker('small', kilobyte)
    await clock.advance(200)
    big.add(kilobyte)
    await clock.advance(1_000)
    expect(big.bytes).toBe(0)
  })

  it('D-18: waits as long where its worker dies and comes back meanwhile', async () => {
    const { clock, worker, big, sentMs, lostMs } = await afterLostAnswer(pushes, true)
    await clock.advance(5_000)
    await big.seat.leave()
    worker('big', kilobyte)
    await clock.advance(30_000)
    expect(sentMs('big').at(-1)).toBe(lostMs + 20_000)
  })

  it('D-18: is let go also where its worker is dead when the wait is over', async () => {
    const { clock, worker, big } = await afterLostAnswer(pushes, true)
    await big.seat.leave()
    await clock.advance(30_000)
    const next = worker('big', kilobyte)
    await clock.advance(1_000)
    expect(next.bytes).toBe(0)
  })

  it('D-21: leaves nobody waiting after a stop', async () => {
    const { clock, shipper } = await afterLostAnswer(pushes, false)
    shipper.stop()
    await clock.advance(60_000)
    expect(clock.sleepers).toBe(0)
  })
})

describe('a push that always fails while others get through', () => {
  it('D-16: is told of as a loss of the sink once, and stops nobody else', async () => {
    const { clock, sink, worker, events, sentMs } = shipperBench()
    sink.answer(({ stream }) => ({ outcome: stream === 'bad' ? serverError : delivered }))
    worker('bad', 100)
    const good = worker('good', 100)
    for (let second = 0; second < 300; second += 1) {
      good.add(100)
      await clock.advance(1_000)
    }
    expect(events.map(({ type }) => type)).toEqual(['sink.lost', 'sink.back'])
    expect(sentMs('good').length).toBeGreaterThan(290)
    expect(sentMs('bad').length).toBeGreaterThan(9)
  })

  it('D-16: is the loss of the sink again where nobody gets through', async () => {
    const { clock, sink, worker, events } = shipperBench()
    sink.answer(({ stream }) => ({ outcome: stream === 'bad' ? serverError : delivered }))
    worker('bad', 100)
    const good = worker('good', 100)
    for (let second = 0; second < 60; second += 1) {
      good.add(100)
      await clock.advance(1_000)
    }
    sink.answer(() => ({ outcome: serverError }))
    good.add(100)
    await clock.advance(120_000)
    expect(events.map(({ type }) => type)).toEqual(['sink.lost', 'sink.back', 'sink.lost'])
  })
})
