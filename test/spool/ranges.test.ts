import { describe, expect, it } from 'vitest'
import { maxChunkBytes, maxRangeSpanNs } from '../../src/spool/types.ts'
import { chunkOf, chunkOfSize, commitOf } from './support/chunks.ts'
import {
  drain,
  farFutureNs,
  nothingRefused,
  takeRange,
  temporarySpool,
  textOf,
} from './support/temporary-spool.ts'

function filled(chunksOf: (stream: number) => ReturnType<typeof chunkOf>[]) {
  const { spool } = temporarySpool()
  const rows = spool.streamOf('{job="a"}', 'rows')
  spool.commitRun(commitOf(chunksOf(rows)))
  return { spool, rows }
}

describe('a range', () => {
  it('describes its chunks', () => {
    const { spool, rows } = filled((rows) => [chunkOf(rows, 'a', 5n), chunkOf(rows, 'bc', 9n)])
    expect(takeRange(spool, rows)).toEqual({
      stream: rows,
      kind: 'rows',
      labels: '{job="a"}',
      firstChunk: 1,
      lastChunk: 2,
      entries: 2,
      bytes: 3,
      firstNs: 5n,
      lastNs: 9n,
    })
  })

  it('Q-8: takes chunks up to 192 KiB, and not a byte more', () => {
    const { spool, rows } = filled((rows) => [
      chunkOfSize(rows, maxChunkBytes - 2),
      chunkOf(rows, 'ab'),
      chunkOf(rows, 'c'),
    ])
    expect(takeRange(spool, rows)).toMatchObject({ bytes: maxChunkBytes, lastChunk: 2 })
    const other = filled((rows) => [chunkOfSize(rows, maxChunkBytes - 2), chunkOf(rows, 'abc')])
    expect(takeRange(other.spool, other.rows)).toMatchObject({ bytes: maxChunkBytes - 2 })
  })

  it('Q-8: is a single chunk where that alone is above the bound', () => {
    const { spool, rows } = filled((rows) => [chunkOfSize(rows, maxChunkBytes + 1), chunkOf(rows, 'a')])
    expect(takeRange(spool, rows)).toMatchObject({ bytes: maxChunkBytes + 1, entries: 1 })
  })

  it('Q-8: spans 15 minutes, and not a nanosecond more', () => {
    const { spool, rows } = filled((rows) => [
      chunkOf(rows, 'a', 1n),
      chunkOf(rows, 'b', 1n + maxRangeSpanNs),
      chunkOf(rows, 'c', 2n + maxRangeSpanNs),
    ])
    expect(drain(spool, rows)).toEqual(['ab', 'c'])
  })

  it('Q-8: is cut where times descend; equal times stay together', () => {
    const { spool, rows } = filled((rows) => [
      chunkOf(rows, 'a', 5n),
      chunkOf(rows, 'b', 5n),
      chunkOf(rows, 'c', 4n),
    ])
    expect(drain(spool, rows)).toEqual(['ab', 'c'])
  })

  it('Q-9: leaves waiting what is after the given time, and all that is behind it', () => {
    const { spool, rows } = filled((rows) => [
      chunkOf(rows, 'a', 10n),
      chunkOf(rows, 'b', 11n),
      chunkOf(rows, 'c', 1n),
    ])
    const range = takeRange(spool, rows, 10n)
    expect(textOf(spool, range)).toBe('a')
    spool.settle(range, nothingRefused)
    expect(spool.nextRange(rows, { notAfterNs: 10n })).toBeUndefined()
    expect(textOf(spool, takeRange(spool, rows, 11n))).toBe('b')
  })

  it('Q-10: holds chunks of one stream only, and each stream can have one in flight', () => {
    const { spool } = temporarySpool()
    const rows = spool.streamOf('{job="a"}', 'rows')
    const runs = spool.streamOf('{job="rowtail"}', 'runs')
    spool.commitRun(commitOf([chunkOf(rows, 'row1'), chunkOf(runs, 'run'), chunkOf(rows, 'row2')]))
    const rowRange = takeRange(spool, rows)
    const runRange = takeRange(spool, runs)
    expect([textOf(spool, rowRange), textOf(spool, runRange)]).toEqual(['row1row2', 'run'])
    spool.settle(rowRange, nothingRefused)
    expect(textOf(spool, runRange)).toBe('run')
    expect(spool.nextRange(rows, { notAfterNs: farFutureNs })).toBeUndefined()
  })
})
