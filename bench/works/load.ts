// A steady load, looked at from outside: what works (a), (b), (c) and (g) share. The contender warms up, then
// CPU time, rows handed out and memory are read over a window that begins and ends with a run of the first
// metric: so it holds whole intervals, whenever a contender's ticks are.

import { percentile } from '../../test/torture/measure/figures.ts'
import { pause, waitFor } from '../../test/support/servers/waiting.ts'
import type { BenchMetric } from '../contender.ts'
import { rowsOfRuns } from '../source.ts'
import type { Session } from '../stage.ts'
import { cpuSecondsOf, memoryBytesOf } from '../usage.ts'

export type LoadTimes = { readonly warmUpMs: number; readonly windowMs: number }

/** For a smoke test: rows have arrived, and nothing is worth a figure. */
export const glance: LoadTimes = { warmUpMs: 0, windowMs: 0 }

export type Load = {
  readonly cpuSeconds: number
  /** Handed out meanwhile. */
  readonly rows: number
  readonly seconds: number
  /** Median over the window. */
  readonly memoryBytes: number
}

const startTimeoutMs = 60_000
const runTimeoutMs = 60_000
const sampleEveryMs = 1_000

export async function watchLoad(
  session: Session,
  metrics: readonly BenchMetric[],
  times: LoadTimes,
): Promise<Load> {
  await untilRowsArrive(session)
  await pause(times.warmUpMs)
  const read = times.windowMs > 0 ? atNextRun : readNow
  const begun = await read(session)
  const memory = await sampleMemory(session, times.windowMs)
  const ended = await read(session)
  return {
    cpuSeconds: ended.cpuSeconds - begun.cpuSeconds,
    rows: rowsOfRuns(metrics, ended.runs) - rowsOfRuns(metrics, begun.runs),
    seconds: (ended.atMs - begun.atMs) / 1_000,
    memoryBytes: percentile(memory, 50),
  }
}

/** Each second of a window, the first sample at its beginning. */
async function sampleMemory(session: Session, windowMs: number): Promise<number[]> {
  const samples: number[] = []
  const endMs = performance.now() + windowMs
  do {
    samples.push(memoryBytesOf(session.contestant.launched.pid))
    await pause(Math.min(sampleEveryMs, Math.max(0, endMs - performance.now())))
  } while (performance.now() < endMs)
  return samples
}

/** What was spent and handed out until the next run of the first metric. */
async function atNextRun(session: Session): Promise<Reading> {
  const [before] = await session.runs()
  const look = async () => {
    const reading = await readNow(session)
    return reading.runs[0] === before ? undefined : reading
  }
  return waitFor(look, { what: 'a run of the first metric', timeoutMs: runTimeoutMs, everyMs: 50 })
}

type Reading = {
  readonly runs: readonly number[]
  readonly cpuSeconds: number
  readonly atMs: number
}

async function readNow(session: Session): Promise<Reading> {
  session.checkAlive()
  const runs = await session.runs()
  const cpuSeconds = cpuSecondsOf(session.contestant.launched.pid)
  return { runs, cpuSeconds, atMs: performance.now() }
}

export async function untilRowsArrive(session: Session): Promise<void> {
  const hasRows = async () => {
    session.checkAlive()
    return (await session.arrived()) > 0
  }
  await waitFor(hasRows, { what: 'the first row in Loki', timeoutMs: startTimeoutMs, everyMs: 100 })
}
