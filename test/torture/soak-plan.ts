// What happens in a soak, and what counts as growth: medians of its first and its last quarter. Pure.

import { randomOf } from '../support/random.ts'
import type { Finding } from './ledger.ts'
import type { Fault, Plan, PlannedFault } from './plan.ts'

export type Sample = Readonly<Record<'RSS, MB' | 'threads' | 'file descriptors' | 'sockets', number>>

const seed = 1
const faultEveryMs = 8_000
const metrics = 8

/** How much more the last quarter may have than the first: a share of it, or so many. */
const bounds: Readonly<Record<keyof Sample, { readonly share: number; readonly count: number }>> = {
  'RSS, MB': { share: 0.1, count: 10 },
  threads: { share: 0, count: 2 },
  'file descriptors': { share: 0, count: 4 },
  sockets: { share: 0, count: 4 },
}

const kinds: readonly ((forMs: number, worker: number) => Fault)[] = [
  () => ({ kind: 'kill host' }),
  (_, worker) => ({ kind: 'worker crash', how: 'throws', worker }),
  (_, worker) => ({ kind: 'worker crash', how: 'exits', worker }),
  (forMs) => ({ kind: 'loki killed', forMs }),
  (forMs) => ({ kind: 'loki stopped', forMs }),
  (forMs) => ({ kind: 'loki hung', forMs }),
  (forMs) => ({ kind: 'database stopped', forMs }),
  (forMs) => ({ kind: 'database hung', forMs }),
  (forMs) => ({ kind: 'loki network', toxic: 'reset answered', forMs }),
  (forMs) => ({ kind: 'database network', toxic: 'reset asked', forMs }),
]

/** rowtail itself is not restarted: it is what must not grow. */
export function soakPlan(minutes: number): Plan {
  const random = randomOf(seed)
  const lengthMs = minutes * 60_000
  const faults = Array.from({ length: Math.floor(lengthMs / faultEveryMs) }, (_, index): PlannedFault => {
    const kind = random.pick(kinds)
    return { ...kind(200 + random.below(1_300), random.below(metrics)), atMs: index * faultEveryMs }
  })
  return {
    seed,
    round: 0,
    shape: 'large run',
    metrics: Array.from({ length: metrics }, (_, index) => ({
      name: `soak_m${index}`,
      everyMs: 300 + index * 50,
      leastRows: 0,
      mostRows: 12,
      padBytes: 200,
    })),
    faults,
    isScripted: false,
    lengthMs,
    flags: [],
  }
}

/** Too few samples show nothing: that is a finding too. */
export function growthOf(samples: readonly Sample[]): Finding[] {
  return keys().flatMap((key): Finding[] => {
    const { first, last, most } = comparedOf(samples, key)
    if (first > 0 && last <= most) return []
    return [
      { kind: 'grown', what: `${key}: ${first} in the first quarter, ${last} in the last, at most ${most}` },
    ]
  })
}

/** Lines of Markdown. */
export function tableOf(samples: readonly Sample[]): string[] {
  const rows = keys().map((key) => {
    const { first, last, most } = comparedOf(samples, key)
    return `| ${key} | ${first} | ${last} | ${most} |`
  })
  return ['| median of | first quarter | last quarter | at most |', '| --- | --- | --- | --- |', ...rows]
}

function keys(): (keyof Sample)[] {
  return Object.keys(bounds) as (keyof Sample)[] // of a literal
}

function comparedOf(samples: readonly Sample[], key: keyof Sample) {
  const quarter = Math.floor(samples.length / 4)
  const first = medianOf(samples.slice(0, quarter).map((sample) => sample[key]))
  const last = medianOf(samples.slice(samples.length - quarter).map((sample) => sample[key]))
  const { share, count } = bounds[key]
  return { first, last, most: Math.round(first + Math.max(first * share, count)) }
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
