// What becomes of entries that Loki refused: dead letters, a new time, or a stream that waits.

import { describe, expect, it } from 'vitest'
import { deliveryBench, entriesIn, linesOf } from './delivery-bench.ts'
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

  it.each(['too_far_behind', 'too_new'] as const)(
    'D-6: that may be stored already are not sent a second time with another time (%s)',
    (reason) => {
      const { add, deliver, spool } = deliveryBench()
      add(['a'])
      deliver(noAnswer())
      deliver(refused(reason, { isWhole: true }))
      expect(spool.depth()).toMatchObject({ rows: 0, deadLetters: 1 })
      expect(spool.deadLetters(1)[0]?.said).toBe(
        `It may be stored already: an earlier answer was lost. said ${reason}`,
      )
    },
  )

  it('D-6: may be stored already where an earlier worker left them, and newer ones are not', () => {
    const first = deliveryBench()
    first.add(['left'])
    first.spool.close()
    const { add, deliver, of } = deliveryBench({ path: first.path, clock: first.clock })
    add(['new'])
    expect(deliver(refused('too_new', { isWhole: true }))).toEqual(['left', 'new'])
    expect(of('dead_letters.added')).toMatchObject([{ rows: 1 }])
    expect(of('push.restamped')).toMatchObject([{ rows: 1 }])
    expect(deliver(delivered)).toEqual(['new'])
  })

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
