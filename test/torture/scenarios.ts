// Rounds made for one weakness each: what the mutants are tried with, and what a person picks to look at one
// thing (`--scenario blocked`). The rest of such a round, its metrics and moments, is random as ever.

import { type Fault, heavyShapes, type Plan, type PlannedFault, planOf, type Shape } from './plan.ts'
import type { MetricSpec } from './source.ts'

/** `random`, a shape for all rounds, or a weakness. */
export type ScenarioName = keyof typeof scenarios | 'random' | Shape

type Scenario = {
  readonly faults: readonly (Fault & { readonly atMs: number })[]
  readonly lengthMs: number
  readonly metric?: Partial<MetricSpec>
  readonly metrics?: number
}

const hourMs = 3_600_000
const busy = { everyMs: 200, leastRows: 20, mostRows: 60, padBytes: 300 }
/** Some 650 KB/s: below the pace, and heavy after two seconds. */
const heavy = { everyMs: 500, leastRows: 300, mostRows: 600, padBytes: 1_500 }

const awayFor = (atMs: number, forMs: number): PlannedFault => ({
  kind: 'loki network',
  toxic: 'refused',
  atMs,
  forMs,
})
const answers = (
  atMs: number,
  answer: (Fault & { kind: 'loki answers' })['answer'],
  pushes: number,
): PlannedFault => ({
  kind: 'loki answers',
  answer,
  pushes,
  atMs,
})

const scenarios = {
  /** rowtail is killed while Loki does not answer. */
  'killed while away': {
    faults: [
      awayFor(400, 1_500),
      { kind: 'kill main', atMs: 1_300 },
      awayFor(2_200, 600),
      { kind: 'kill both', atMs: 2_600 },
    ],
    lengthMs: 3_300,
    metric: busy,
  },
  /** Loki stores and its answer is lost. */
  unanswered: {
    faults: [answers(300, 'stored, unanswered', 2), answers(1_400, 'stored, unanswered', 2)],
    lengthMs: 3_000,
    metric: busy,
  },
  /** Answers that look like success: one a scenario, for each is followed by a minute of silence. */
  blocked: {
    faults: [answers(300, '260', 3)],
    lengthMs: 1_500,
    metric: busy,
  },
  redirect: {
    faults: [answers(300, '302', 3)],
    lengthMs: 1_500,
    metric: busy,
  },
  'login page': {
    faults: [answers(300, 'login page', 3)],
    lengthMs: 1_500,
    metric: busy,
  },
  /** Answers are lost again and again, of runs of 3 MB. */
  'heavy, unanswered': {
    faults: [answers(3_300, 'stored, unanswered', 4)],
    lengthMs: 9_000,
    metric: { everyMs: 3_000, leastRows: 4_000, mostRows: 4_100, padBytes: 1_500 },
  },
  /** Twice of what Loki takes of a tenant. */
  'heavy, tenant limit': {
    faults: [answers(4_500, 'stored, unanswered', 3), { kind: 'kill main', atMs: 7_000 }],
    lengthMs: 10_000,
    metric: { everyMs: 4_000, leastRows: 4_000, mostRows: 4_100, padBytes: 1_500 },
    metrics: 8,
  },
  /** Loki dies with a push of a heavy stream under way, and rowtail too. */
  'heavy, both killed': {
    faults: [
      answers(5_000, 'stored, unanswered', 1),
      { kind: 'loki killed', atMs: 5_300, forMs: 100 },
      { kind: 'kill main', atMs: 5_400 },
    ],
    lengthMs: 9_000,
    metric: heavy,
  },
  /**
   * Loki dies with a push of a heavy stream under way, and more answers are lost while what it replayed
   * counts as rate: from one second after its return on, for two or three.
   */
  'heavy, Loki killed': {
    faults: [
      answers(5_000, 'stored, unanswered', 1),
      { kind: 'loki killed', atMs: 5_300, forMs: 100 },
      ...[7_200, 7_600, 8_000, 8_600, 9_200].map((atMs) => answers(atMs, 'stored, unanswered', 1)),
    ],
    lengthMs: 10_000,
    metric: heavy,
  },
  /** Loki stores a part of each push and refuses the rest. */
  refused: {
    faults: [answers(200, 'too long', 200)],
    lengthMs: 3_000,
    metric: busy,
  },
  /** Workers die while what they sent is not answered, and behind a backlog. */
  'worker crash': {
    faults: [
      answers(300, 'stored, unanswered', 8),
      { kind: 'worker crash', how: 'throws', worker: 0, atMs: 700 },
      { kind: 'worker crash', how: 'rejects', worker: 1, atMs: 800 },
      awayFor(900, 1_500),
      { kind: 'worker crash', how: 'exits', worker: 0, atMs: 1_800 },
    ],
    lengthMs: 3_500,
    metric: busy,
  },
  /** Loki has stored what it then calls too far behind. */
  'stored, then refused': {
    faults: [answers(300, 'stored, unanswered', 200), answers(2_500, 'too far behind', 200)],
    lengthMs: 8_000,
    metric: busy,
  },
  'power cut': {
    faults: [
      awayFor(300, 800),
      { kind: 'power cut', atMs: 900 },
      awayFor(2_200, 800),
      { kind: 'power cut', atMs: 2_800 },
    ],
    lengthMs: 4_000,
    metric: busy,
  },
  'disk full': {
    faults: [
      { kind: 'disk full', atMs: 500, forMs: 800 },
      awayFor(1_500, 2_000),
      { kind: 'disk full', atMs: 2_000, forMs: 1_000 },
    ],
    lengthMs: 4_000,
    metric: busy,
  },
  /** A run is cut off and nothing is free: its rows stand in the way of those that wait. */
  'disk filled by a killed run': {
    faults: [
      awayFor(300, 900),
      { kind: 'disk full', atMs: 800, forMs: 3_000 },
      { kind: 'kill main', atMs: 1_100 },
      { kind: 'kill both', atMs: 2_600 },
    ],
    lengthMs: 5_000,
    metric: { everyMs: 100, leastRows: 4_000, mostRows: 4_500, padBytes: 200 },
  },
  'clock ahead': {
    faults: [{ kind: 'clock stepped', atMs: 700, byMs: 2 * hourMs, forMs: 1_500 }],
    lengthMs: 3_500,
    metric: busy,
  },
  'clock behind': {
    faults: [{ kind: 'clock stepped', atMs: 700, byMs: -2 * hourMs, forMs: 1_500 }],
    lengthMs: 3_500,
    metric: busy,
  },
  'backlog of hours': {
    faults: [{ kind: 'backlog of hours', atMs: 500, ageMs: 90 * 60_000 }],
    lengthMs: 2_000,
    metric: busy,
  },
  'backlog of a day': {
    faults: [{ kind: 'backlog of hours', atMs: 500, ageMs: 20 * hourMs }],
    lengthMs: 2_000,
    metric: busy,
  },
  /** Older than Loki takes: all of it ends in the dead letters. */
  'backlog of weeks': {
    faults: [{ kind: 'backlog of hours', atMs: 500, ageMs: 8 * 24 * hourMs }],
    lengthMs: 2_000,
    metric: busy,
  },
  /**
   * A run is cut off in the middle: its first chunks are staged already. Runs fill half of the time; more of
   * them would leave more rows than Loki takes within the round.
   */
  'torn runs': {
    faults: [
      { kind: 'kill host', atMs: 900 },
      { kind: 'kill main', atMs: 1_700 },
      { kind: 'kill host', atMs: 2_900 },
      { kind: 'kill both', atMs: 3_600 },
    ],
    lengthMs: 4_500,
    metric: { everyMs: 400, leastRows: 9_000, mostRows: 9_500, padBytes: 200 },
  },
} as const satisfies Record<string, Scenario>

const shapes: readonly Shape[] = ['light', ...heavyShapes]

export const scenarioNames: readonly string[] = ['random', ...shapes, ...Object.keys(scenarios)]

export function isScenario(name: string): name is ScenarioName {
  return scenarioNames.includes(name)
}

export function scenarioPlan(name: ScenarioName, seed: number, round: number): Plan {
  if (name === 'random') return planOf(seed, round)
  if (isShape(name)) return planOf(seed, round, name)
  const plan = planOf(seed, round, 'light')
  const { faults, lengthMs, metric, metrics: count = 2 }: Scenario = scenarios[name]
  const { metrics: all } = planOf(seed, round, 'many metrics')
  const metrics = all.slice(0, count).map((one) => ({ ...one, ...metric }))
  const shape = name.startsWith('heavy') ? 'heavy' : 'light'
  return { ...plan, shape, metrics, faults, lengthMs, isScripted: true, flags: [] }
}

function isShape(name: string): name is Shape {
  return shapes.some((shape) => shape === name)
}
