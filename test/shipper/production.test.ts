// A metric that produces more than the pace of its stream: its spool must not fill up for ever.

import { describe, expect, it, vi } from 'vitest'
import { ByteWindow } from '../../src/shipper/byte-window.ts'
import { Production } from '../../src/shipper/production.ts'
import { shipperBench } from './shipper-bench.ts'

// Minutes of pushes a few ms apart are much work for a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const megabyte = 1_000_000

/** Lets the worker produce so many bytes a second, told once a second. */
async function produce(
  { clock }: ReturnType<typeof shipperBench>,
  worker: ReturnType<ReturnType<typeof shipperBench>['worker']>,
  { bytesPerSecond, seconds }: { bytesPerSecond: number; seconds: number },
): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    worker.add(bytesPerSecond)
    await clock.advance(1_000)
  }
}

/** A tenth of the default. */
const paceBytes = 100_000

describe('a stream that produces more than its pace', () => {
  it('D-20: is sent as fast as it produces after some minutes, and what gathered goes too', async () => {
    const bench = shipperBench({ streamRate: paceBytes })
    const one = bench.worker('{job="big"}', 1)
    await produce(bench, one, { bytesPerSecond: 1.5 * paceBytes, seconds: 180 })
    expect(one.bytes).toBeGreaterThan(50 * paceBytes)
    expect(bench.events.map(({ type }) => type)).toEqual(['stream.fast'])
    await produce(bench, one, { bytesPerSecond: 1.5 * paceBytes, seconds: 900 })
    expect(one.bytes).toBeLessThan(4 * paceBytes)
  })

  it('D-20: is learnt by what came, also where the spool drops most of it', async () => {
    const bench = shipperBench({ streamRate: paceBytes })
    const one = bench.worker('{job="big"}', 1)
    const spoolBytes = 20 * paceBytes
    for (let second = 0; second < 300; second += 1) {
      one.add(5 * paceBytes)
      one.bytes = Math.min(one.bytes, spoolBytes)
      one.tell()
      await bench.clock.advance(1_000)
    }
    expect(one.bytes).toBeLessThan(spoolBytes / 2)
  })

  it('D-20: does not count what lay in the spool at the start', async () => {
    const bench = shipperBench({ streamRate: paceBytes })
    const one = bench.worker('{job="big"}', 1_000 * paceBytes)
    await produce(bench, one, { bytesPerSecond: 1, seconds: 60 })
    expect(bench.events).toEqual([])
  })

  it('D-20: is told of once, with its rate, and again when it is an ordinary one', async () => {
    const bench = shipperBench({ streamRate: paceBytes })
    const one = bench.worker('{job="big"}', 1)
    await produce(bench, one, { bytesPerSecond: 2 * paceBytes, seconds: 600 })
    expect(bench.events).toEqual([
      { type: 'stream.fast', stream: '{job="big"}', bytesPerSecond: expect.any(Number) },
    ])
    await produce(bench, one, { bytesPerSecond: 100, seconds: 600 })
    expect(bench.events[1]).toEqual({ type: 'stream.steady', stream: '{job="big"}' })
    expect(bench.events).toHaveLength(2)
  })

  it('D-20: leaves the pace of others as it is', async () => {
    const bench = shipperBench({ streamRate: paceBytes })
    const big = bench.worker('{job="big"}', 1)
    const other = bench.worker('{job="other"}', 1)
    await bench.clock.advance(10)
    other.add(100 * paceBytes)
    await produce(bench, big, { bytesPerSecond: 2 * paceBytes, seconds: 200 })
    const times = bench.sentMs('{job="other"}').slice(1)
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThan(1_960)
  })

  it('D-20: is an ordinary one again for the status when its worker leaves', async () => {
    const bench = shipperBench({ streamRate: paceBytes })
    const one = bench.worker('{job="big"}', 1)
    await produce(bench, one, { bytesPerSecond: 2 * paceBytes, seconds: 200 })
    await one.seat.leave()
    expect(bench.events.at(-1)).toEqual({ type: 'stream.steady', stream: '{job="big"}' })
  })

  it('D-20: is not looked for where streams are not paced', async () => {
    const bench = shipperBench({ streamRate: undefined })
    const one = bench.worker('{job="big"}', 1)
    await produce(bench, one, { bytesPerSecond: 15 * paceBytes, seconds: 180 })
    expect(bench.events).toEqual([])
  })
})

describe('production', () => {
  it('D-20: is fast above the pace over three minutes, not below it', () => {
    const below = new Production(megabyte)
    const above = new Production(megabyte)
    const grow = (production: Production, bytesPerSecond: number) => {
      let isFast = false
      for (let second = 0; second <= 600; second += 1) {
        production.report(second * 1_000, second * bytesPerSecond)
        isFast ||= production.isFast
      }
      return isFast
    }
    expect(grow(below, 0.99 * megabyte)).toBe(false)
    expect(grow(above, 1.01 * megabyte)).toBe(true)
  })

  it('D-20: is sent as it was of late where Loki shards the stream anyway, and not below that', () => {
    const rateAfter = (bytesPerSecond: number, seconds: number): number => {
      const production = new Production(megabyte)
      for (let second = 0; second <= seconds; second += 1) {
        production.report(1_000_000 + second * 1_000, second * bytesPerSecond)
      }
      return production.bytesPerSecond(1_000_000 + seconds * 1_000)
    }
    expect(rateAfter(10 * megabyte, 60)).toBeGreaterThan(10 * megabyte)
    expect(rateAfter(2 * megabyte, 120)).toBeLessThan(1.5 * megabyte * 1.1)
  })

  it('D-20: is not fast for one large run', () => {
    const production = new Production(megabyte)
    production.report(1_000_000, 0)
    expect(production.report(1_000_000, 64 * 1024 * 1024)).toBeUndefined()
  })

  it('D-20: is steady again only well below the pace, so that it does not flutter', () => {
    const production = new Production(megabyte)
    const changes: (string | undefined)[] = []
    let bytes = 0
    const run = (bytesPerSecond: number, fromSecond: number) => {
      for (let second = fromSecond; second < fromSecond + 600; second += 1) {
        bytes += bytesPerSecond
        changes.push(production.report(second * 1_000, bytes))
      }
    }
    run(1.2 * megabyte, 0)
    run(0.95 * megabyte, 600)
    expect(changes.filter(Boolean)).toEqual(['fast'])
    run(0.8 * megabyte, 1_200)
    expect(changes.filter(Boolean)).toEqual(['fast', 'steady'])
    expect(production.bytesPerSecond(1_800_000)).toBe(megabyte)
  })
})

describe('a window of bytes', () => {
  const size = { windowMs: 60_000, slotMs: 10_000 }

  it('forgets what is older than itself and a slot', () => {
    const window = new ByteWindow(size)
    window.add(0, 5)
    window.add(30_000, 7)
    expect([0, 60_000, 69_999, 70_000, 99_999, 100_000].map((nowMs) => window.bytes(nowMs))).toEqual([
      12, 12, 12, 7, 7, 0,
    ])
  })

  it('gives the rate over the time that it covers', () => {
    const window = new ByteWindow(size)
    for (let second = 0; second < 300; second += 1) window.add(second * 1_000, 100)
    expect(window.bytesPerSecond(299_999)).toBeCloseTo(100, 0)
  })
})
