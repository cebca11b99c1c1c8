// What a SIGKILL leaves behind: a run is there whole or not at all.

import { describe, expect, it, vi } from 'vitest'
import { startChild } from './support/child-process.ts'
import { chunkOf, commitOf } from './support/chunks.ts'
import { drain, openedSpool, temporarySpoolPath } from './support/temporary-spool.ts'

// Every write waits for the disk, and a busy disk is no failure.
vi.setConfig({ testTimeout: 30_000 })

function runText(run: number): string {
  return `${run}a ${run}b ${run}c ${run}d `
}

describe('a worker that is killed', () => {
  it('Q-4: between staging and commit leaves nothing of that run', async () => {
    const path = temporarySpoolPath()
    const child = startChild('write-runs', [path, 'staged'])
    expect(await child.nextMessage()).toEqual({ step: 'staged', run: 1 })
    await child.kill()

    const spool = openedSpool(path)
    const rows = spool.streamOf('{job="a"}', 'rows')
    expect(spool.isEmpty).toBe(true)
    expect(spool.lastRunMs()).toBeUndefined()
    spool.commitRun(commitOf([chunkOf(rows, 'next')]))
    expect(drain(spool, rows)).toEqual(['next'])
  })

  it('Q-2: after the commit leaves the run whole, with its last time', async () => {
    const path = temporarySpoolPath()
    const child = startChild('write-runs', [path, 'committed'])
    expect(await child.nextMessage()).toEqual({ step: 'staged', run: 1 })
    expect(await child.nextMessage()).toEqual({ step: 'committed', run: 1 })
    await child.kill()

    const spool = openedSpool(path)
    const rows = spool.streamOf('{job="a"}', 'rows')
    expect(spool.lastRunMs()).toBe(1)
    expect(spool.lastNs(rows)).toBe(1n)
    expect(drain(spool, rows)).toEqual([runText(1)])
  })

  it.each([1, 5, 20, 50])(
    'Q-2: anywhere after run %i leaves all runs, and whole ones only',
    async (minimum) => {
      const path = temporarySpoolPath()
      const child = startChild('write-runs', [path, 'never'])
      let reported = 0
      while (reported < minimum) {
        // The child sends nothing else.
        const { step, run } = (await child.nextMessage()) as { step: string; run: number }
        if (step === 'committed') reported = run
      }
      await child.kill()

      const spool = openedSpool(path)
      const runs = spool.lastRunMs() ?? 0
      expect(runs).toBeGreaterThanOrEqual(minimum)
      const expected = Array.from({ length: runs }, (_, index) => runText(index + 1)).join('')
      expect(drain(spool, spool.streamOf('{job="a"}', 'rows')).join('')).toBe(expected)
    },
  )
})
