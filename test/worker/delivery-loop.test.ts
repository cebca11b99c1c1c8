import { describe, expect, it } from 'vitest'
import { runLinesGatherMs } from '../../src/worker/gathering.ts'
import { deliveryBench, linesOf } from './delivery-bench.ts'
import { lockFile } from './poll-loop-bench.ts'
import {
  blocked,
  delivered,
  noAnswer,
  rateLimited,
  refused,
  serverError,
  tooLarge,
} from './settling-support.ts'

const secondNs = 1_000_000_000n

describe('a delivery', () => {
  it('D-1: hands over the oldest entries first, and empties the spool', () => {
    const { add, deliver, spool, of } = deliveryBench()
    add(['a', 'b'])
    add(['c'])
    expect(deliver(delivered)).toEqual(['a', 'b', 'c'])
    expect(spool.isEmpty).toBe(true)
    expect(of('push.delivered')).toMatchObject([{ rows: 3, durationMs: 5 }])
  })

  it('tells what waits before it gives its slot back', () => {
    const { add, deliver, messages } = deliveryBench()
    add(['a'])
    deliver(delivered)
    expect(messages.slice(-2)).toEqual([
      { type: 'backlog', streams: [] },
      { type: 'settled', stream: 1, afterMs: 0 },
    ])
  })

  it('D-2: sends the same bytes with every retry', () => {
    const { add, push, answer } = deliveryBench()
    add(['a', 'b', 'c'])
    const first = Buffer.from(push().entries)
    for (const outcome of [noAnswer(), serverError(), rateLimited(), blocked]) {
      answer(outcome)
      expect(Buffer.from(push().entries)).toEqual(first)
    }
  })

  it('D-2: keeps its range while newer entries arrive; they follow in a push of their own', () => {
    const { add, deliver } = deliveryBench()
    add(['a'])
    expect(deliver(noAnswer())).toEqual(['a'])
    add(['b'])
    expect(deliver(serverError())).toEqual(['a'])
    add(['c'])
    expect(deliver(delivered)).toEqual(['a'])
    expect(deliver(delivered)).toEqual(['b', 'c'])
  })

  it('D-2: keeps its range while the spool drops what is old', () => {
    const { add, deliver, spool } = deliveryBench()
    add(['a', 'b'])
    deliver(noAnswer())
    add(['c', 'd'])
    spool.evict(1_000_000, 'spool_full')
    expect(deliver(delivered)).toEqual(['a', 'b'])
    expect(spool.isEmpty).toBe(true)
  })

  it('names the chunks of its range with every push', () => {
    const { add, push, answer } = deliveryBench()
    add(['a', 'b', 'c'])
    const { firstChunk, lastChunk, labels, count } = push()
    answer(noAnswer())
    expect(push()).toMatchObject({ firstChunk, lastChunk, labels, count })
    expect([lastChunk - firstChunk, labels, count]).toEqual([2, '{job="locks"}', 3])
  })

  it('D-3: counts its failures in a row, and delivers in the end', () => {
    const { add, deliver, of } = deliveryBench()
    add(['a'])
    for (let round = 0; round < 50; round += 1) deliver(noAnswer())
    deliver(delivered)
    expect(of('push.failed').map(({ failures }) => failures)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    )
    expect(of('push.delivered')).toMatchObject([{ rows: 1 }])
  })

  it('is refused an answer to nothing', () => {
    expect(() => deliveryBench().answer(delivered)).toThrow('of which nothing was sent')
  })
})

describe('run lines', () => {
  const gathers = { type: 'gather', stream: 1, forMs: runLinesGatherMs }

  it('D-23: are gathered once all of them are sent', () => {
    const { add, deliver, messages } = deliveryBench({ kind: 'runs' })
    add(['a'])
    deliver({ kind: 'delivered' })
    expect(messages.slice(-3)).toEqual([
      gathers,
      { type: 'backlog', streams: [] },
      { type: 'settled', stream: 1, afterMs: 0 },
    ])
  })

  it('D-23: go on while more of them wait, and rows are never gathered', () => {
    const runs = deliveryBench({ kind: 'runs' })
    runs.add(['a'])
    const first = runs.push()
    runs.add(['b'])
    runs.answer({ kind: 'delivered' })
    expect(linesOf(first)).toEqual(['a'])
    expect(runs.messages).not.toContainEqual(gathers)
    const rows = deliveryBench()
    rows.add(['a'])
    rows.deliver({ kind: 'delivered' })
    expect(rows.messages).not.toContainEqual(gathers)
  })

  it('D-23: are not late while they are gathered, until the service stops', async () => {
    for (const isStopping of [false, true]) {
      const { add, deliver, clock, late, endGathering } = deliveryBench({ kind: 'runs' })
      add(['a'])
      expect(late()).toBe(1)
      deliver({ kind: 'delivered' })
      add(['b'])
      await clock.advance(runLinesGatherMs - 1)
      expect(late()).toBe(0)
      if (isStopping) endGathering()
      else await clock.advance(1)
      expect(late()).toBe(1)
    }
  })
})

describe('a push that is too large', () => {
  it('D-4: goes in halves, the second after the first is settled', () => {
    const { add, deliver, spool } = deliveryBench()
    add(['a', 'b', 'c'])
    expect(deliver(tooLarge)).toEqual(['a', 'b', 'c'])
    expect(deliver(noAnswer())).toEqual(['a', 'b'])
    expect(deliver(delivered)).toEqual(['a', 'b'])
    expect(spool.isEmpty).toBe(false)
    expect(deliver(delivered)).toEqual(['c'])
    expect(spool.isEmpty).toBe(true)
  })

  it('D-4: of one entry makes it a dead letter', () => {
    const { add, deliver, spool, of } = deliveryBench()
    add(['a'])
    deliver(tooLarge)
    expect(spool.depth()).toMatchObject({ rows: 0, deadLetters: 1 })
    expect(of('dead_letters.added')).toMatchObject([{ rows: 1, reason: 'too_long' }])
    expect(of('push.delivered')).toEqual([])
  })
})

describe('a blocked sink', () => {
  it('D-7: is asked with the same entries once a minute', () => {
    const { add, deliver, messages } = deliveryBench()
    add(['a'])
    deliver(blocked)
    expect(messages.at(-1)).toEqual({ type: 'settled', stream: 1, afterMs: 60_000 })
    expect(deliver(delivered)).toEqual(['a'])
  })
})

describe('an entry that Loki fails on', () => {
  it('D-8: is told of as stuck after 20 equal answers, and never dropped', () => {
    const { add, deliver, of, spool } = deliveryBench()
    add(['poison'])
    for (let round = 0; round < 21; round += 1) deliver(serverError())
    expect(of('push.failed').map(({ isStuck }) => isStuck ?? false)).toEqual([
      ...Array<boolean>(19).fill(false),
      true,
      true,
    ])
    expect(deliver(delivered)).toEqual(['poison'])
    expect(spool.depth()).toMatchObject({ rows: 0, deadLetters: 0 })
  })
})

describe('entries ahead of the clock of Loki', () => {
  const fiveMinutesMs = 300_000

  it('D-9: go up to 5 minutes ahead of it, and wait beyond', async () => {
    const { add, grant, clock } = deliveryBench()
    add(['a'], clock.nowNs() + 300n * secondNs + 1_000_000n)
    expect(grant()).toEqual({ type: 'pass', stream: 1, afterMs: 10_000 })
    await clock.advance(1)
    expect(grant()).toMatchObject({ type: 'push' })
  })

  it('D-9: are judged by the clock of Loki, and the difference is told', () => {
    const { add, grant, of } = deliveryBench()
    add(['a'])
    expect(grant(-fiveMinutesMs - 1)).toMatchObject({ type: 'pass' })
    expect(of('clock.ahead')).toEqual([{ type: 'clock.ahead', aheadMs: fiveMinutesMs + 1 }])
    expect(grant(-fiveMinutesMs)).toMatchObject({ type: 'push' })
  })

  it('D-9: hold back what is behind them, and older ones go', () => {
    const { add, deliver, grant, clock } = deliveryBench()
    add(['now'])
    add(['future'], clock.nowNs() + 600n * secondNs)
    add(['then'], clock.nowNs() + 601n * secondNs)
    expect(deliver(delivered)).toEqual(['now'])
    expect(grant()).toMatchObject({ type: 'pass' })
  })

  it('D-9: more than 15 minutes ahead go, to be refused, and hold nothing back for hours', () => {
    const bound = deliveryBench()
    bound.add(['far'], bound.clock.nowNs() + 900n * secondNs)
    expect(bound.grant()).toMatchObject({ type: 'pass' })
    const beyond = deliveryBench()
    beyond.add(['far'], beyond.clock.nowNs() + 900n * secondNs + 1n)
    expect(linesOf(beyond.push())).toEqual(['far'])
  })

  it('D-9: are not told of as a clock that is ahead where both agree', () => {
    const { add, grant, clock, of } = deliveryBench()
    add(['a'], clock.nowNs() + 600n * secondNs)
    grant()
    expect(of('clock.ahead')).toEqual([])
  })
})

describe('a spool that cannot take the end of a delivery down', () => {
  it('D-10: is tried again after 10 s, and nothing is sent twice for it', () => {
    const { add, deliver, grant, messages, depths, path, spool, of } = deliveryBench()
    add(['a'])
    const lock = lockFile(path)
    deliver(delivered)
    expect(depths).toEqual([])
    expect(of('spool.failed')).toMatchObject([{ error: { code: 'spool_write_failed' } }])
    expect(messages.at(-1)).toEqual({ type: 'settled', stream: 1, afterMs: 10_000 })
    expect(of('push.delivered')).toEqual([])
    lock.release()
    expect(grant()).toEqual({ type: 'settled', stream: 1, afterMs: 0 })
    expect(of('spool.recovered')).toHaveLength(1)
    expect(depths).toEqual([0])
    expect(of('push.delivered')).toMatchObject([{ rows: 1 }])
    expect(spool.isEmpty).toBe(true)
  })

  it('D-10: gets dead letters once, and tells of them once they are there', () => {
    const { add, deliver, grant, path, spool, of } = deliveryBench()
    add(['a'])
    const lock = lockFile(path)
    deliver(refused('too_long', { isWhole: true }))
    grant()
    expect(of('dead_letters.added')).toEqual([])
    lock.release()
    grant()
    expect(of('dead_letters.added')).toHaveLength(1)
    expect(spool.depth().deadLetters).toBe(1)
  })
})

it('D-2: a worker that is started again sends the same entries, beginning with the same one', () => {
  const first = deliveryBench()
  first.add(['a', 'b'])
  const sent = Buffer.from(first.push().entries)
  first.add(['c'])
  first.spool.close()
  const second = deliveryBench({ path: first.path, clock: first.clock })
  const again = second.push()
  expect(linesOf(again)).toEqual(['a', 'b', 'c'])
  expect(Buffer.from(again.entries.subarray(0, sent.length))).toEqual(sent)
})
