// (a) Many rows: what a row costs from the database to Loki, everything fsynced on the way where the
// contender does that.

import { type BenchMetric, contenderNames } from '../contender.ts'
import { samplesQuery } from '../source.ts'
import type { Played, Work, WorkTurn } from '../work.ts'
import { playContender } from './turn.ts'
import { glance, type LoadTimes, watchLoad } from './load.ts'

const rows = 1_000
const metrics: readonly BenchMetric[] = [1, 2, 3, 4, 5].map((number) => {
  const name = `flood_${number}`
  return { name, everyMs: 1_000, query: samplesQuery(name, rows), rows }
})
const usual: LoadTimes = { warmUpMs: 5_000, windowMs: 15_000 }

export const flood: Work = {
  letter: 'a',
  title: 'Many rows',
  what: `${metrics.length} metrics, each ${rows.toLocaleString('en')} rows of 8 mixed columns a second.`,
  subjects: contenderNames,
  figures: ['cpuPerRowUs', 'memoryMb'],
  rounds: 3,
  play: playFlood,
}

async function playFlood(turn: WorkTurn): Promise<Played> {
  const { seen, delivery } = await playContender(turn, metrics, (session) =>
    watchLoad(session, metrics, turn.isQuick ? glance : usual),
  )
  return {
    figures: {
      cpuPerRowUs: (seen.cpuSeconds / seen.rows) * 1e6,
      memoryMb: seen.memoryBytes / 1e6,
    },
    delivery,
  }
}
