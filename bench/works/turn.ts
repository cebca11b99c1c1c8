// A contender's turn in a work, found by its name.

import type { BenchMetric } from '../contender.ts'
import { contenders } from '../contenders/registry.ts'
import { play, type Session } from '../stage.ts'
import type { WorkTurn } from '../work.ts'

export function playContender<T>(
  { stage, subject, ...turn }: WorkTurn,
  metrics: readonly BenchMetric[],
  watch: (session: Session) => Promise<T>,
) {
  if (subject === 'bare-fetch' || subject === 'bare-post') throw new Error(`${subject} is no contender`)
  return play(stage, { ...turn, contender: contenders[subject], metrics }, watch)
}
