// What becomes of entries that Loki refused: dead letters, a new time, a question to Loki, or a
// stream that waits.

import { describe, expect, it } from 'vitest'
import type { Lookup } from '../../src/core/sink.ts'
import { type DeliveryBench, deliveryBench, entriesIn, linesOf } from './delivery-bench.ts'
import { delivered, noAnswer, refusalOf, refused } from './settling-support.ts'

const secondNs = 1_000_000_000n

describe('refused entries', () => {
  it('D-5: become dead letters, and only they; the others are counted as delivered', () => {
    const { add, deliver, push, answer, spool, of } = deliveryBench()
    add(['a', 'b', 'c'])
    const atNs = entriesIn(push())[1]?.atNs ?? 0n
    answer(refused('too_old', { named: [{ atNs, refusal: refusalOf('too_old') }] }))
    expect(deliver(delivered)).toEqual(['a', 'c'])
    expect(spool.deadLetters(10)).toMatchObject([{ reason: 'too_old', said: 'said too_old' }])
    expect(of('push.delivered')).toMatchObject([{ rows: 2 }])
    expect(of('dead_letters.added')).toMatchObject([{ rows: 1, reason: 'too_old', said: 'said too_old' }])
  })

  it('D-5: are found by halves where Loki only counts them', () => {
    const { add, push, answer, spool } = deliveryBench()
    add(['a', 'bad', 'c', 'd'])
    const pushes: string[][] = []
    while (!spool.isEmpty) {
      const lines = linesOf(push())
      pushes.push(lines)
      answer(lines.includes('bad') ? refused('too_long', { isWhole: lines.length === 1 }) : delivered)
    }
    expect(pushes).toEqual([['a', 'bad', 'c', 'd'], ['a', 'bad'], ['a'], ['bad'], ['c', 'd']])
    expect(spool.depth().deadLetters).toBe(1)
  })

  it.each(['too_new', 'too_far_behind'] as const)(
    'D-6: for their time (%s) are stamped anew once, the first time kept, and go again',
    async (reason) => {
      const { add, deliver, push, answer, clock, of } = deliveryBench()
      const oldNs = clock.nowNs() - 4n * secondNs
      add(['late', 'later'], oldNs)
      await clock.advance(1_000)
      deliver(refused(reason, { isWhole: true }))
      expect(of('push.restamped')).toEqual([{ type: 'push.restamped', rows: 2, reason }])
      const again = push()
      expect(entriesIn(again)).toEqual([
        { atNs: clock.nowNs(), line: 'late', metadata: originally(oldNs) },
        { atNs: clock.nowNs() + 1n, line: 'later', metadata: originally(oldNs + 1n) },
      ])
      answer(refused(reason, { isWhole: true }))
      expect(of('dead_letters.added')).toMatchObject([{ rows: 2, reason }])
    },
  )

  it.each([
    { reason: 'too_far_behind', skewMs: 7_200_000 },
    { reason: 'too_new', skewMs: -7_200_000 },
  ] as const)(
    'D-6: by a clock that is wrong by hours ($reason) get their new time by the clock of Loki',
    ({ reason, skewMs }) => {
      const { add, push, answer, clock } = deliveryBench()
      const lokiMs = clock.nowMs() + skewMs
      const lokiNs = BigInt(lokiMs) * 1_000_000n
      add(['a', 'b'])
      push()
      answer(refused(reason, { isWhole: true }), lokiMs)
      expect(entriesIn(push(skewMs)).map(({ atNs }) => atNs)).toEqual([lokiNs, lokiNs + 1n])
    },
  )

  it('D-7: for their stream keep it: nothing is lost, and it is asked about once a minute', () => {
    const { add, deliver, messages, spool } = deliveryBench()
    add(['a', 'b'])
    expect(deliver(refused('labels', { isWhole: true }))).toEqual(['a', 'b'])
    expect(messages.at(-1)).toEqual({ type: 'settled', stream: 1, afterMs: 60_000 })
    expect(spool.depth()).toMatchObject({ rows: 2, deadLetters: 0 })
    expect(deliver(delivered)).toEqual(['a', 'b'])
    expect(spool.isEmpty).toBe(true)
  })

  function originally(atNs: bigint) {
    return [
      ['run_id', 'r'],
      ['ts_original', String(atNs)],
    ]
  }
})

describe('entries refused for metadata, where that is switched off', () => {
  it('D-7: go without it: they were spooled before', () => {
    const { add, push, answer, deliver, spool } = deliveryBench({ isMetadataOn: false })
    add(['a', 'b'])
    const sent = entriesIn(push())
    expect(sent.map(({ metadata }) => metadata.length)).toEqual([1, 1])
    answer(refused('metadata', { isWhole: true }))
    const again = push()
    expect(entriesIn(again)).toEqual(sent.map((entry) => ({ ...entry, metadata: [] })))
    answer(noAnswer())
    expect(Buffer.from(push().entries)).toEqual(Buffer.from(again.entries))
    answer(delivered)
    expect(spool.depth()).toMatchObject({ rows: 0, deadLetters: 0 })
    add(['c'])
    expect(deliver(delivered)).toEqual(['c'])
  })

  it('D-7: go without it where only some of a push are refused', () => {
    const { add, deliver, spool } = deliveryBench({ isMetadataOn: false })
    add(['a', 'b'])
    deliver(refused('metadata'))
    expect(deliver(delivered)).toEqual(['a', 'b'])
    expect(spool.depth()).toMatchObject({ rows: 0, deadLetters: 0 })
  })

  it('D-7: are kept where they have none, as any other refused stream', () => {
    const { add, deliver, messages, spool } = deliveryBench({ isMetadataOn: false })
    add(['a'])
    deliver(refused('metadata', { isWhole: true }))
    deliver(refused('metadata', { isWhole: true }))
    expect(messages.at(-1)).toEqual({ type: 'settled', stream: 1, afterMs: 60_000 })
    expect(spool.depth()).toMatchObject({ rows: 1, deadLetters: 0 })
  })

  it('D-7: keep their stream waiting where metadata is on', () => {
    const { add, push, answer, messages } = deliveryBench()
    add(['a'])
    push()
    answer(refused('metadata', { isWhole: true }))
    expect(messages.at(-1)).toEqual({ type: 'settled', stream: 1, afterMs: 60_000 })
    expect(entriesIn(push())[0]?.metadata).toEqual([['run_id', 'r']])
  })
})

describe('refused entries that may be stored already', () => {
  const reasons = ['too_far_behind', 'too_new'] as const

  it.each(reasons)('D-22: are asked for, and are delivered where Loki has them (%s)', (reason) => {
    const { spool, asked, tell, of } = refusedAfterLostAnswer(reason)
    expect(asked()).toEqual(['a', 'b'])
    tell({ kind: 'known', stored: [0, 1], absent: [] })
    expect(spool.depth()).toMatchObject({ rows: 0, deadLetters: 0 })
    expect(of('push.delivered')).toMatchObject([{ rows: 2 }])
  })

  it.each(reasons)('D-22: are stamped anew where Loki surely has them not (%s)', (reason) => {
    const { spool, asked, tell, of, deliver } = refusedAfterLostAnswer(reason)
    expect(asked()).toEqual(['a', 'b'])
    tell({ kind: 'known', stored: [0], absent: [1] })
    expect(of('push.restamped')).toEqual([{ type: 'push.restamped', rows: 1, reason }])
    expect(deliver(delivered)).toEqual(['b'])
    expect(spool.depth()).toMatchObject({ rows: 0, deadLetters: 0 })
  })

  it.each<[what: string, lookup: Lookup]>([
    ['cannot be asked', { kind: 'unknown' }],
    ['shows them not, which proves nothing', { kind: 'known', stored: [], absent: [] }],
  ])('D-22: are dead letters that say so where Loki %s', (_, lookup) => {
    const { spool, asked, tell } = refusedAfterLostAnswer('too_new')
    asked()
    tell(lookup)
    expect(spool.depth()).toMatchObject({ rows: 0, deadLetters: 2 })
    const said = 'It may be stored already: an earlier answer was lost. said too_new'
    expect(spool.deadLetters(2)).toMatchObject([{ said }, { said }])
  })

  it('D-22: are asked for again after 5 s, 20 times, and are dead letters then', () => {
    const { spool, asked, tell, messages } = refusedAfterLostAnswer('too_new')
    for (let tries = 1; tries < 20; tries += 1) {
      expect(asked()).toEqual(['a', 'b'])
      tell({ kind: 'later' })
      expect(messages.at(-1)).toEqual({ type: 'settled', stream: 1, afterMs: 5_000 })
    }
    expect(spool.depth()).toMatchObject({ rows: 2, deadLetters: 0 })
    asked()
    tell({ kind: 'later' })
    expect(spool.depth()).toMatchObject({ rows: 0, deadLetters: 2 })
  })

  it('D-22: are asked for alone, without those that are known to be refused', () => {
    const { add, push, answer, asked, tell, of } = deliveryBench()
    add(['a', 'b', 'c'])
    const [a, b] = entriesIn(push()).map(({ atNs }) => ({ atNs, refusal: refusalOf('too_far_behind') }))
    answer(refused('too_far_behind', { named: a === undefined ? [] : [a] }))
    push()
    answer(refused('too_far_behind', { named: b === undefined ? [] : [b] }))
    push()
    answer(delivered)
    expect(asked()).toEqual(['b'])
    tell({ kind: 'known', stored: [0], absent: [] })
    expect(of('push.restamped')).toMatchObject([{ rows: 1 }])
    expect(of('push.delivered')).toMatchObject([{ rows: 2 }])
  })

  it('D-22: are those that an earlier worker left, and no newer ones', () => {
    const first = deliveryBench()
    first.add(['left'])
    first.spool.close()
    const { add, deliver, asked, tell, of } = deliveryBench({ path: first.path, clock: first.clock })
    add(['new'])
    expect(deliver(refused('too_new', { isWhole: true }))).toEqual(['left', 'new'])
    expect(asked()).toEqual(['left'])
    tell({ kind: 'unknown' })
    expect(of('dead_letters.added')).toMatchObject([{ rows: 1 }])
    expect(deliver(delivered)).toEqual(['new'])
  })

  it('are not told of unasked', () => {
    expect(() => deliveryBench().tell({ kind: 'unknown' })).toThrow('of which nothing was asked')
  })

  function refusedAfterLostAnswer(reason: 'too_far_behind' | 'too_new'): DeliveryBench {
    const bench = deliveryBench()
    bench.add(['a', 'b'])
    bench.deliver(noAnswer())
    bench.deliver(refused(reason, { isWhole: true }))
    return bench
  }
})
