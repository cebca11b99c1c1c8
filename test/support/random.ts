// Random choices that a seed repeats, so that a failing test can be run again.

export type Random = {
  /** A whole number from 0 up to, and without, `end`. */
  below(end: number): number
  pick<T>(choices: readonly T[]): T
}

export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const below = (end: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * end)
  }
  const pick = <T>(choices: readonly T[]): T => {
    const choice = choices[below(choices.length)]
    if (choice === undefined) throw new Error('there is nothing to choose from')
    return choice
  }
  return { below, pick }
}
