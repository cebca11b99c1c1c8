// What rowtail is to reach, each goal held against the kept samples. Ratios are of one run.

import type { FigureName } from './figures.ts'
import { type Sample, spreadOf } from './samples.ts'
import type { SubjectName } from './work.ts'

export type Stand = { readonly text: string; readonly isMet: boolean }

export type Goal = {
  readonly title: string
  readonly wanted: string
  /** Undefined where a figure that it needs was not measured. */
  readonly stand: (read: Read) => Stand | undefined
}

/** The median of a subject's figure. */
type Read = (work: string, subject: SubjectName, figure: FigureName) => number | undefined

export function goalStands({ stand }: Goal, samples: readonly Sample[]): Stand | undefined {
  return stand((work, subject, figure) => {
    const own = samples.filter((sample) => sample.work === work)
    return spreadOf(own, subject, figure)?.median
  })
}

export const goals: readonly Goal[] = [
  {
    title: 'CPU a row, all processes, everything fsynced (a)',
    wanted: '≤ 0.6 × Telegraf',
    stand: (read) => {
      const [own, other] = [read('a', 'rowtail', 'cpuPerRowUs'), read('a', 'telegraf', 'cpuPerRowUs')]
      return atMostShare(own, other, 0.6)
    },
  },
]

function atMostShare(own: number | undefined, other: number | undefined, most: number): Stand | undefined {
  if (own === undefined || other === undefined) return undefined
  const share = own / other
  return { text: `${share.toFixed(2)} ×`, isMet: share <= most }
}
