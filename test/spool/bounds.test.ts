import { describe, expect, it, vi } from 'vitest'
import { chunkOf, chunkOfSize, commitOf, mebibyte } from './support/chunks.ts'
import { drain, openedSpool, takeRange, temporarySpool, textOf } from './support/temporary-spool.ts'

// Every write waits for the disk, and a busy disk is no failure.
vi.setConfig({ testTimeout: 30_000 })

describe('the bound of a spool', () => {
  it('Q-13: is kept by dropping nothing at the bound and the oldest rows one byte past it', () => {
    const { spool } = temporarySpool({ maxBytes: 10 })
    const rows = spool.streamOf('{}', 'rows')
    expect(spool.commitRun(commitOf([chunkOf(rows, 'aaaa'), chunkOf(rows, 'bbbbbb')]))).toEqual([])
    const dropped = spool.commitRun(commitOf([chunkOf(rows, 'c')]))
    expect(dropped).toEqual([{ entries: 1, bytes: 4, reason: 'spool_full' }])
    expect(drain(spool, rows)).toEqual(['bbbbbbc'])
  })

  it('Q-13: does not count staged chunks until they are visible', () => {
    const { spool } = temporarySpool({ maxBytes: 10 })
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'aaaaaaaaaa')]))
    spool.stage(chunkOf(rows, 'bbbbbbbbbb'))
    expect(spool.depth().bytes).toBe(10)
    expect(spool.commitRun(commitOf([]))).toEqual([{ entries: 1, bytes: 10, reason: 'spool_full' }])
    expect(drain(spool, rows)).toEqual(['bbbbbbbbbb'])
  })

  it('Q-13: drops run lines last, however old they are', () => {
    const { spool } = temporarySpool({ maxBytes: 10 })
    const runs = spool.streamOf('{job="rowtail"}', 'runs')
    const rows = spool.streamOf('{job="a"}', 'rows')
    spool.commitRun(commitOf([chunkOf(runs, 'run1'), chunkOf(rows, 'row1')]))
    expect(spool.commitRun(commitOf([chunkOf(runs, 'run2'), chunkOf(rows, 'row2')]))).toMatchObject([
      { entries: 2, bytes: 8 },
    ])
    expect(spool.commitRun(commitOf([chunkOf(runs, 'run3')]))).toMatchObject([{ entries: 1, bytes: 4 }])
    expect(drain(spool, runs)).toEqual(['run2run3'])
    expect(drain(spool, rows)).toEqual([])
  })

  it('Q-13: drops the oldest of several row streams first', () => {
    const { spool } = temporarySpool()
    const before = spool.streamOf('{env="before"}', 'rows')
    const after = spool.streamOf('{env="after"}', 'rows')
    for (const text of ['1', '2', '3']) {
      spool.commitRun(commitOf([chunkOf(before, `b${text}`), chunkOf(after, `a${text}`)]))
    }
    expect(spool.evict(5, 'spool_total')).toEqual([{ entries: 3, bytes: 6, reason: 'spool_total' }])
    expect(drain(spool, before)).toEqual(['b3'])
    expect(drain(spool, after)).toEqual(['a2a3'])
  })

  it('Q-13: never drops a range in flight', () => {
    const { spool } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'held')]))
    const range = takeRange(spool, rows)
    spool.commitRun(commitOf([chunkOf(rows, 'free')]))
    expect(spool.evict(mebibyte, 'disk_low')).toEqual([{ entries: 1, bytes: 4, reason: 'disk_low' }])
    expect(spool.evict(mebibyte, 'disk_low')).toEqual([])
    expect(textOf(spool, range)).toBe('held')
  })

  it('drops nothing when nothing is asked for', () => {
    const { spool } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'a')]))
    expect(spool.evict(0, 'spool_total')).toEqual([])
    expect(spool.isEmpty).toBe(false)
  })

  it('Q-15: counts what was dropped, by reason, over restarts', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf(['a', 'b', 'c'].map((text) => chunkOf(rows, text))))
    spool.evict(1, 'disk_low')
    spool.evict(1, 'spool_total')
    spool.close()
    const again = openedSpool(path)
    again.evict(1, 'disk_low')
    expect(again.droppedTotals()).toEqual([
      { reason: 'disk_low', entries: 2, bytes: 2 },
      { reason: 'spool_total', entries: 1, bytes: 1 },
    ])
  })

  it('drops as much as asked, over several transactions', () => {
    const { spool } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    for (let count = 0; count < 200; count += 1) spool.stage(chunkOfSize(rows, 100_000))
    spool.commitRun(commitOf([chunkOf(rows, 'kept')]))
    expect(spool.evict(20_000_000, 'spool_total')).toEqual([
      { entries: 200, bytes: 20_000_000, reason: 'spool_total' },
    ])
    expect(drain(spool, rows)).toEqual(['kept'])
  })
})
