import { describe, expect, it } from 'vitest'
import { periodMs, type SampleRun, volumeOf } from '../../../src/cli/check/volume.ts'
import { rowMetadata, runLine, runLineMetadata } from '../../../src/worker/run-line.ts'

const metric = { name: 'locks', intervalMs: 2_000, query: 'q', timeoutMs: 5_000, labels: {}, send: true }
const run: SampleRun = {
  metric,
  summary: { rows: 10, bytes: 1_010, flags: [], isCut: false },
  durationMs: 12,
  longestLineBytes: 100,
}
const outcome = { kind: 'ok', isCut: false, flags: [], isSent: true } as const
const told = { runId: 'tbvy0t0000', rows: 10, durationMs: 12, outcome }

function charactersOf(metadata: readonly (readonly [string, string])[]): number {
  return metadata.flat().join('').length
}

describe('the volume of a metric', () => {
  it('counts lines without their line breaks, run lines, and the metadata of both', () => {
    const rowBytes = 1_000 + 10 * charactersOf(rowMetadata('tbvy0t0000', 12))
    const runBytes = runLine(told).length + charactersOf(runLineMetadata(told))
    expect(volumeOf(run, true)).toEqual({
      rowBytesPerSecond: rowBytes / 2,
      bytesPerSecond: rowBytes / 2 + runBytes / 2,
    })
    expect(volumeOf(run, false)).toEqual({
      rowBytesPerSecond: 500,
      bytesPerSecond: 500 + runLine(told).length / 2,
    })
  })

  it('is that of run lines alone where rows are not sent', () => {
    expect(volumeOf({ ...run, metric: { ...metric, send: false } }, true).rowBytesPerSecond).toBe(0)
  })

  it('is less where runs overrun their interval, and ticks are skipped', () => {
    expect(periodMs(metric, 2_000)).toBe(2_000)
    expect(periodMs(metric, 2_001)).toBe(4_000)
    expect(volumeOf({ ...run, durationMs: 3_000 }, false).rowBytesPerSecond).toBe(250)
  })
})
