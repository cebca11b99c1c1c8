import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, vi } from 'vitest'
import { chunkOf, chunkOfSize, commitOf, mebibyte } from './support/chunks.ts'
import {
  drain,
  farFutureNs,
  nothingRefused,
  openedSpool,
  takeRange,
  temporarySpool,
  textOf,
} from './support/temporary-spool.ts'

// Every write waits for the disk, and a busy disk is no failure.
vi.setConfig({ testTimeout: 30_000 })

describe('a run', () => {
  it('Q-1: is invisible while its chunks are staged, and visible whole once it commits', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{job="show_locks"}', 'rows')
    spool.stage(chunkOf(rows, 'a', 10n))
    const reader = new DatabaseSync(path, { readOnly: true })
    expect(reader.prepare('select * from visible_chunks').all()).toEqual([])
    reader.close()
    expect(spool.nextRange(rows, { notAfterNs: farFutureNs })).toBeUndefined()
    expect(spool.depth()).toEqual({ bytes: 0, rows: 0, deadLetters: 0 })
    expect(spool.commitRun(commitOf([chunkOf(rows, 'b', 20n)], 77))).toEqual([])
    expect(textOf(spool, takeRange(spool, rows))).toBe('ab')
    expect(spool.lastNs(rows)).toBe(20n)
    expect(spool.lastRunMs()).toBe(77)
  })

  it('Q-4: that failed leaves nothing behind', () => {
    const { spool } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.stage(chunkOf(rows, 'failed'))
    spool.discardStaged()
    spool.commitRun(commitOf([chunkOf(rows, 'next')]))
    expect(drain(spool, rows)).toEqual(['next'])
  })

  it('without rows is remembered all the same', () => {
    const { spool, path } = temporarySpool()
    spool.commitRun({ chunks: [], last: new Map(), lastRunMs: 5 })
    spool.close()
    expect(openedSpool(path).lastRunMs()).toBe(5)
  })

  it('Q-3: of 64 MiB commits by writing next to nothing, because its chunks are in the file already', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    const chunk = chunkOfSize(rows, 190 * 1024)
    for (let bytes = 0; bytes < 64 * mebibyte; bytes += chunk.body.byteLength) spool.stage(chunk)
    const other = new DatabaseSync(path)
    other.exec('pragma wal_checkpoint(truncate)')
    other.close()
    spool.commitRun(commitOf([chunk]))
    expect(statSync(`${path}-wal`).size).toBeLessThan(2 * chunk.body.byteLength)
    expect(spool.depth().bytes).toBeGreaterThan(64 * mebibyte)
  })
})

describe('a stream', () => {
  it('is the same for the same labels, also after a restart', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{job="a"}', 'rows')
    const runs = spool.streamOf('{job="rowtail"}', 'runs')
    expect(runs).not.toBe(rows)
    expect(spool.streamOf('{job="a"}', 'rows')).toBe(rows)
    spool.close()
    expect(openedSpool(path).streamOf('{job="a"}', 'rows')).toBe(rows)
  })

  it('keeps its last time over a restart, to the nanosecond', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    expect(spool.lastNs(rows)).toBe(0n)
    spool.commitRun(commitOf([chunkOf(rows, 'a', 1_764_106_630_123_456_789n)]))
    spool.close()
    expect(openedSpool(path).lastNs(rows)).toBe(1_764_106_630_123_456_789n)
  })

  it('takes the last time that a run gives it, also an earlier one after the clock was set back', () => {
    const { spool } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'a', 500n)]))
    spool.commitRun(commitOf([chunkOf(rows, 'b', 100n)]))
    expect(spool.lastNs(rows)).toBe(100n)
  })

  it('that nobody began is a bug, which leaves the spool usable', () => {
    const { spool } = temporarySpool()
    expect(() => spool.lastNs(7)).toThrow('no stream 7')
    expect(() => spool.commitRun(commitOf([chunkOf(7, 'a')]))).toThrow('FOREIGN KEY')
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'b')]))
    expect(drain(spool, rows)).toEqual(['b'])
  })
})

describe('a delivery', () => {
  it('Q-12: removes exactly its range; what came meanwhile stays', () => {
    const { spool } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'a', 1n)]))
    const range = takeRange(spool, rows)
    spool.commitRun(commitOf([chunkOf(rows, 'b', 2n)]))
    expect(spool.settle(range, nothingRefused)).toEqual({ droppedDeadLetters: 0 })
    expect(drain(spool, rows)).toEqual(['b'])
    expect(spool.isEmpty).toBe(true)
  })

  it('gives its bytes in a buffer of their own', () => {
    const { spool } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'a'), chunkOf(rows, 'bc')]))
    const bytes = spool.read(takeRange(spool, rows))
    expect(bytes.byteOffset).toBe(0)
    expect(bytes.buffer.byteLength).toBe(3)
  })

  it('Q-10: that is released begins with the same chunk again, and may take more', () => {
    const { spool } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'a')]))
    const range = takeRange(spool, rows)
    spool.commitRun(commitOf([chunkOf(rows, 'b')]))
    expect(spool.nextRange(rows, { notAfterNs: farFutureNs })).toBeUndefined()
    spool.release(range)
    const again = takeRange(spool, rows)
    expect(again.firstChunk).toBe(range.firstChunk)
    expect(textOf(spool, again)).toBe('ab')
  })

  it('cannot be settled twice, nor read after its end', () => {
    const { spool } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'a')]))
    const range = takeRange(spool, rows)
    spool.settle(range, nothingRefused)
    expect(() => spool.settle(range, nothingRefused)).toThrow('not held')
    expect(() => spool.read(range)).toThrow('not held')
  })

  it('Q-12: appends restamped entries and raises the last time of their stream, never lowers it', () => {
    const { spool } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'ab', 50n)]))
    const restamped = [chunkOf(rows, 'a', 60n), chunkOf(rows, 'b', 61n)]
    spool.settle(takeRange(spool, rows), { dead: [], restamped })
    expect(spool.lastNs(rows)).toBe(61n)
    spool.settle(takeRange(spool, rows), { dead: [], restamped: [chunkOf(rows, 'c', 5n)] })
    expect(spool.lastNs(rows)).toBe(61n)
    expect(drain(spool, rows)).toEqual(['c'])
  })

  it('Q-11: never spans a staged chunk, which would lie inside the range once it is visible', () => {
    const { spool } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'first', 10n), chunkOf(rows, 'second', 5n)]))
    const first = takeRange(spool, rows)
    spool.stage(chunkOf(rows, 'staged', 20n))
    spool.settle(first, { dead: [], restamped: [chunkOf(rows, 'restamped', 30n)] })
    const second = takeRange(spool, rows)
    spool.commitRun(commitOf([]))
    expect(textOf(spool, second)).toBe('second')
    spool.settle(second, nothingRefused)
    expect(drain(spool, rows)).toEqual(['stagedrestamped'])
  })

  it('shows restamped entries at once, also while a run is staged', () => {
    const { spool } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'old', 1n)]))
    const range = takeRange(spool, rows)
    spool.stage(chunkOf(rows, 'staged', 2n))
    spool.settle(range, { dead: [], restamped: [chunkOf(rows, 'restamped', 3n)] })
    const second = takeRange(spool, rows)
    expect(textOf(spool, second)).toBe('restamped')
    spool.commitRun(commitOf([]))
    expect(textOf(spool, second)).toBe('restamped')
    spool.settle(second, nothingRefused)
    expect(drain(spool, rows)).toEqual(['staged'])
  })
})

describe('dead letters', () => {
  it('Q-14: are kept with their stream, reason and words, the newest first', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{job="a"}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'ab')]))
    const dead = [
      { entry: Buffer.from('a'), reason: 'too_long', said: 'x'.repeat(501) },
      { entry: Buffer.from('b'), reason: 'too_old', said: 'old' },
    ] as const
    spool.settle(takeRange(spool, rows), { dead, restamped: [] })
    expect(spool.depth().deadLetters).toBe(2)
    spool.close()
    const again = openedSpool(path)
    expect(again.depth().deadLetters).toBe(2)
    expect(again.deadLetters(1)).toMatchObject([{ labels: '{job="a"}', reason: 'too_old', said: 'old' }])
    const [, first] = again.deadLetters(10)
    expect(first?.said).toHaveLength(500)
    expect(Buffer.from(first?.entry ?? []).toString()).toBe('a')
  })

  it('Q-14: stay up to their bound; one byte more and the oldest goes, counted', () => {
    const { spool } = temporarySpool({ maxDeadLetterBytes: 10 })
    const rows = spool.streamOf('{}', 'rows')
    const bury = (...sizes: number[]): number => {
      spool.commitRun(commitOf([chunkOf(rows, 'x')]))
      const dead = sizes.map((size) => ({ entry: new Uint8Array(size), reason: 'other', said: '' }) as const)
      return spool.settle(takeRange(spool, rows), { dead, restamped: [] }).droppedDeadLetters
    }
    expect(bury(4, 6)).toBe(0)
    expect(bury(1)).toBe(1)
    expect(bury(11)).toBe(3)
    expect(spool.depth().deadLetters).toBe(0)
    expect(spool.droppedTotals()).toEqual([{ reason: 'dead_letters_full', entries: 4, bytes: 22 }])
  })
})

describe('the file', () => {
  it('Q-17: shrinks after a drain, in slices, and keeps 1 MiB for the next run', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    for (let count = 0; count < 100; count += 1) spool.stage(chunkOfSize(rows, 190 * 1024))
    spool.commitRun(commitOf([chunkOf(rows, 'end')]))
    drain(spool, rows)
    const fullBytes = statSync(path).size
    let slices = 0
    while (spool.reclaim()) slices += 1
    expect(fullBytes).toBeGreaterThan(16 * mebibyte)
    expect(slices).toBeGreaterThan(10)
    expect(statSync(path).size).toBeGreaterThan(mebibyte)
    expect(statSync(path).size).toBeLessThan(1.2 * mebibyte)
    expect(statSync(`${path}-wal`).size).toBe(0)
    expect(spool.reclaim()).toBe(false)
  })

  it('Q-6: never gives a chunk number twice', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'a')]))
    const first = takeRange(spool, rows)
    spool.settle(first, nothingRefused)
    spool.stage(chunkOf(rows, 'failed'))
    spool.discardStaged()
    spool.close()
    const again = openedSpool(path)
    again.commitRun(commitOf([chunkOf(rows, 'b')]))
    expect(takeRange(again, rows).firstChunk).toBe(first.lastChunk + 2)
  })
})
