// How soon the main thread answers while it is busy: the status over HTTP, and a signal, with 50 metrics of
// which one fetches 100,000 rows a run and never rests.

import { Agent, request } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pause } from '../../support/servers/waiting.ts'
import type { RunningService } from '../../support/service.ts'
import { type Extent, type Figure, latencies, type Measured } from './figures.ts'
import { type MetricEntry, onStage, rowsOf, type Stage } from './stage.ts'

const mostMs = 100
const questionEveryMs = 20
const runRows = 100_000

export async function measureMainThread({ isShort }: Extent): Promise<Measured> {
  const figures = await onStage(async (stage) => [
    ...(await askStatus(stage, isShort ? 6 : 30)),
    ...(await signalOften(stage, isShort ? 2 : 8)),
  ])
  const what =
    `50 metrics; one returns ${runRows.toLocaleString('en')} rows a run, run after run, the others 10 rows ` +
    `a second. One question each ${questionEveryMs} ms; SIGTERM while a run is being fetched, to the log's ` +
    '"stopping" by its own time stamp.'
  return { what, figures }
}

async function startBusy({ start }: Stage): Promise<RunningService> {
  const small = { every: '1s', query: rowsOf(10, 100) }
  const metrics: Record<string, MetricEntry> = {
    flood: { every: '1s', timeout: '60s', query: rowsOf(runRows, 60) },
    ...Object.fromEntries(Array.from({ length: 49 }, (_, index) => [`small_${index}`, small])),
  }
  const service = await start(metrics, ['--spool_metric', '1GiB'])
  await service.ready(60_000)
  await service.metric('flood', ({ runs }) => runs.ok > 0, 60_000)
  return service
}

async function askStatus(stage: Stage, seconds: number): Promise<Figure[]> {
  const service = await startBusy(stage)
  const { runs } = await service.metric('flood', () => true)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const own = monitorEventLoopDelay({ resolution: 1 })
  own.enable()
  const tookMs: number[] = []
  const endMs = performance.now() + seconds * 1_000
  while (performance.now() < endMs) {
    tookMs.push(await timeOfQuestion(service.port, agent))
    await pause(questionEveryMs)
  }
  own.disable()
  agent.destroy()
  const after = await service.metric('flood', () => true)
  await service.stop()
  return [
    ...latencies('/api/status answered within', tookMs, mostMs),
    { name: 'of which this program itself was late, p99', value: own.percentile(99) / 1e6, unit: 'ms' },
    { name: 'large runs meanwhile', value: after.runs.ok - runs.ok, unit: 'count', bound: { least: 1 } },
  ]
}

function timeOfQuestion(port: number, agent: Agent): Promise<number> {
  const askedMs = performance.now()
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: '/api/status', agent }, (answer) => {
      answer.resume().once('end', () => resolve(performance.now() - askedMs))
    })
    asked.once('error', reject).end()
  })
}

async function signalOften(stage: Stage, times: number): Promise<Figure[]> {
  const actedMs: number[] = []
  const endedMs: number[] = []
  for (let time = 0; time < times; time += 1) {
    const service = await startBusy(stage)
    await service.metric('flood', ({ runningSinceMs }) => runningSinceMs !== undefined)
    const sentMs = Date.now()
    await service.stop()
    endedMs.push(Date.now() - sentMs)
    const line = service.log().findLast(({ event }) => event === 'service.stopping')
    if (line === undefined) throw new Error(`no word of a stop: ${service.launched.output().slice(-2_000)}`)
    actedMs.push(Math.max(0, Date.parse(String(line['time'])) - sentMs))
  }
  return [
    ...latencies('SIGTERM acted on within', actedMs, mostMs),
    { name: 'SIGTERM to the end of all processes, largest', value: Math.max(...endedMs), unit: 'ms' },
  ]
}
