// What happens in a round: which metrics, which faults, when. Pure: seed and number of a round give the same
// plan for ever, so that a round that failed can be run again.

import { type Random, randomOf } from '../support/random.ts'
import type { AnswerName } from './scripted-loki.ts'
import { answerNames } from './scripted-loki.ts'
import type { MetricSpec } from './source.ts'
import type { ToxicName } from './toxiproxy.ts'
import { toxicNames } from './toxiproxy.ts'
import { type Crash, crashNames } from './worker-crash.ts'

export type Fault =
  | { readonly kind: 'kill main' | 'kill host' | 'kill both' | 'term' }
  /** A bug in the thread of one metric. */
  | { readonly kind: 'worker crash'; readonly how: Crash; readonly worker: number }
  /** A kill that also takes away what rowtail had written and not synced. */
  | { readonly kind: 'power cut' }
  | { readonly kind: 'disk full' | 'rowtail hung'; readonly forMs: number }
  | { readonly kind: 'loki killed' | 'loki stopped' | 'loki hung'; readonly forMs: number }
  | { readonly kind: 'database stopped' | 'database hung'; readonly forMs: number }
  | { readonly kind: 'loki network' | 'database network'; readonly toxic: ToxicName; readonly forMs: number }
  | { readonly kind: 'loki answers'; readonly answer: AnswerName; readonly pushes: number }
  /** rowtail's clock alone is set, and set right again. */
  | { readonly kind: 'clock stepped'; readonly byMs: number; readonly forMs: number }
  /** Rows gather while Loki is away, and then it is as if that had been hours ago. */
  | { readonly kind: 'backlog of hours'; readonly ageMs: number }

export type PlannedFault = Fault & { readonly atMs: number }

export type Shape = 'light' | 'heavy' | 'large run' | 'many metrics' | 'full spool'

export type Plan = {
  readonly seed: number
  readonly round: number
  readonly shape: Shape
  readonly metrics: readonly MetricSpec[]
  readonly faults: readonly PlannedFault[]
  /** Pushes pass the scripted proxy. */
  readonly isScripted: boolean
  /** How long rowtail works before its end. */
  readonly lengthMs: number
  readonly flags: readonly string[]
}

const heavyEvery = 25

export const heavyShapes: readonly Shape[] = ['heavy', 'large run', 'full spool', 'many metrics']
const serviceFaults = ['kill main', 'kill host', 'kill both', 'term'] as const
const lokiFaults = ['loki killed', 'loki stopped', 'loki hung'] as const
const databaseFaults = ['database stopped', 'database hung'] as const

/** The plan of one round; every 25th is a large one. */
export function planOf(seed: number, round: number, shape = shapeOf(round)): Plan {
  const random = randomOf(mixed(seed, round))
  const lengthMs = lengthOf(shape, random)
  const isScripted = random.below(3) === 0
  const count = 1 + random.below(shape === 'light' ? 4 : 6)
  const faults: PlannedFault[] = Array.from({ length: count }, () => ({
    ...faultOf(random, isScripted),
    atMs: Math.floor(lengthMs * (0.1 + random.below(800) / 1_000)),
  }))
  // As long as it takes to fill 1 MiB.
  if (shape === 'full spool')
    faults.push({ kind: 'loki network', toxic: 'refused', atMs: 1_000, forMs: 9_000 })
  return {
    seed,
    round,
    shape,
    metrics: metricsOf(shape, random, `s${seed}_r${round}`),
    faults: faults.sort((a, b) => a.atMs - b.atMs),
    isScripted,
    lengthMs,
    flags: shape === 'full spool' ? ['--spool_metric', '1MiB'] : [],
  }
}

function shapeOf(round: number): Shape {
  if (round % heavyEvery !== 0) return 'light'
  return heavyShapes[(round / heavyEvery - 1) % heavyShapes.length] ?? 'heavy'
}

/** Whether the round's spools are so small that rows may go. */
export function mayDrop({ shape }: Plan): boolean {
  return shape === 'full spool'
}

export function has({ faults }: Plan, kind: Fault['kind']): boolean {
  return faults.some((fault) => fault.kind === kind)
}

/** The same round without faults of a kind, for a machine that cannot make them. */
export function without(plan: Plan, kind: Fault['kind']): Plan {
  return { ...plan, faults: plan.faults.filter((fault) => fault.kind !== kind) }
}

/** Nothing ended rowtail or its host and nothing ailed the database: what was answered must arrive. */
export function isSourceSound({ faults }: Plan): boolean {
  return faults.every(({ kind }) => kind.startsWith('loki ') || kind.startsWith('clock '))
}

function lengthOf(shape: Shape, random: Random): number {
  return shape === 'light' ? 1_500 + random.below(1_500) : 8_000 + random.below(6_000)
}

const metricCounts: Readonly<Record<Shape, number>> = {
  light: 6,
  heavy: 2,
  'large run': 4,
  'many metrics': 50,
  'full spool': 2,
}

function metricsOf(shape: Shape, random: Random, prefix: string): MetricSpec[] {
  const count = shape === 'light' ? 1 + random.below(metricCounts.light) : metricCounts[shape]
  return Array.from({ length: count }, (_, index) => ({
    name: `${prefix}_m${index}`,
    everyMs: 80 + random.below(500),
    leastRows: random.below(3),
    mostRows: 3 + random.below(60),
    padBytes: 20 + random.below(400),
  })).map((metric, index) => ({ ...metric, ...enlargementOf(shape, index) }))
}

function enlargementOf(shape: Shape, index: number): Partial<MetricSpec> {
  if (shape === 'heavy' || shape === 'full spool')
    return { everyMs: 500, leastRows: 300, mostRows: 600, padBytes: 1_500 }
  if (shape === 'many metrics') return { everyMs: 700 + index * 10, mostRows: 20 }
  if (shape === 'large run' && index === 0)
    return { everyMs: 6_000, leastRows: 99_999, mostRows: 100_000, padBytes: 100 }
  return {}
}

function faultOf(random: Random, isScripted: boolean): Fault {
  const forMs = 100 + random.below(1_400)
  const choice = random.below(100)
  if (isScripted && choice < 50) {
    const answer = random.pick(answerNames)
    // A search for refused entries takes many pushes, and ends with nothing where the next ones pass.
    const most = answer.startsWith('too') ? 200 : 6
    return { kind: 'loki answers', answer, pushes: 1 + random.below(most) }
  }
  if (choice < 4) return { kind: 'power cut' }
  if (choice < 7) return { kind: 'disk full', forMs }
  if (choice < 10) return { kind: 'rowtail hung', forMs }
  if (choice < 15) return { kind: 'worker crash', how: random.pick(crashNames), worker: random.below(50) }
  if (choice < 35) return { kind: random.pick(serviceFaults) }
  if (choice < 55) return { kind: random.pick(lokiFaults), forMs }
  if (choice < 74) return { kind: 'loki network', toxic: random.pick(toxicNames), forMs }
  if (choice < 78) {
    const byMs = random.pick([-2, -1, 1, 2]) * (10 + random.below(60 * 11)) * 10_000
    return { kind: 'clock stepped', byMs: isWaitedFor(byMs) ? byMs + 15 * 60_000 : byMs, forMs }
  }
  if (choice < 83) return { kind: 'backlog of hours', ageMs: (65 + random.below(80)) * 60_000 }
  if (choice < 90) return { kind: 'database network', toxic: random.pick(toxicNames), forMs }
  return { kind: random.pick(databaseFaults), forMs }
}

/** Rows 5 to 15 minutes ahead wait for the time to come (D-9): longer than a round lasts, and rightly so. */
export function isWaitedFor(byMs: number): boolean {
  return byMs > 5 * 60_000 && byMs <= 15 * 60_000
}

/** Neighbouring seeds must give unlike rounds. */
function mixed(seed: number, round: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(round, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return (hash ^ (hash >>> 15)) >>> 0
}
