// What is run when: a batch that was ended goes on where it was, and no lane waits for a large round alone.

import { describe, expect, it } from 'vitest'
import { dealt, rangesOf, roundsOf } from './dealing.ts'

const none = (): boolean => false

describe('the rounds of a batch', () => {
  it('are dealt out in their order', () => {
    expect(dealt({ first: 3, last: 6 }, { isDone: none, isLarge: none })).toEqual([3, 4, 5, 6])
  })

  it('leave out those that are done', () => {
    expect(dealt({ first: 1, last: 5 }, { isDone: (round) => round < 4, isLarge: none })).toEqual([4, 5])
  })

  it('begin with a large one long before the end', () => {
    const rounds = dealt({ first: 1, last: 100 }, { isDone: none, isLarge: (round) => round === 100 })
    expect(rounds.indexOf(100)).toBe(60)
    expect(rounds.at(-1)).toBe(99)
  })
})

describe('numbers of rounds', () => {
  it.each([
    ['', []],
    ['7', [7]],
    ['1..3, 7', [1, 2, 3, 7]],
    ['1, 3..4', [1, 3, 4]],
  ] as const)('are written as %j and read again', (text, rounds) => {
    expect(rangesOf([...rounds, ...rounds.toReversed()])).toBe(text)
    expect(roundsOf(text)).toEqual(rounds)
  })
})
