// What rowtail is to reach, each goal held against the kept samples. Ratios and differences are of one run.

import { figures, type FigureName, textOf } from './figures.ts'
import { type Sample, spreadOf } from './samples.ts'
import type { SubjectName } from './work.ts'

export type Stand = { readonly text: string; readonly isMet: boolean }

export type Goal = {
  readonly title: string
  readonly wanted: string
  /** Page of docs/decisions/ that tells where the figure comes from, and what was tried to better it. */
  readonly decision: string
  /** Undefined where a figure that it needs was not measured. */
  readonly stand: (read: Read) => Stand | undefined
}

/** The median of a figure; of rowtail where no other subject is named. */
type Read = (work: string, figure: FigureName, subject?: SubjectName) => number | undefined

export function goalStands({ stand }: Goal, samples: readonly Sample[]): Stand | undefined {
  return stand((work, figure, subject = 'rowtail') => {
    const own = samples.filter((sample) => sample.work === work)
    return spreadOf(own, subject, figure)?.median
  })
}

export const goals: readonly Goal[] = [
  {
    title: 'CPU a row, all processes, everything fsynced (a)',
    wanted: '≤ 0.6 × Telegraf, which keeps rows in memory',
    decision: '0010-cost-of-a-row',
    stand: (read) =>
      shareOf(read('a', 'cpuPerRowUs'), read('a', 'cpuPerRowUs', 'telegraf'), (share) => share <= 0.6),
  },
  {
    title: 'memory with the six metrics, all processes (b)',
    wanted: '≤ 120 MB',
    decision: '0008-memory',
    stand: (read) => atMost('memoryMb', read('b', 'memoryMb'), 120),
  },
  {
    title: 'memory of each further metric (c)',
    wanted: '≤ 8 MB',
    decision: '0008-memory',
    stand: (read) => atMost('memoryPerMetricMb', read('c', 'memoryPerMetricMb'), 8),
  },
  {
    title: 'query end → 204 for its last row, p99 (b)',
    wanted: '≤ bare POST of the same bytes + 6 ms',
    decision: '0012-push-latency',
    stand: (read) => beyond(read('b', 'runDelayP99Ms'), read('b', 'runDelayP99Ms', 'bare-post')),
  },
  {
    title: 'the same, of runs whose rows are one push, p99 (b)',
    wanted: '≤ bare POST of the same bytes + 6 ms',
    decision: '0012-push-latency',
    stand: (read) => beyond(read('b', 'pushDelayP99Ms'), read('b', 'pushDelayP99Ms', 'bare-post')),
  },
  {
    title: 'ticks late by, 50 metrics, p99 (c)',
    wanted: '≤ 5 ms',
    decision: '0010-cost-of-a-row',
    stand: (read) => atMost('late50P99Ms', read('c', 'late50P99Ms'), 5),
  },
  {
    title: 'start to first row in Loki, startup checks included (f)',
    wanted: '≤ 500 ms',
    decision: '0009-start',
    stand: (read) => atMost('firstRowMs', read('f', 'firstRowMs'), 500),
  },
  {
    title: 'rows a second from database to spool (d)',
    wanted: '≥ 0.8 × the bare ODBC fetch loop',
    decision: '0010-cost-of-a-row',
    stand: (read) =>
      shareOf(read('d', 'rowsPerSecond'), read('d', 'rowsPerSecond', 'bare-fetch'), (share) => share >= 0.8),
  },
  {
    title: 'drain of 5 streams (e)',
    wanted: "≥ 90 % of Loki's limit, no 429 after the first",
    decision: '0011-bursts',
    stand: (read) => drained(read('e', 'drain5Percent'), read('e', 'refused5Count')),
  },
  {
    title: 'drain of 50 streams (e)',
    wanted: "≥ 90 % of Loki's limit, no 429 after the first",
    decision: '0011-bursts',
    stand: (read) => drained(read('e', 'drain50Percent'), read('e', 'refused50Count')),
  },
  {
    title: 'idle CPU with six metrics, after 60 s (g)',
    wanted: '≤ 1 % of a core',
    decision: '0009-start',
    stand: (read) => atMost('cpuPercent', read('g', 'cpuPercent'), 1),
  },
]

function atMost(figure: FigureName, value: number | undefined, most: number): Stand | undefined {
  if (value === undefined) return undefined
  return { text: textOf(value, figures[figure].unit), isMet: value <= most }
}

function shareOf(
  own: number | undefined,
  other: number | undefined,
  isMet: (share: number) => boolean,
): Stand | undefined {
  if (own === undefined || other === undefined) return undefined
  const share = own / other
  return { text: `${share.toFixed(2)} ×`, isMet: isMet(share) }
}

/** What lies between the end of a query and the POST: spool, fsync, slot, framing. */
const mostBeyondMs = 6

function beyond(own: number | undefined, bare: number | undefined): Stand | undefined {
  if (own === undefined || bare === undefined) return undefined
  const text = `${textOf(own, 'ms')}, bare ${textOf(bare, 'ms')}`
  return { text, isMet: own <= bare + mostBeyondMs }
}

function drained(percent: number | undefined, refused: number | undefined): Stand | undefined {
  if (percent === undefined || refused === undefined) return undefined
  return {
    text: `${textOf(percent, '%')}, ${textOf(refused, '')} × 429`,
    isMet: percent >= 90 && refused === 0,
  }
}
