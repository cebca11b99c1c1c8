// The benchmark's own arguments.

import { expect, it } from 'vitest'
import { readArguments } from '../../bench/arguments.ts'
import { contenderNames } from '../../bench/contender.ts'

const letters = ['a', 'b']

it('without words all works and contenders are meant', () => {
  expect(readArguments([], letters)).toEqual({ peers: contenderNames, isQuick: false, isPageOnly: false })
})

it('works, contenders and rounds can be chosen', () => {
  const words = ['--only', 'b,a', '--peers', 'rowtail,telegraf', '--rounds', '1', '--quick']
  expect(readArguments(words, letters)).toEqual({
    only: ['b', 'a'],
    peers: ['rowtail', 'telegraf'],
    rounds: 1,
    isQuick: true,
    isPageOnly: false,
  })
})

it.each([
  [['--only', 'a,z'], '--only z: one of a, b'],
  [['--peers', 'vector'], '--peers vector: one of rowtail, telegraf'],
  [['--rounds', '0'], '--rounds 0: expected 1 or more'],
  [['--rounds', '1.5'], '--rounds 1.5: expected 1 or more'],
])('%j is refused', (words, fault) => {
  expect(() => readArguments(words, letters)).toThrow(fault)
})
