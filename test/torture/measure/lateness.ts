// How late the ticks of other metrics are while one metric's query hangs for ever or crashes the driver, and
// while the driver host that serves them all is stopped or dies again and again. Read from the status, which
// tells of each run how long after its tick it began; the rows' own clock, the database's, is not used: a run
// that cannot reach a host has none.

import type { MetricStatus } from '../../../src/core/status-metric.ts'
import { FaultyDriver } from '../../support/faulty-odbc/registration.ts'
import { signalAll, treeOf } from '../../support/servers/processes.ts'
import { pause } from '../../support/servers/waiting.ts'
import type { RunningService } from '../../support/service.ts'
import { type Extent, type Figure, latencies, type Measured } from './figures.ts'
import { type MetricEntry, onStage, type Stage } from './stage.ts'

const everyMs = 250
const others = 9
const mostLateMs = 10
const harmless = 'select 1 as one'

type Trouble = {
  readonly name: string
  /** What the troublemaker asks; psqlodbc is asked, unless it is an order to the faulty driver. */
  readonly query?: string
  readonly order?: string
  /** Done about once a second. */
  readonly deed?: (service: RunningService, second: number) => void
}

const troubles: readonly Trouble[] = [
  { name: 'no trouble' },
  { name: 'a query that hangs for ever', query: 'select pg_sleep(1000000)' },
  { name: 'a query that crashes the driver each time', order: 'segfault execute' },
  { name: 'a stopped driver host', deed: stopHost },
  { name: 'a driver host that crashes each second', deed: crashHost },
]

export async function measureLateness({ isShort }: Extent): Promise<Measured> {
  const seconds = isShort ? 5 : 60
  const figures: Figure[] = []
  const driver = await FaultyDriver.build()
  try {
    for (const trouble of troubles) {
      figures.push(...(await onStage((stage) => suffer(stage, driver, { trouble, seconds }))))
    }
  } finally {
    await driver.remove()
  }
  const what =
    `${others} metrics poll every ${everyMs} ms and one more makes the trouble, ${seconds} s each. ` +
    'A stopped host (SIGSTOP) is stopped again, and its successors too, every five seconds.'
  return { what, figures }
}

type Suffering = { readonly trouble: Trouble; readonly seconds: number }

async function suffer(
  { start }: Stage,
  driver: FaultyDriver,
  { trouble, seconds }: Suffering,
): Promise<Figure[]> {
  const { name, order, query = harmless, deed } = trouble
  const service = await (order === undefined
    ? start(metricsOf(query, harmless))
    : startFaulty(start, driver, order))
  await service.ready()
  for (const name of otherNames) await service.metric(name, ({ runs }) => runs.ok >= 4)
  const before = await othersOf(service)
  const lateMs = new Map<string, number>()
  for (let second = 0; second < seconds; second += 1) {
    deed?.(service, second)
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
  return [
    ...latencies(`${name}: other ticks late by`, [...lateMs.values()], mostLateMs),
    { name: `${name}: their runs that failed`, value: grown(({ runs }) => runs.failed), unit: 'count' },
    { name: `${name}: their ticks skipped`, value: grown(({ skippedTicks }) => skippedTicks), unit: 'count' },
  ]
}

const otherNames = Array.from({ length: others }, (_, index) => `other_${index}`)

/** All over the faulty driver: a crash costs others what it would cost them over one of a vendor. */
function startFaulty(start: Stage['start'], driver: FaultyDriver, order: string): Promise<RunningService> {
  const name = 'trouble'
  driver.order(name, order)
  const flags = ['--connection_string', driver.connectionString]
  return start(metricsOf(`obey ${name}`, 'rows 1'), flags, driver.environment)
}

function metricsOf(query: string, othersQuery: string): Record<string, MetricEntry> {
  const entry = { every: `${everyMs}ms`, timeout: '5s', query: othersQuery }
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
