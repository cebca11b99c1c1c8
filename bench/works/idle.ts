// (g) Idle: the six metrics of SQream at their default intervals on a cluster that does nothing, a minute
// after the start.

import { sqreamMetrics } from '../source.ts'
import type { Played, Work, WorkTurn } from '../work.ts'
import { glance, type LoadTimes, watchLoad } from './load.ts'
import { playContender } from './turn.ts'

const usual: LoadTimes = { warmUpMs: 60_000, windowMs: 40_000 }

export const idle: Work = {
  letter: 'g',
  title: 'Idle',
  what: 'The six metrics of SQream on an idle cluster: no locks, no statements. Read 60 s after the start.',
  subjects: ['rowtail', 'telegraf'],
  figures: ['cpuPercent', 'memoryMb'],
  rounds: 1,
  play: playIdle,
}

async function playIdle(turn: WorkTurn): Promise<Played> {
  const metrics = await sqreamMetrics(turn.stage.postgres, { isIdle: true })
  const { seen, delivery } = await playContender(turn, metrics, (session) =>
    watchLoad(session, metrics, turn.isQuick ? glance : usual),
  )
  const cpuPercent = (100 * seen.cpuSeconds) / seen.seconds
  return { figures: { cpuPercent, memoryMb: seen.memoryBytes / 1e6 }, delivery }
}
