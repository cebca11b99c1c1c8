// The demo as a person has it: rows arrive, its keys break things and mend them, no row is lost or comes
// twice by any of it, and Ctrl-C leaves nothing behind. The tests go through one demo in their order.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StatusSnapshot } from '../../src/core/status.ts'
import { RunningDemo } from '../support/demo.ts'

const metrics = [
  'get_leveldb_stats',
  'get_license_info',
  'show_cluster_nodes',
  'show_locks',
  'show_server_status',
]

describe('the demo', () => {
  let demo: RunningDemo
  beforeAll(async () => {
    demo = await RunningDemo.start()
  })
  afterAll(() => demo.cleanUp())

  it('brings rows of every metric into a Loki of its own, and says where that is', async () => {
    const jobs = async () => new Set((await demo.query('{job=~"show_.*|get_.*"}')).map(jobOf))
    await expect.poll(jobs, { timeout: 30_000 }).toEqual(new Set(metrics))
    const [row] = await demo.query('{job="get_license_info"} | json | cluster_size_left > 0')
    expect(row?.labels).toMatchObject({ host: 'demo', database: 'master' })
    expect(JSON.parse(row?.line ?? '')).toMatchObject({ cluster_size_limit: 100, is_date_expired: false })
  })

  it('takes Loki away and gives it back, while rows wait on disk', async () => {
    demo.press('l')
    await demo.told('demo.loki_away')
    const { sink } = await demo.status(
      ({ sink, spool }) => sink.state === 'lost' && spool.rows > 20,
      'the spool to grow',
    )
    expect(sink.lastError?.code).toBe('loki_unreachable')
    demo.press('l')
    await demo.told('demo.backlog')
    await demo.status(({ sink, spool }) => sink.state === 'ok' && spool.rows === 0, 'the spool to drain')
  })

  it('lets one query hang while the others go on, and crashes the driver', async () => {
    demo.press('h')
    const hung = await demo.status((status) => isFailing(status, 'query_abandoned'), 'the locks to time out')
    expect(hung.metrics.filter(({ state }) => state === 'failing').map(({ name }) => name)).toEqual([
      'show_locks',
    ])
    demo.press('h')
    demo.press('c')
    await demo.told('demo.hosts_back')
    await demo.status(
      ({ metrics }) => metrics.every(({ runs }) => runs.failuresInARow === 0),
      'every metric to succeed',
    )
  })

  it('has each row of each run in Loki once', async () => {
    const { metrics } = await demo.status(({ spool }) => spool.rows === 0, 'the spool to be empty')
    // Rows and run lines are streams apart: the newest run may have arrived by half.
    await expect.poll(() => differingRuns(demo), { timeout: 20_000 }).toEqual([])
    const succeeded = metrics.reduce((sum, { runs }) => sum + runs.ok, 0)
    const runLines = async () => (await demo.query('{job="rowtail"} |= "ok"')).length
    await expect.poll(runLines, { timeout: 20_000 }).toBeGreaterThanOrEqual(succeeded) // they are gathered
    const rows = await demo.query(anyRow)
    expect(new Set(rows.map((row) => `${jobOf(row)} ${row.atNs}`)).size).toBe(rows.length)
  })

  it('leaves nothing behind at Ctrl-C', async () => {
    const url = await demo.lokiUrl()
    expect(await demo.end()).toEqual({ code: 0, signal: null })
    expect(demo.leftovers()).toEqual({ files: [], processes: [] })
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })
})

const anyRow = '{job=~".+", job!="rowtail"}'

/** Runs of which Loki shows another number of rows than their run line tells. */
async function differingRuns(demo: RunningDemo): Promise<unknown[]> {
  const runs = await demo.query('{job="rowtail"}')
  const shown = Map.groupBy(await demo.query(anyRow), ({ metadata }) => metadata['run_id'])
  const told = runs.map(({ line, metadata }) => [metadata['run_id'], rowsTold(line)] as const)
  return told.filter(([run, rows]) => (shown.get(run)?.length ?? 0) !== rows)
}

function jobOf({ labels }: { readonly labels: Readonly<Record<string, string>> }): string {
  return labels['job'] ?? ''
}

function isFailing({ metrics }: StatusSnapshot, code: string): boolean {
  return metrics.some(({ state, lastError }) => state === 'failing' && lastError?.code === code)
}

/** Rows of a failed run are none of Loki's. */
function rowsTold(line: string): number {
  const { status, rows } = JSON.parse(line) as { status: string; rows: number } // a run line
  return status === 'ok' ? rows : 0
}
