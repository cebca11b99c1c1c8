// (e) After an outage: how fast the backlogs of 5 and of 50 metrics drain at the limits that a Loki has by
// default, and how often it has to refuse. On a stage of its own, with a gateway that can be away.

import { type Backlogs, drain, type Drained, drainedOf } from '../../test/torture/measure/pacing.ts'
import { onStage } from '../../test/torture/measure/stage.ts'
import type { Played, Work, WorkTurn } from '../work.ts'

const totalBytes = 100e6
/** Loki lets a burst of 6 MB pass: nothing of this is refused, and no rate is read. */
const quickBytes = 3e6
const rowBytes = 1_000
const backlogOf = (streams: number, totalBytes: number): Backlogs => ({
  large: streams,
  small: 0,
  rows: Math.round(totalBytes / streams / rowBytes),
  padBytes: rowBytes - 30,
})

export const drainBacklogs: Work = {
  letter: 'e',
  title: 'Drain',
  what:
    'Loki is away until 5 metrics, then 50, have fetched 100 MB together: an hour of 28 kB a second. ' +
    'From the first 429 until the first backlog is through.',
  subjects: ['rowtail'],
  figures: ['drain5Percent', 'drain50Percent', 'refused5Count', 'refused50Count'],
  rounds: 1,
  play: playDrain,
}

async function playDrain({ isQuick }: WorkTurn): Promise<Played> {
  if (isQuick) {
    await onStage((stage) => drain(stage, backlogOf(5, quickBytes)))
    return { figures: {} }
  }
  const [five, fifty] = [await drainStreams(5), await drainStreams(50)]
  return {
    figures: {
      drain5Percent: five.percent,
      drain50Percent: fifty.percent,
      refused5Count: five.refusedLater,
      refused50Count: fifty.refusedLater,
    },
  }
}

async function drainStreams(streams: number): Promise<Drained> {
  const { pushes, large } = await onStage((stage) => drain(stage, backlogOf(streams, totalBytes)))
  return drainedOf(pushes, large)
}
