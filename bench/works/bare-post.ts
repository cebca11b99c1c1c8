// The bare POST of (b): the very pushes of rowtail, caught before a Loki of their own, are posted once more
// by a loop that does nothing else, in the rhythm in which they came.

import { type Asked, isPush, LokiProxy, sendAnswer, streamsOf } from '../../test/support/loki-proxy.ts'
import { LokiServer } from '../../test/support/servers/loki.ts'
import { pause } from '../../test/support/servers/waiting.ts'
import { contenders } from '../contenders/registry.ts'
import { delayFigures } from '../run-delays.ts'
import { sqreamMetrics } from '../source.ts'
import { play } from '../stage.ts'
import type { Played, WorkTurn } from '../work.ts'
import { untilRowsArrive } from './load.ts'

type CaughtRun = { readonly atMs: number; readonly pushes: Asked[] }

export async function playBarePost(turn: WorkTurn): Promise<Played> {
  const runs = await catchRuns(turn)
  const sender = await LokiProxy.start(turn.stage.loki.baseUrl, { keepAlive: true })
  try {
    const delays = []
    const [firstMs = 0, begunMs] = [runs[0]?.atMs, performance.now()]
    for (const { atMs, pushes } of runs) {
      await pause(Math.max(0, atMs - firstMs - (performance.now() - begunMs)))
      const sentMs = performance.now()
      for (const push of pushes) await post(sender, push)
      delays.push({ delayMs: performance.now() - sentMs, pushes: pushes.length })
    }
    return { figures: delayFigures(delays) }
  } finally {
    await sender.stop()
  }
}

async function post(sender: LokiProxy, push: Asked): Promise<void> {
  const { status, body } = await sender.forward(push)
  if (status !== 204) throw new Error(`Loki answered ${status} to a bare POST: ${String(body)}`)
}

/** The pushes of each run, from a turn of rowtail. */
async function catchRuns({ stage, label, isQuick }: WorkTurn): Promise<CaughtRun[]> {
  const loki = await LokiServer.start()
  const proxy = await LokiProxy.start(loki.baseUrl, { keepAlive: true })
  const runs = new Map<string, CaughtRun>()
  proxy.serve(async (asked, answer) => {
    if (isPush(asked)) note(runs, asked)
    sendAnswer(answer, await proxy.forward(asked))
  })
  try {
    const metrics = await sqreamMetrics(stage.postgres)
    const contender = contenders.rowtail
    const rowtailTurn = { contender, metrics, label, lokiUrl: proxy.baseUrl }
    await play({ ...stage, loki }, rowtailTurn, async (session) => {
      await untilRowsArrive(session)
      await pause(isQuick ? 1_000 : 30_000)
    })
  } finally {
    await proxy.stop()
    await loki.remove()
  }
  return [...runs.values()]
}

/** Rows carry their run's id; run lines are left out. */
function note(runs: Map<string, CaughtRun>, asked: Asked): void {
  const [stream] = streamsOf(asked)
  if (stream === undefined || stream.labels.includes('job="rowtail"')) return
  const runId = stream.entries.at(-1)?.metadata.find(([name]) => name === 'run_id')?.[1]
  const key = `${stream.labels} ${runId}`
  const run = runs.get(key) ?? { atMs: performance.now(), pushes: [] }
  run.pushes.push(asked)
  runs.set(key, run)
}
