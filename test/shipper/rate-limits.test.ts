// Limits of Loki: the tenant's slows all streams, a stream's only that one.

import { describe, expect, it } from 'vitest'
import { refilledBytes, TenantPace } from '../../src/shipper/pace.ts'
import { maxChunkBytes } from '../../src/spool/types.ts'
import { delivered, rateLimited } from '../support/scripted-sink.ts'
import { shipperBench } from './shipper-bench.ts'

const kilobyte = 1_000
const limit = 4_194_304

describe("a tenant's 429 that names its limit", () => {
  it('D-14: holds all streams together to 0.97 of it', async () => {
    const { clock, sink, worker, events } = shipperBench({ streamRate: undefined })
    sink.answer(({ atMs }) => ({
      outcome: atMs === 0 ? rateLimited({ tenantLimit: limit }) : delivered,
      afterMs: 1,
    }))
    for (const name of ['a', 'b', 'c', 'd', 'e']) worker(name, 1_000 * maxChunkBytes)
    await clock.advance(1_000)
    const before = sink.pushes.length
    await clock.advance(10_000)
    const sentBytes = (sink.pushes.length - before) * maxChunkBytes
    expect(sentBytes / (10 * limit)).toBeGreaterThan(0.95)
    expect(sentBytes / (10 * limit)).toBeLessThan(0.98)
    expect(events).toEqual([{ type: 'sink.limited', bytesPerSecond: Math.round(limit * 0.97) }])
  })

  it('D-14: sends the refused push again after 100 to 300 ms, and the sink is not lost', async () => {
    for (const [random, afterMs] of [
      [0, 100],
      [1, 300],
    ] as const) {
      const { clock, sink, worker, sentMs, events } = shipperBench({ random: () => random })
      sink.answer(({ atMs }) => ({
        outcome: atMs === 0 ? rateLimited({ tenantLimit: 4 * limit }) : delivered,
        afterMs: 0,
      }))
      worker('a', kilobyte)
      await clock.advance(1_000)
      expect(sentMs('a')).toEqual([0, afterMs])
      expect(events.map(({ type }) => type)).toEqual(['sink.limited'])
    }
  })

  it('D-14: lets nothing go before Loki can take it', async () => {
    const { clock, sink, worker, sent } = shipperBench({ streamRate: undefined })
    sink.answer(({ stream }) => ({
      outcome: stream === 'refused' ? rateLimited({ tenantLimit: limit }) : delivered,
      afterMs: 0,
    }))
    worker('refused', kilobyte)
    await clock.advance(0)
    worker('other', kilobyte)
    const waitMs = (refilledBytes * 1_000) / (0.97 * limit)
    await clock.advance(Math.floor(waitMs))
    expect(sent()).toEqual(['refused'])
    await clock.advance(1)
    expect(sent()).toContain('other')
  })

  it('D-14: is told of again only where it names another limit', async () => {
    const { clock, sink, worker, events } = shipperBench()
    sink.answer(({ atMs }) => ({
      outcome: atMs < 5_000 ? rateLimited({ tenantLimit: atMs < 2_000 ? limit : limit / 2 }) : delivered,
    }))
    worker('a', kilobyte)
    await clock.advance(10_000)
    expect(events.map((event) => 'bytesPerSecond' in event && event.bytesPerSecond)).toEqual([
      Math.round(limit * 0.97),
      Math.round(limit * 0.485),
    ])
  })
})

describe("a tenant's limit that was named", () => {
  const hourMs = 3_600_000

  it('D-14: is kept for an hour, and then exceeded slowly', () => {
    const tenant = new TenantPace()
    tenant.refused(1_000, { limit })
    tenant.accepted(1_000 + hourMs)
    expect(tenant.pace.bytesPerSecond).toBe(limit * 0.97)
    tenant.accepted(1_001 + hourMs)
    tenant.accepted(2_001 + hourMs)
    expect(tenant.pace.bytesPerSecond).toBe(limit * 0.97 + 300_000)
  })

  it('D-14: is kept for an hour more where it still stands', () => {
    const tenant = new TenantPace()
    tenant.refused(0, { limit })
    tenant.accepted(1 + hourMs)
    expect(tenant.refused(2 + hourMs, { limit })).toBe(true)
    tenant.accepted(2 + 2 * hourMs)
    expect(tenant.pace.bytesPerSecond).toBe(limit * 0.97)
  })
})

describe("a tenant's 429 that names a time", () => {
  it('D-14: holds all streams until then, also those that were not refused', async () => {
    const { clock, sink, worker, sent } = shipperBench({ slots: 1 })
    sink.answer(({ atMs }) => ({
      outcome: atMs === 0 ? rateLimited({ afterMs: 5_000 }) : delivered,
      afterMs: 1,
    }))
    for (const name of ['a', 'b', 'c']) worker(name, kilobyte)
    await clock.advance(5_000)
    expect(sent()).toEqual(['a'])
    await clock.advance(500)
    expect(sent().toSorted()).toEqual(['a', 'a', 'b', 'c'])
  })
})

describe("the pace below a tenant's limit", () => {
  it('D-14: makes up for what workers were slow to hand over', async () => {
    const { clock, sink, worker } = shipperBench({ streamRate: undefined, slots: 1 })
    sink.answer(({ atMs }) => ({
      outcome: atMs === 0 ? rateLimited({ tenantLimit: limit }) : delivered,
      // Longer than the 48 ms that lie between two pushes: the one behind is late.
      afterMs: atMs % 1_000 < 100 ? 100 : 1,
    }))
    for (const name of ['a', 'b', 'c']) worker(name, 1_000 * maxChunkBytes)
    await clock.advance(1_000)
    const before = sink.pushes.length
    await clock.advance(20_000)
    const sentBytes = (sink.pushes.length - before) * maxChunkBytes
    expect(sentBytes / (20 * limit)).toBeGreaterThan(0.95)
    expect(sentBytes / (20 * limit)).toBeLessThan(0.98)
  })

  it('D-14: makes up for four pushes, and for no more', () => {
    const { pace } = new TenantPace()
    pace.bytesPerSecond = limit
    const pushMs = (maxChunkBytes / limit) * 1_000
    pace.sent(60_000, maxChunkBytes)
    expect(pace.nextMs).toBeCloseTo(60_000 - 3 * pushMs)
    for (let push = 0; push < 3; push += 1) pace.sent(60_000, maxChunkBytes)
    expect(pace.nextMs).toBeCloseTo(60_000)
  })

  it('D-14: counts what the sink counts, not what is sent', async () => {
    const { clock, sink, worker } = shipperBench({ streamRate: undefined })
    sink.countedBytes = (entries) => entries.length / 2
    sink.answer(({ atMs }) => ({
      outcome: atMs === 0 ? rateLimited({ tenantLimit: limit }) : delivered,
      afterMs: 1,
    }))
    for (const name of ['a', 'b', 'c']) worker(name, 1_000 * maxChunkBytes)
    await clock.advance(1_000)
    const before = sink.pushes.length
    await clock.advance(10_000)
    const sentBytes = (sink.pushes.length - before) * maxChunkBytes
    expect(sentBytes / 2 / (10 * limit)).toBeGreaterThan(0.95)
  })
})

describe("a tenant's 429 that names no limit", () => {
  it('D-14: lowers the pace to 0.85, at most once a second', () => {
    const tenant = new TenantPace()
    expect(tenant.refused(1_000, {})).toBe(true)
    const first = tenant.pace.bytesPerSecond ?? 0
    expect(tenant.refused(1_999, {})).toBe(false)
    expect(tenant.refused(2_000, {})).toBe(true)
    expect(tenant.pace.bytesPerSecond).toBeCloseTo(first * 0.85)
  })

  it('D-14: lowers the pace also right after it has risen', () => {
    const tenant = new TenantPace()
    tenant.refused(0, {})
    tenant.accepted(1_000)
    expect(tenant.refused(1_001, {})).toBe(true)
  })

  it('D-14: lets it rise again by 150 KB/s each second in which pushes are taken', () => {
    const tenant = new TenantPace()
    tenant.refused(0, {})
    const first = tenant.pace.bytesPerSecond ?? 0
    for (const nowMs of [999, 1_000, 1_500, 1_999, 2_000, 3_000]) tenant.accepted(nowMs)
    expect(tenant.pace.bytesPerSecond).toBe(first + 3 * 150_000)
  })

  it('D-14: asks with a push every 5 s still, however often it is refused', () => {
    const tenant = new TenantPace()
    for (let second = 0; second < 100; second += 1) tenant.refused(second * 1_000, {})
    expect(tenant.pace.bytesPerSecond).toBe(maxChunkBytes / 5)
  })

  it('D-14: paces nothing before the first refusal', () => {
    const tenant = new TenantPace()
    tenant.accepted(1_000)
    tenant.pace.sent(1_000, 1e9)
    expect(tenant.pace.nextMs).toBe(0)
  })

  it('D-14: finds a limit that nobody names, with few refusals', async () => {
    const { clock, sink, worker } = shipperBench({ streamRate: undefined })
    let tokens = 6 * 1024 * 1024
    let lastMs = 0
    let refusals = 0
    sink.answer(({ atMs, bytes }) => {
      tokens = Math.min(6 * 1024 * 1024, tokens + ((atMs - lastMs) * limit) / 1_000)
      lastMs = atMs
      if (tokens >= bytes) tokens -= bytes
      else {
        refusals += 1
        return { outcome: rateLimited(), afterMs: 1 }
      }
      return { outcome: delivered, afterMs: 1 }
    })
    const workers = ['a', 'b', 'c', 'd'].map((name) => worker(name, 2_000 * maxChunkBytes))
    await clock.advance(60_000)
    const sentBytes = workers.reduce((sum, { bytes }) => sum + 2_000 * maxChunkBytes - bytes, 0)
    expect(sentBytes / (60 * limit)).toBeGreaterThan(0.8)
    expect(refusals / sink.pushes.length).toBeLessThan(0.05)
  })
})

describe('a tenant that others send for, too', () => {
  it('D-14: is given way to at the limit that was named, at most once a second, and that is no news', () => {
    const tenant = new TenantPace()
    expect(tenant.refused(0, { limit })).toBe(true)
    expect(tenant.refused(999, { limit })).toBe(false)
    expect(tenant.pace.bytesPerSecond).toBe(limit * 0.97)
    expect(tenant.refused(1_000, { limit })).toBe(false)
    expect(tenant.pace.bytesPerSecond).toBeCloseTo(limit * 0.97 * 0.85)
  })

  it('D-14: is come back to by 150 KB/s each second, up to that limit', () => {
    const tenant = new TenantPace()
    tenant.refused(0, { limit })
    tenant.refused(1_000, {})
    for (let second = 2; second < 6; second += 1) tenant.accepted(second * 1_000)
    expect(tenant.pace.bytesPerSecond).toBeCloseTo(limit * 0.97 * 0.85 + 4 * 150_000)
    tenant.accepted(6_000)
    tenant.accepted(7_000)
    expect(tenant.pace.bytesPerSecond).toBe(limit * 0.97)
  })

  it('D-14: is shared by three that drain at once, each about a third', () => {
    const bucket = { tokens: 6 * 1024 * 1024, refusals: 0 }
    const senders = [0, 1, 2].map(() => ({ tenant: new TenantPace(), notBeforeMs: 0, pushes: 0 }))
    for (let nowMs = 0; nowMs < 120_000; nowMs += 1) {
      bucket.tokens = Math.min(6 * 1024 * 1024, bucket.tokens + limit / 1_000)
      for (const sender of senders) {
        const { tenant } = sender
        if (nowMs < Math.max(sender.notBeforeMs, tenant.pace.nextMs)) continue
        tenant.pace.sent(nowMs, maxChunkBytes)
        if (bucket.tokens >= maxChunkBytes) {
          bucket.tokens -= maxChunkBytes
          sender.pushes += 1
          tenant.accepted(nowMs)
        } else {
          bucket.refusals += 1
          sender.notBeforeMs = nowMs + 200
          tenant.refused(nowMs, { limit })
        }
      }
    }
    const sent = senders.map(({ pushes }) => (pushes * maxChunkBytes) / (120 * limit))
    const sentInAll = sent.reduce((sum, share) => sum + share, 0)
    expect(sentInAll).toBeGreaterThan(0.9)
    for (const share of sent) expect(share / sentInAll).toBeCloseTo(1 / 3, 1)
    // 0.38 where nobody gives way, and then a share of 0.25 beside one of 0.43.
    expect(bucket.refusals / senders.reduce((sum, { pushes }) => sum + pushes, 0)).toBeLessThan(0.1)
  })
})

describe("a 429 of one stream's own", () => {
  it.each([
    ['its rate', rateLimited({ scope: 'stream', isStreamLimit: true })],
    ['the number of streams', rateLimited({ scope: 'stream', afterMs: 30_000 })],
  ])('D-15: slows that stream only: %s', async (_, outcome) => {
    const { clock, sink, worker, events, sentMs } = shipperBench()
    sink.answer(({ stream }) => ({ outcome: stream === 'new' ? outcome : delivered }))
    worker('new', kilobyte)
    const old = worker('old', 5 * maxChunkBytes)
    await clock.advance(1_000)
    expect(old.bytes).toBe(0)
    expect(events).toEqual([])
    expect(sentMs('new').length).toBeLessThan(5)
  })

  it('D-15: is tried again with backoff up to 30 s, or as late as it asks', async () => {
    const { clock, sink, worker, sentMs } = shipperBench({ random: () => 1 })
    sink.answer(() => ({ outcome: rateLimited({ scope: 'stream' }), afterMs: 0 }))
    worker('a', kilobyte)
    await clock.advance(92_000)
    expect(sentMs('a')).toEqual([0, 250, 750, 1_750, 3_750, 7_750, 15_750, 31_750, 61_750, 91_750])
  })
})
