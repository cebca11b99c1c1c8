import { statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ReportedError } from '../../src/core/errors.ts'
import { SpoolReader } from '../../src/spool/reader.ts'
import type { Delivered } from '../../src/spool/types.ts'
import { startChild } from './support/child-process.ts'
import { chunkOf, chunkOfSize, commitOf, mebibyte } from './support/chunks.ts'
import { nothingRefused, takeRange, temporarySpool, temporarySpoolPath } from './support/temporary-spool.ts'

// Every write waits for the disk, and a busy disk is no failure.
vi.setConfig({ testTimeout: 60_000 })

function readerOf(path: string): SpoolReader {
  const reader = new SpoolReader(path)
  onTestFinished(() => reader.close())
  return reader
}

function failure(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error instanceof ReportedError ? error.report.code : error
  }
}

const delivered: Delivered = {
  atMs: 1,
  firstNs: 1n,
  lastNs: 1n,
  entries: 1,
  bytes: 3,
  checksum: 7,
  metadataNames: [],
}

describe('a look into a spool', () => {
  it('tells what waits, by stream, and nothing that is staged', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{job="a"}', 'rows')
    const runs = spool.streamOf('{job="rowtail"}', 'runs')
    spool.commitRun(
      commitOf([chunkOf(rows, 'one', 1_764_000_000_000_000_001n), chunkOf(rows, 'two', 2n ** 62n)]),
    )
    spool.stage(chunkOf(rows, 'staged'))
    const reader = readerOf(path)
    expect(reader.content()).toEqual({
      streams: [
        {
          stream: rows,
          labels: '{job="a"}',
          kind: 'rows',
          chunks: 2,
          entries: 2,
          bytes: 6,
          lastNs: 2n ** 62n,
          oldestNs: 1_764_000_000_000_000_001n,
        },
        {
          stream: runs,
          labels: '{job="rowtail"}',
          kind: 'runs',
          chunks: 0,
          entries: 0,
          bytes: 0,
          lastNs: 0n,
        },
      ],
      deadLetters: [],
      dropped: [],
      deliveries: 0,
    })
    const bodies = reader.chunksAfter(rows, 0).map(({ id }) => reader.bodyOf(id))
    expect(bodies.map(String)).toEqual(
      ['one', 'two'].map((text) => String(new Uint8Array(Buffer.from(text)))),
    )
  })

  it('finds no body of a chunk that was delivered meanwhile', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{job="a"}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'one')]))
    const reader = readerOf(path)
    const [chunk] = reader.chunksAfter(rows, 0)
    spool.settle(takeRange(spool, rows), nothingRefused)
    expect(reader.bodyOf(chunk?.id ?? 0)).toBe('gone')
  })

  it('goes through many records and letters page by page', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{job="a"}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'one')]))
    const dead = Array.from({ length: 21 }, (_, index) => ({
      entry: Buffer.from(String(index)),
      reason: 'other' as const,
      said: 'no',
      atMs: 5,
    }))
    spool.settle(takeRange(spool, rows), { delivered, dead, restamped: [] })
    const reader = readerOf(path)
    const first = reader.lettersAfter(0)
    expect(first).toHaveLength(20)
    expect(reader.lettersAfter(first.at(-1)?.id ?? 0)).toMatchObject([{ id: 21, stream: rows, atMs: 5 }])
    expect(reader.deliveriesAfter(0)).toEqual([{ ...delivered, id: 1, stream: rows }])
    expect(reader.deliveriesAfter(1)).toEqual([])
  })

  it('is refused into what is no spool, or one of a newer rowtail, which stay as they are', () => {
    const foreign = temporarySpoolPath()
    writeFileSync(foreign, 'no database'.repeat(100))
    expect(failure(() => new SpoolReader(foreign))).toBe('spool_damaged')
    expect(failure(() => new SpoolReader(`${foreign}.none`))).toBe('state_dir_unusable')
    const { spool, path } = temporarySpool()
    spool.close()
    const database = new DatabaseSync(path)
    database.exec('pragma user_version = 3')
    database.close()
    expect(failure(() => new SpoolReader(path))).toBe('spool_newer')
  })

  it('fails no write of the worker beside it, and keeps no log from being cut', async () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{job="a"}', 'rows')
    for (let count = 0; count < 100; count += 1) spool.commitRun(commitOf([chunkOfSize(rows, 150_000)]))
    const child = startChild('read-spool', [path])
    expect(await child.nextMessage()).toMatchObject({ rounds: 1, bytes: 15_000_000 })
    let longestMs = 0
    const timed = (work: () => void) => {
      const startMs = performance.now()
      work()
      longestMs = Math.max(longestMs, performance.now() - startMs)
    }
    for (let count = 0; count < 200; count += 1) {
      timed(() => spool.commitRun(commitOf([chunkOfSize(rows, 150_000)])))
      timed(() => spool.settle(takeRange(spool, rows), { ...nothingRefused, delivered }))
      timed(() => void spool.reclaim())
    }
    expect(await child.nextMessage()).toMatchObject({ rounds: 50 })
    // SQLite cuts the log where no reader needs it; 30 MB went through it, twice over.
    expect(statSync(`${path}-wal`).size).toBeLessThan(16 * mebibyte)
    expect(longestMs).toBeLessThan(2_000)
  })
})

describe('dead letters that are put back', () => {
  it('Q-36: wait in the queue at once, and are no letters any more', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{job="a"}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'one', 5n)]))
    const dead = ['a', 'bb'].map((text) => ({ entry: Buffer.from(text), reason: 'other' as const, said: '' }))
    spool.settle(takeRange(spool, rows), { dead, restamped: [] })
    spool.replay([{ id: 2, bytes: 2 }], chunkOf(rows, 'bb', 3n))
    expect(spool.depth()).toMatchObject({ rows: 1, bytes: 2, deadLetters: 1 })
    expect(spool.lastNs(rows)).toBe(5n)
    expect(readerOf(path).lettersAfter(0)).toMatchObject([{ id: 1 }])
    expect(() => spool.replay([{ id: 2, bytes: 2 }], chunkOf(rows, 'bb', 3n))).toThrow('no dead letter 2')
    expect(spool.depth()).toMatchObject({ rows: 1, bytes: 2, deadLetters: 1 })
    expect(Buffer.from(spool.read(takeRange(spool, rows))).toString()).toBe('bb')
  })
})
