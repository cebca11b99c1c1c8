// How late the ticks of other metrics are while one metric's driver hangs for ever, and while the driver host
// that serves them all is stopped or dies again and again. Read from the status, which tells of each run how
// long after its tick it began; the rows' own clock, the database's, is not used: a run that cannot reach a
// host has none.

import type { MetricStatus } from '../../../src/core/status-metric.ts'
import { signalAll, treeOf } from '../../support/servers/processes.ts'
import { pause } from '../../support/servers/waiting.ts'
import type { RunningService } from '../../support/service.ts'
import { type Extent, type Figure, latencies, type Measured } from './figures.ts'
import { type MetricEntry, onStage, type Stage } from './stage.ts'

const everyMs = 250
const others = 9
const mostLateMs = 10

type Trouble = {
  readonly name: string
  /** What the troublemaker asks. */
  readonly query: string
  /** Done about once a second. */
  readonly deed: (service: RunningService, second: number) => void
}

const troubles: readonly Trouble[] = [
  { name: 'no trouble', query: 'select 1 as one', deed: () => undefined },
  { name: 'a query that hangs for ever', query: 'select pg_sleep(1000000)', deed: () => undefined },
  { name: 'a stopped driver host', query: 'select 1 as one', deed: stopHost },
  { name: 'a driver host that crashes each second', query: 'select 1 as one', deed: crashHost },
]

export async function measureLateness({ isShort }: Extent): Promise<Measured> {
  const seconds = isShort ? 5 : 20
  const figures: Figure[] = []
  for (const trouble of troubles) {
    figures.push(...(await onStage((stage) => suffer(stage, trouble, seconds))))
  }
  const what =
    `${others} metrics poll every ${everyMs} ms and one more makes the trouble, ${seconds} s each. ` +
    'A stopped host (SIGSTOP) is stopped again, and its successors too, every five seconds.'
  return { what, figures }
}

async function suffer({ start }: Stage, trouble: Trouble, seconds: number): Promise<Figure[]> {
  const service = await start(metricsOf(trouble))
  await service.ready()
  for (const name of otherNames) await service.metric(name, ({ runs }) => runs.ok >= 4)
  const before = await othersOf(service)
  const lateMs = new Map<string, number>()
  for (let second = 0; second < seconds; second += 1) {
    trouble.deed(service, second)
    const untilMs = performance.now() + 1_000
    while (performance.now() < untilMs) {
      for (const { name, lastTick } of await othersOf(service)) {
        if (lastTick !== undefined) lateMs.set(`${name} ${lastTick.atMs}`, lastTick.latenessMs)
      }
      await pause(everyMs / 5)
    }
  }
  const after = await othersOf(service)
  signalAll(treeOf(service.launched.pid), 'SIGCONT')
  await service.stop()
  const grown = (count: (metric: MetricStatus) => number): number => sum(after, count) - sum(before, count)
  const { name } = trouble
  return [
    ...latencies(`${name}: other ticks late by`, [...lateMs.values()], mostLateMs),
    { name: `${name}: their runs that failed`, value: grown(({ runs }) => runs.failed), unit: 'count' },
    { name: `${name}: their ticks skipped`, value: grown(({ skippedTicks }) => skippedTicks), unit: 'count' },
  ]
}

const otherNames = Array.from({ length: others }, (_, index) => `other_${index}`)

function metricsOf({ query }: Trouble): Record<string, MetricEntry> {
  const entry = { every: `${everyMs}ms`, timeout: '5s', query: 'select 1 as one' }
  return {
    troublemaker: { ...entry, query },
    ...Object.fromEntries(otherNames.map((name) => [name, entry])),
  }
}

async function othersOf(service: RunningService): Promise<MetricStatus[]> {
  const { metrics } = await service.status()
  return metrics.filter(({ name }) => name !== 'troublemaker')
}

function sum(metrics: readonly MetricStatus[], count: (metric: MetricStatus) => number): number {
  return metrics.reduce((total, metric) => total + count(metric), 0)
}

/** All hosts that there are: the second one serves nobody yet. */
function stopHost(service: RunningService, second: number): void {
  if (second % 5 === 0) signalAll(hostsOf(service), 'SIGSTOP')
}

function crashHost(service: RunningService): void {
  signalAll(hostsOf(service), 'SIGSEGV')
}

function hostsOf({ launched }: RunningService): number[] {
  return treeOf(launched.pid).slice(1)
}
