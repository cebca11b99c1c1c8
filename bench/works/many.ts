// (c) Many metrics: what a further metric costs, and how late ticks are.

import { pause } from '../../test/support/servers/waiting.ts'
import { percentile } from '../../test/torture/measure/figures.ts'
import { type BenchMetric, type Contestant, contenderNames } from '../contender.ts'
import { samplesQuery } from '../source.ts'
import type { Delivery } from '../stage.ts'
import { statusOf } from '../rowtail-status.ts'
import type { Played, Work, WorkTurn } from '../work.ts'
import { glance, type Load, type LoadTimes, watchLoad } from './load.ts'
import { playContender } from './turn.ts'

const rows = 20
const usualCounts = [50, 100] as const
const quickCounts = [3, 6] as const
const usual: LoadTimes = { warmUpMs: 6_000, windowMs: 8_000 }
const latenessMs = 8_000
/** Each tick of a second is seen. */
const statusEveryMs = 250

export const many: Work = {
  letter: 'c',
  title: 'Many metrics',
  what: `50 metrics, then 100, each ${rows} rows a second.`,
  subjects: contenderNames,
  figures: [
    'memory50Mb',
    'memory100Mb',
    'memoryPerMetricMb',
    'cpu50Percent',
    'cpu100Percent',
    'late50P99Ms',
    'late100P99Ms',
  ],
  rounds: 2,
  play: playMany,
}

async function playMany(turn: WorkTurn): Promise<Played> {
  const counts = turn.isQuick ? quickCounts : usualCounts
  const fifty = await playCount(turn, counts[0])
  const hundred = await playCount(turn, counts[1])
  const megabytes = ({ load }: Seen) => load.memoryBytes / 1e6
  const percent = ({ load }: Seen) => (100 * load.cpuSeconds) / load.seconds
  return {
    figures: {
      memory50Mb: megabytes(fifty.seen),
      memory100Mb: megabytes(hundred.seen),
      memoryPerMetricMb: (megabytes(hundred.seen) - megabytes(fifty.seen)) / (counts[1] - counts[0]),
      cpu50Percent: percent(fifty.seen),
      cpu100Percent: percent(hundred.seen),
      ...(fifty.seen.lateMs.length === 0 ? {} : { late50P99Ms: percentile(fifty.seen.lateMs, 99) }),
      ...(hundred.seen.lateMs.length === 0 ? {} : { late100P99Ms: percentile(hundred.seen.lateMs, 99) }),
    },
    delivery: bothOf(fifty.delivery, hundred.delivery),
  }
}

type Seen = { readonly load: Load; readonly lateMs: readonly number[] }

function playCount(turn: WorkTurn, count: number) {
  const metrics: BenchMetric[] = Array.from({ length: count }, (_, index) => {
    const name = `many_${index + 1}`
    return { name, everyMs: 1_000, query: samplesQuery(name, rows), rows }
  })
  const label = `${turn.label}-${count}`
  return playContender({ ...turn, label }, metrics, async (session): Promise<Seen> => {
    const load = await watchLoad(session, metrics, turn.isQuick ? glance : usual)
    const isWatched = turn.subject === 'rowtail' && !turn.isQuick
    return { load, lateMs: isWatched ? await latenessOf(session.contestant) : [] }
  })
}

/** Of every tick of every metric in a while, as the status tells it. */
async function latenessOf(contestant: Contestant): Promise<number[]> {
  const lateMs = new Map<string, number>()
  const endMs = performance.now() + latenessMs
  while (performance.now() < endMs) {
    for (const { name, lastTick } of (await statusOf(contestant)).metrics) {
      if (lastTick !== undefined) lateMs.set(`${name} ${lastTick.atMs}`, lastTick.latenessMs)
    }
    await pause(statusEveryMs)
  }
  return [...lateMs.values()]
}

function bothOf(one: Delivery, other: Delivery): Delivery {
  return { asked: one.asked + other.asked, arrived: one.arrived + other.arrived }
}
