// What an outage costs in memory: Loki is away for as many rows as an hour brings, sixty times as fast, and
// then it takes them all. Nothing of it may be held but on disk.

import { pause } from '../../support/servers/waiting.ts'
import type { RunningService } from '../../support/service.ts'
import { type Extent, type Figure, type Measured, percentile } from './figures.ts'
import { heldBy } from './processes.ts'
import { type MetricEntry, onStage, rowsOf, type Stage } from './stage.ts'

const metrics = 50
const runsOfAnHour = 60
/** Each minute in an hour; here each second in a minute. */
const everyMs = 1_000
const rowsOfRun = 50
const mostGrowthPercent = 10

export async function measureMemory({ isShort }: Extent): Promise<Measured> {
  const runs = isShort ? 10 : runsOfAnHour
  const figures = await onStage((stage) => outage(stage, { runs, warmUpMs: isShort ? 10_000 : 40_000 }))
  const what =
    `${metrics} metrics of ${rowsOfRun} rows a minute; ${runsOfAnHour} runs of each, one a second, ` +
    'while Loki is away. Private pages of all processes; medians of ten seconds before the outage and at ' +
    'its end, and of all seconds while what waited drains.'
  return { what, figures }
}

type Length = { readonly runs: number; readonly warmUpMs: number }

async function outage({ gateway, start }: Stage, { runs, warmUpMs }: Length): Promise<Figure[]> {
  const entry: MetricEntry = { every: `${everyMs}ms`, query: rowsOf(rowsOfRun, 150) }
  const names = Array.from({ length: metrics }, (_, index) => `metric_${index}`)
  const service = await start(Object.fromEntries(names.map((name) => [name, entry])))
  await service.ready(60_000)
  await pause(warmUpMs)
  const before = await medianBytes(service, 10)
  gateway.mode = { kind: 'away' }
  await pause(runs * everyMs - 10_000)
  const during = await medianBytes(service, 10)
  const waiting = (await service.status()).spool
  gateway.mode = { kind: 'passing' }
  const draining = await bytesUntilDrained(service)
  await service.stop()
  return [
    { name: 'before the outage', value: before / 1e6, unit: 'MB' },
    { name: 'waiting at its end', value: waiting.bytes / 1e6, unit: 'MB' },
    { name: 'rows waiting at its end', value: waiting.rows, unit: 'count' },
    ...growth('at the end of the outage', during, before),
    ...growth('while it drains', draining, before),
  ]
}

function growth(name: string, bytes: number, before: number): Figure[] {
  const percent = (100 * (bytes - before)) / before
  return [
    { name, value: bytes / 1e6, unit: 'MB' },
    { name: `${name}, growth`, value: percent, unit: '%', bound: { most: mostGrowthPercent } },
  ]
}

async function medianBytes(service: RunningService, seconds: number): Promise<number> {
  const samples: number[] = []
  for (let second = 0; second < seconds; second += 1) {
    samples.push(heldBy(service.launched.pid).all.privateBytes)
    await pause(1_000)
  }
  return percentile(samples, 50)
}

/** Until no more waits than what the metrics just fetched. */
async function bytesUntilDrained(service: RunningService): Promise<number> {
  const samples: number[] = []
  for (;;) {
    samples.push(heldBy(service.launched.pid).all.privateBytes)
    if ((await service.status()).spool.rows <= 2 * metrics * rowsOfRun) return percentile(samples, 50)
    await pause(500)
  }
}
