// What one turn yielded, and what several of them say together.

import { percentile } from '../test/torture/measure/figures.ts'
import type { FigureName } from './figures.ts'
import type { Played, SubjectName } from './work.ts'

export type Sample = Played & {
  /** Its letter. */
  readonly work: string
  readonly round: number
  readonly subject: SubjectName
  /** Why there are no figures. */
  readonly failure?: string
}

export type Spread = {
  readonly median: number
  readonly least: number
  readonly most: number
  readonly rounds: number
}

/** A figure of one subject over all rounds in which it was read. */
export function spreadOf(
  samples: readonly Sample[],
  subject: SubjectName,
  figure: FigureName,
): Spread | undefined {
  const values = samples
    .filter((sample) => sample.subject === subject)
    .flatMap(({ figures }) => figures[figure] ?? [])
  if (values.length === 0) return undefined
  return {
    median: medianOf(values),
    least: Math.min(...values),
    most: Math.max(...values),
    rounds: values.length,
  }
}

/** Between the two in the middle where their number is even. */
export function medianOf(values: readonly number[]): number {
  const below = percentile(values, 50)
  const above = -percentile(
    values.map((value) => -value),
    50,
  )
  return (below + above) / 2
}

/** Rows that were handed out to a subject in all rounds and that Loki does not hold. */
export function lostRows(samples: readonly Sample[], subject: SubjectName): { lost: number; asked: number } {
  const deliveries = samples.flatMap((sample) => (sample.subject === subject ? (sample.delivery ?? []) : []))
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return {
    lost: sum(deliveries.map(({ asked, arrived }) => Math.max(0, asked - arrived))),
    asked: sum(deliveries.map(({ asked }) => asked)),
  }
}
