// (b) What rowtail does all day: the six metrics that it asks of SQream, on a busy cluster. Memory, and how
// long a run's rows take from the end of its query until Loki has them all.

import { contenderNames } from '../contender.ts'
import { delayFigures, runDelays } from '../run-delays.ts'
import { sqreamMetrics } from '../source.ts'
import type { Played, Work, WorkTurn } from '../work.ts'
import { playBarePost } from './bare-post.ts'
import { glance, type LoadTimes, watchLoad } from './load.ts'
import { playContender } from './turn.ts'

const usual: LoadTimes = { warmUpMs: 10_000, windowMs: 30_000 }

export const busy: Work = {
  letter: 'b',
  title: 'The six metrics of SQream',
  what:
    'At their default intervals, with rows of a busy cluster: show_locks has 1,250 every 2 s, one in forty ' +
    'with a statement of 8 kB.',
  subjects: [...contenderNames, 'bare-post'],
  figures: ['memoryMb', 'cpuPercent', 'runDelayP99Ms', 'pushDelayP99Ms'],
  rounds: 2,
  play: (turn) => (turn.subject === 'bare-post' ? playBarePost(turn) : playBusy(turn)),
}

async function playBusy(turn: WorkTurn): Promise<Played> {
  const metrics = await sqreamMetrics(turn.stage.postgres)
  const isOurs = turn.subject === 'rowtail'
  const flags = isOurs ? ['--log_level', 'debug'] : []
  const { seen, delivery } = await playContender({ ...turn, flags }, metrics, async (session) => ({
    load: await watchLoad(session, metrics, turn.isQuick ? glance : usual),
    delays: isOurs ? await runDelays(turn.stage.loki, turn.label, session.contestant) : [],
  }))
  const { load, delays } = seen
  return {
    figures: {
      memoryMb: load.memoryBytes / 1e6,
      cpuPercent: (100 * load.cpuSeconds) / load.seconds,
      ...delayFigures(delays),
    },
    delivery,
  }
}
