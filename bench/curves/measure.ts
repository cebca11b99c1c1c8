// Measures the points of a curve, each with a rowtail of its own, on one stage.

import { RecordingLoki } from '../../test/support/recording-loki.ts'
import { pause } from '../../test/support/servers/waiting.ts'
import { contenders } from '../contenders/registry.ts'
import { statusOf } from '../rowtail-status.ts'
import { play, type Session, type Stage } from '../stage.ts'
import { cpuSecondsOf, memoryBytesOf } from '../usage.ts'
import { type LoadTimes, untilRowsArrive, watchLoad } from '../works/load.ts'
import { backlogLoad, type CurveLoad } from './loads.ts'
import type { Point } from './points.ts'

const times: LoadTimes = { warmUpMs: 5_000, windowMs: 6_000 }
const backlogEveryMs = 2_000

export async function measurePoint(stage: Stage, load: CurveLoad, value: number): Promise<Point> {
  const metrics = load.metricsOf(value)
  const turn = { contender: contenders.rowtail, metrics, label: `${load.name}-${value}` }
  const { seen } = await play(stage, turn, (session) => watchLoad(session, metrics, times))
  return {
    value,
    memoryMb: seen.memoryBytes / 1e6,
    cpuPercent: (100 * seen.cpuSeconds) / seen.seconds,
  }
}

/** One rowtail before a Loki that goes away: a point every two seconds. */
export async function measureBacklog(stage: Stage): Promise<Point[]> {
  const { metrics, name, seconds } = backlogLoad
  const gateway = await RecordingLoki.start(stage.loki.baseUrl)
  const turn = { contender: contenders.rowtail, metrics, label: name, lokiUrl: gateway.baseUrl }
  try {
    const { seen } = await play(stage, turn, async (session) => {
      await untilRowsArrive(session)
      await pause(times.warmUpMs)
      gateway.mode = { kind: 'away' }
      const points = await watchBacklog(session, seconds)
      gateway.mode = { kind: 'passing' }
      return points
    })
    return seen
  } finally {
    await gateway.stop()
  }
}

async function watchBacklog(session: Session, seconds: number): Promise<Point[]> {
  const { pid } = session.contestant.launched
  const points: Point[] = []
  for (let passedMs = 0; passedMs < seconds * 1_000; passedMs += backlogEveryMs) {
    const [begunMs, begunSeconds] = [performance.now(), cpuSecondsOf(pid)]
    await pause(backlogEveryMs)
    session.checkAlive()
    const { spool } = await statusOf(session.contestant)
    const cpuPercent = (100_000 * (cpuSecondsOf(pid) - begunSeconds)) / (performance.now() - begunMs)
    points.push({ value: spool.bytes / 1e6, memoryMb: memoryBytesOf(pid) / 1e6, cpuPercent })
  }
  return points
}
