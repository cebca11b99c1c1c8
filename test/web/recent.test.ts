import { describe, expect, it } from 'vitest'
import { createRecent, maxRecentRuns } from '../../src/web/recent.ts'
import { failed, finished, startedMs } from './full-status.ts'

const delivered = (atMs: number, rows: number) =>
  ({ type: 'push.delivered', metric: 'show_locks', rows, bytes: 1, durationMs: 1, atMs }) as const

describe('what is recent of a metric', () => {
  it('is its runs, those that failed without rows', () => {
    const recent = createRecent()
    recent.apply(finished)
    recent.apply(failed)
    expect(recent.since(0, startedMs)).toEqual([
      {
        name: 'show_locks',
        runs: [
          { atMs: finished.atMs, durationMs: 40, rows: 3 },
          { atMs: failed.atMs, durationMs: 700 },
        ],
        sentRowsPerSecond: 0,
      },
    ])
  })

  it('is its last sixty runs and no more', () => {
    const recent = createRecent()
    for (let rows = 0; rows < maxRecentRuns; rows += 1) recent.apply({ ...finished, rows })
    expect(recent.since(0, startedMs)[0]?.runs).toHaveLength(60)
    recent.apply({ ...finished, rows: 60 })
    const runs = recent.since(0, startedMs)[0]?.runs
    expect(runs).toHaveLength(60)
    expect([runs?.at(0)?.rows, runs?.at(-1)?.rows]).toEqual([1, 60])
  })

  it('is its latest rows, which a failed run leaves as they are', () => {
    const recent = createRecent()
    recent.apply({ ...finished, latestRows: ['{"a":1}'] })
    recent.apply({ ...finished, latestRows: ['{"a":2}'] })
    recent.apply(failed)
    expect(recent.since(0, startedMs)[0]?.latestRows).toEqual({ atMs: finished.atMs, lines: ['{"a":2}'] })
  })

  it('is told once to who has heard it', () => {
    const recent = createRecent()
    recent.apply({ ...finished, latestRows: ['{"a":1}'] })
    const known = recent.sequence()
    expect(recent.since(known, startedMs)).toEqual([{ name: 'show_locks', runs: [], sentRowsPerSecond: 0 }])
    recent.apply(failed)
    expect(recent.since(known, startedMs)[0]).toMatchObject({ runs: [{ durationMs: 700 }] })
  })

  it('is nothing once its spool is drained', () => {
    const recent = createRecent()
    recent.apply(finished)
    recent.apply({ type: 'metric.drained', metric: 'show_locks', deadLetters: 0, atMs: startedMs })
    expect(recent.since(0, startedMs)).toEqual([])
  })
})

describe('the rate of what is sent', () => {
  it('counts the rows of the last minute, and no run lines', () => {
    const recent = createRecent()
    const nowMs = startedMs + 600_000
    recent.apply(delivered(nowMs - 75_000, 1_000))
    recent.apply(delivered(nowMs - 30_000, 20))
    recent.apply(delivered(nowMs - 29_999, 25))
    recent.apply({ ...delivered(nowMs, 500), isRunLine: true })
    recent.apply(delivered(nowMs, 15))
    expect(recent.since(0, nowMs)[0]?.sentRowsPerSecond).toBe(1)
  })
})

it('a thousand metrics are remembered and no more', () => {
  const recent = createRecent()
  for (let index = 0; index <= 1_000; index += 1) recent.apply({ ...finished, metric: `m${index}` })
  expect(recent.since(0, startedMs)).toHaveLength(1_000)
})
