// Open files, sockets and threads of the main process and of its driver hosts, before and after 200 runs of
// which many fail: errors, deadlines, hangs, hosts that die, a Loki and a database that restart.

import { signalAll, treeOf } from '../../support/servers/processes.ts'
import { pause } from '../../support/servers/waiting.ts'
import type { RunningService } from '../../support/service.ts'
import type { Extent, Figure, Measured } from './figures.ts'
import { type Held, heldBy } from './processes.ts'
import { type MetricEntry, onStage, type Stage } from './stage.ts'

const every = '250ms'
const metrics: Readonly<Record<string, MetricEntry>> = {
  good: { every, query: 'select 1 as one' },
  rows: { every, query: 'select n from generate_series(1, 2000) as n' },
  refused: { every, query: 'select * from no_such_table' },
  broken: { every, query: 'select 1 / (500 - n) from generate_series(1, 1000) as n' },
  late: { every, timeout: '500ms', query: 'select pg_sleep(3)' },
}
const kinds = ['files', 'sockets', 'threads'] as const
type Count = Pick<Held, (typeof kinds)[number]>

export async function measureHandles({ isShort }: Extent): Promise<Measured> {
  const figures = await onStage((stage) => countAround(stage, isShort ? 40 : 200))
  const what =
    'Five metrics every 250 ms: two good ones, an unknown table, an error in mid-cursor, a query beyond ' +
    'its deadline. Driver hosts are killed once before, then four times; Loki and PostgreSQL restarted. ' +
    'Smallest of ten counts in three seconds: after the first kill, and after the last trouble.'
  return { what, figures }
}

async function countAround({ postgres, loki, start }: Stage, runs: number): Promise<Figure[]> {
  const service = await start(metrics)
  await service.ready()
  // A query that was in a host that died goes on over the second host, which then stays.
  await runsOf(service, 20)
  killHosts(service)
  await runsOf(service, 20)
  const before = await smallestOf(service)
  for (let quarter = 1; quarter <= 4; quarter += 1) {
    await runsOf(service, runs / 4)
    killHosts(service)
    if (quarter === 2) await loki.restart()
    if (quarter === 3) await postgres.restart()
  }
  await runsOf(service, 20)
  const after = await smallestOf(service)
  const { metrics: all } = await service.status()
  const failed = all.reduce((sum, { runs }) => sum + runs.failed, 0)
  await service.stop()
  return [
    { name: 'runs that failed', value: failed, unit: 'count', bound: { least: 1 } },
    ...compared('main process', before.main, after.main),
    ...compared('driver hosts', before.hosts, after.hosts),
  ]
}

function killHosts({ launched }: RunningService): void {
  signalAll(treeOf(launched.pid).slice(1), 'SIGKILL')
}

/** Waits until the good metric has so many more runs, failed ones too. */
async function runsOf(service: RunningService, count: number): Promise<void> {
  const total = ({ runs }: { readonly runs: { readonly ok: number; readonly failed: number } }) =>
    runs.ok + runs.failed
  const begun = total(await service.metric('good', () => true))
  await service.metric('good', (metric) => total(metric) >= begun + count, 240_000)
}

/** What comes and goes with a run or a push is not what stays. */
async function smallestOf(service: RunningService): Promise<{ main: Count; hosts: Count }> {
  const samples: ReturnType<typeof heldBy>[] = []
  for (let sample = 0; sample < 10; sample += 1) {
    samples.push(heldBy(service.launched.pid))
    await pause(300)
  }
  const least = (who: 'main' | 'hosts', kind: (typeof kinds)[number]) =>
    Math.min(...samples.map((held) => held[who][kind]))
  const countsOf = (who: 'main' | 'hosts'): Count => ({
    files: least(who, 'files'),
    sockets: least(who, 'sockets'),
    threads: least(who, 'threads'),
  })
  return { main: countsOf('main'), hosts: countsOf('hosts') }
}

function compared(who: string, before: Count, after: Count): Figure[] {
  return kinds.flatMap((kind): Figure[] => [
    { name: `${who}: ${kind} before`, value: before[kind], unit: 'count' },
    { name: `${who}: ${kind} after`, value: after[kind], unit: 'count', bound: { most: before[kind] } },
  ])
}
