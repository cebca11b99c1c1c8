import { describe, expect, it } from 'vitest'
import { broken, failed, finished, listener, timeout } from './narrator.ts'

function flagsOf(count: number) {
  return Array.from({ length: count }, (_, index) => ({ column: `c${index}`, why: 'rounded' }) as const)
}

describe('the lines of a run', () => {
  it('tell start with interval, then the first fetch, and further ones only to who debugs', () => {
    const { tell } = listener()
    expect(tell({ type: 'metric.started', intervalMs: 2_000, isSending: true })).toEqual([
      'info started, runs every 2s',
    ])
    expect(tell({ type: 'run.started', tickMs: 0, latenessMs: 0 })).toEqual([])
    expect(tell(finished())).toEqual(['info fetched 12 rows (3.4 KiB) in 45ms'])
    expect(tell(finished())).toEqual(['debug fetched 12 rows (3.4 KiB) in 45ms'])
  })

  it('say where rows are not sent, and where they were cut', () => {
    const { tell } = listener()
    expect(tell({ type: 'metric.started', intervalMs: 86_400_000, isSending: false })).toEqual([
      'info started, runs every 1d, its rows are not sent',
    ])
    expect(tell(finished({ rows: 1, bytes: 20, isSent: false }))).toEqual([
      'info fetched 1 row (20 B) in 45ms, not sent',
    ])
    expect(tell(finished({ isCut: true }))).toEqual([
      'debug fetched 12 rows (3.4 KiB) in 45ms, the rest was cut',
    ])
  })

  it('tell when rows become none and come back, at most once a minute', () => {
    const { tell, loud } = listener()
    tell(finished())
    expect(tell(finished({ rows: 0, bytes: 0 }), 60_000)).toEqual(['info 0 rows in 45ms'])
    for (let run = 0; run < 1_000; run += 1) tell(finished({ rows: run % 2, bytes: run % 2 }), 10)
    expect(loud()).toHaveLength(2)
    expect(tell(finished(), 60_000)).toEqual(['info fetched 12 rows (3.4 KiB) in 45ms'])
  })

  it('name the reason of a failure, the words of the database and the cure', () => {
    const { tell } = listener()
    expect(tell({ ...failed(broken, 1), nextMs: 1_002_000, rows: 3 })).toEqual([
      'warn failed: The database refused the query. It said: ERROR: relation "x" does not exist\nLINE 1.' +
        ' The 3 rows that had arrived are not kept. Next try in 1s.',
    ])
  })

  it('stay few when a metric fails a thousand times', () => {
    const { tell, loud } = listener()
    for (let failures = 1; failures <= 1_000; failures += 1) tell(failed(timeout, failures), 10_000)
    tell(finished({ failuresBefore: 1_000 }), 10_000)
    const reason = 'The query took longer than 5s. Raise its timeout. Next try in 0ms.'
    expect(loud()).toEqual([
      `warn failed: ${reason}`,
      `warn still failing (361 failures in 1h): ${reason}`,
      `warn still failing (721 failures in 2h): ${reason}`,
      'info recovered after 1,000 failures in 2h 47m: fetched 12 rows (3.4 KiB) in 45ms',
    ])
  })

  it('tell each new reason once', () => {
    const { tell, loud } = listener()
    for (let failures = 1; failures <= 1_000; failures += 1) {
      tell(failed(failures % 2 === 0 ? broken : timeout, failures), 1_000)
    }
    expect(loud().map((text) => text.slice(0, 50))).toEqual([
      'warn failed: The query took longer than 5s. Raise ',
      'warn failed for another reason (2 failures in 1s):',
    ])
  })

  it('are at most two a minute for a metric that fails every other time', () => {
    const { tell, loud } = listener()
    tell(finished())
    for (let run = 0; run < 600; run += 1) tell(run % 2 === 0 ? failed(timeout, 1) : finished(), 1_000)
    expect(loud().length).toBeLessThanOrEqual(1 + 2 * 10)
  })

  it('say nothing of ticks that the first run skips, for it connects', () => {
    const { tell } = listener()
    const late = finished({ durationMs: 5_100, skippedTicks: 2 })
    expect(tell(late)).toEqual(['info fetched 12 rows (3.4 KiB) in 5.1s'])
    expect(tell(late)).toHaveLength(2)
  })

  it('sum up skipped ticks once an hour', () => {
    const { tell } = listener()
    const late = finished({ durationMs: 5_100, skippedTicks: 2 })
    tell(finished())
    expect(tell(late)).toContain('warn 2 ticks skipped: the last run took 5.1s')
    expect(tell(late)).toHaveLength(1)
    expect(tell(late, 3_600_000)).toContain('warn 4 ticks skipped, 6 in all: the last run took 5.1s')
  })

  it('name a flag once per column and reason, with its cure', () => {
    const { tell } = listener()
    const flags = [{ column: 'at', why: 'zone_unknown', cure: 'cast it to timestamptz' }] as const
    expect(tell(finished({ flags }))).toContain(
      'warn column "at": the driver does not tell the time zone of its timestamps, so none is sent.' +
        ' Cure: cast it to timestamptz',
    )
    expect(tell(finished({ flags }))).toHaveLength(1)
    expect(tell(finished({ flags: [{ column: '*', why: 'rows_cut' }] }))).toContain(
      'warn a run had more rows or bytes than its bounds allow, the rest was cut.',
    )
  })

  it('tell in one line of all columns that have one reason, and name ten of them', () => {
    const { tell } = listener()
    expect(tell(finished({ flags: flagsOf(1) }))[1]).toMatch(/^warn column "c0": the driver passed/)
    expect(tell(finished({ flags: flagsOf(12) }))[1]).toMatch(
      /^warn columns "c1", "c2", .*"c10" and 1 more: the driver passed/,
    )
  })

  it('tell of 100 columns and reasons, and then that there are more', () => {
    const { tell } = listener()
    expect(tell(finished({ flags: flagsOf(100) }))).toHaveLength(2)
    expect(tell(finished({ flags: flagsOf(105) }))).toEqual([
      'debug fetched 12 rows (3.4 KiB) in 45ms',
      'warn more than 100 columns and reasons are flagged; the run lines name them all',
    ])
    expect(tell(finished({ flags: flagsOf(200) }))).toHaveLength(1)
  })
})
