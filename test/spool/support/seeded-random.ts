// Random choices that a seed repeats, for property tests: a failure names its seed.

import { randomOf } from '../../../src/demo/life/random.ts'

export type SeededRandom = {
  /** In [0, 1). */
  fraction(): number
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(choices: readonly [T, ...T[]]): T
}

export function seededRandom(seed: number): SeededRandom {
  const random = randomOf(seed)
  const fraction = (): number => random.next()
  const between = (low: number, high: number): number => low + Math.floor(fraction() * (high - low + 1))
  return {
    fraction,
    between,
    chance: (probability) => fraction() < probability,
    pick: (choices) => choices[between(0, choices.length - 1)] ?? choices[0],
  }
}
