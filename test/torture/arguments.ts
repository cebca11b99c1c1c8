// The harness's own arguments: `--seed 7 --rounds 20`, `--rounds 21..40`, `--scenario unanswered`,
// `--results file`, `--lanes 2`, `--minutes 4`, `--stop`.

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { isScenario, type ScenarioName, scenarioNames } from './scenarios.ts'

export type TortureArguments = {
  readonly seed: number
  readonly first: number
  readonly last: number
  /** Where the summary of the batch is appended; rounds that it tells of are not run again. */
  readonly resultsPath?: string
  /** Rounds that run at the same time, each with servers of its own. */
  readonly lanes: number
  /** No round begins after that. */
  readonly minutes: number
  readonly isStoppingAtFailure: boolean
  readonly scenario: ScenarioName
}

const defaultRounds = 20
const mostLanes = 8

/** Throws with what is wrong; without a seed one is chosen, and printed by the caller. */
export function readArguments(words: readonly string[]): TortureArguments {
  const { values } = parseArgs({
    args: [...words],
    options: {
      seed: { type: 'string' },
      rounds: { type: 'string', default: String(defaultRounds) },
      scenario: { type: 'string', default: 'random' },
      results: { type: 'string' },
      lanes: { type: 'string', default: '1' },
      minutes: { type: 'string', default: 'Infinity' },
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
  const lanes = Number(values.lanes)
  if (!Number.isInteger(lanes) || lanes < 1 || lanes > mostLanes)
    throw new Error(`--lanes ${values.lanes}: expected 1 to ${mostLanes}`)
  const minutes = Number(values.minutes)
  if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes}: expected a number above 0`)
  const results = values.results === undefined ? {} : { resultsPath: values.results }
  return { seed, first, last, isStoppingAtFailure: values.stop, scenario, lanes, minutes, ...results }
}
