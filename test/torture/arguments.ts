// The harness's own arguments: `--seed 7 --rounds 20`, `--rounds 21..40`, `--scenario unanswered`,
// `--results file`, `--stop`.

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { isScenario, type ScenarioName, scenarioNames } from './scenarios.ts'

export type TortureArguments = {
  readonly seed: number
  readonly first: number
  readonly last: number
  /** Where the summary of the batch is appended. */
  readonly resultsPath?: string
  readonly isStoppingAtFailure: boolean
  readonly scenario: ScenarioName
}

const defaultRounds = 20

/** Throws with what is wrong; without a seed one is chosen, and printed by the caller. */
export function readArguments(words: readonly string[]): TortureArguments {
  const { values } = parseArgs({
    args: [...words],
    options: {
      seed: { type: 'string' },
      rounds: { type: 'string', default: String(defaultRounds) },
      scenario: { type: 'string', default: 'random' },
      results: { type: 'string' },
      stop: { type: 'boolean', default: false },
    },
  })
  const range = /^(?:(\d+)\.\.)?(\d+)$/.exec(values.rounds)
  const [first, last] = [Number(range?.[1] ?? 1), Number(range?.[2])]
  if (range === null || first < 1 || last < first)
    throw new Error(`--rounds ${values.rounds}: expected 20 or 21..40`)
  const seed = Number(values.seed ?? randomInt(1, 1_000_000))
  if (!Number.isInteger(seed) || seed < 0) throw new Error(`--seed ${values.seed}: expected a whole number`)
  const { scenario } = values
  if (!isScenario(scenario)) throw new Error(`--scenario ${scenario}: one of ${scenarioNames.join(', ')}`)
  const results = values.results === undefined ? {} : { resultsPath: values.results }
  return { seed, first, last, isStoppingAtFailure: values.stop, scenario, ...results }
}
