import { describe, expect, it } from 'vitest'
import { createTally, createTrouble, flapMs, reminderMs } from '../../src/core/log-repeats.ts'

describe('a trouble', () => {
  it('is said when it begins, when its kind changes, and after an hour', () => {
    const trouble = createTrouble()
    const kinds = [
      trouble.fail('a', 0).kind,
      trouble.fail('a', 1_000).kind,
      trouble.fail('b', 2_000).kind,
      trouble.fail('a', 3_000).kind,
      trouble.fail('a', 2_000 + reminderMs - 1).kind,
      trouble.fail('a', 2_000 + reminderMs).kind,
    ]
    expect(kinds).toEqual(['first', 'silent', 'changed', 'silent', 'silent', 'reminder'])
    expect(trouble.end(2_000 + reminderMs)).toEqual({ count: 6, lastedMs: 2_000 + reminderMs, wasSaid: true })
  })

  it('that comes back within a minute is silent until the minute is over', () => {
    const trouble = createTrouble()
    trouble.fail('a', 0)
    trouble.end(1)
    expect(trouble.fail('a', flapMs - 1).kind).toBe('silent')
    expect(trouble.fail('a', flapMs)).toEqual({ kind: 'first', count: 2, lastedMs: 1 })
  })

  it('that ended unsaid tells so', () => {
    const trouble = createTrouble()
    trouble.fail('a', 0)
    trouble.end(1)
    trouble.fail('a', 2)
    expect(trouble.end(3)).toEqual({ count: 1, lastedMs: 1, wasSaid: false })
  })

  it('that never was has no end', () => {
    expect(createTrouble().end(0)).toBeUndefined()
  })

  it('tells 50 kinds apart and no more', () => {
    const trouble = createTrouble()
    const kinds = Array.from({ length: 51 }, (_, index) => trouble.fail(`kind ${index}`, index).kind)
    expect(kinds.slice(0, 2)).toEqual(['first', 'changed'])
    expect(kinds.slice(-2)).toEqual(['changed', 'silent'])
  })

  it('is reminded of when the clock was set back for more than an hour', () => {
    const trouble = createTrouble()
    trouble.fail('a', 10 * reminderMs)
    expect(trouble.fail('a', 0)).toEqual({ kind: 'reminder', count: 2, lastedMs: 0 })
  })
})

describe('a tally', () => {
  it('says the first amount at once and later ones as a sum', () => {
    const tally = createTally(60_000)
    expect(tally.add('full', 5, 0)).toEqual([{ key: 'full', amount: 5, total: 5 }])
    expect(tally.add('full', 2, 1_000)).toEqual([])
    expect(tally.add('full', 3, 59_999)).toEqual([])
    expect(tally.due(59_999)).toEqual([])
    expect(tally.due(60_000)).toEqual([{ key: 'full', amount: 5, total: 10 }])
    expect(tally.due(200_000)).toEqual([])
  })

  it('keeps its keys apart and says all of them at the end', () => {
    const tally = createTally(60_000)
    tally.add('full', 1, 0)
    tally.add('low', 1, 0)
    tally.add('full', 2, 1)
    tally.add('low', 3, 1)
    expect(tally.due(2, true)).toEqual([
      { key: 'full', amount: 2, total: 3 },
      { key: 'low', amount: 3, total: 4 },
    ])
  })

  it('forgets the oldest key beyond 50', () => {
    const tally = createTally(60_000)
    for (let index = 0; index < 50; index += 1) tally.add(`key ${index}`, 1, 0)
    expect(tally.add('key 0', 1, 1)).toEqual([])
    tally.add('one more', 1, 1)
    expect(tally.add('key 0', 1, 2)).toEqual([{ key: 'key 0', amount: 1, total: 1 }])
  })
})
