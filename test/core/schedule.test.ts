import { describe, expect, it } from 'vitest'
import { gridOf, nextTickMs, skippedTicks } from '../../src/core/schedule.ts'
import { seededRandom } from '../spool/support/seeded-random.ts'

describe('the grid', () => {
  it('S-3: spreads the first ticks of many metrics over one second', () => {
    const first = (index: number) => gridOf(5_000, 60_000, { index, count: 4 }).startMs
    expect([0, 1, 2, 3].map(first)).toEqual([5_000, 5_250, 5_500, 5_750])
  })

  it('S-3: spreads them over the interval where that is shorter', () => {
    expect(gridOf(0, 100, { index: 1, count: 2 }).startMs).toBe(50)
  })

  it('S-1: ticks first at its start, then after each interval', () => {
    const grid = { startMs: 100, intervalMs: 1_000 }
    expect([0, 99, 100, 1_099, 1_100].map((afterMs) => nextTickMs(grid, afterMs))).toEqual([
      100, 100, 1_100, 1_100, 2_100,
    ])
  })

  it('S-1: always gives a later tick, one interval on, for any interval', () => {
    const random = seededRandom(20_261)
    for (let round = 0; round < 2_000; round += 1) {
      const grid = { startMs: random.fraction() * 1e7, intervalMs: 1 + random.fraction() * 1e4 }
      const tick = nextTickMs(grid, grid.startMs + random.fraction() * 1e8)
      const next = nextTickMs(grid, tick)
      expect(next).toBeGreaterThan(tick)
      expect(next - tick).toBeCloseTo(grid.intervalMs, 5)
    }
  })
})

describe('skipped ticks', () => {
  const grid = { startMs: 300, intervalMs: 1_000 }

  it.each([
    { lastedMs: 0, skipped: 0 },
    { lastedMs: 999, skipped: 0 },
    { lastedMs: 1_000, skipped: 1 },
    { lastedMs: 1_300, skipped: 1 },
    { lastedMs: 2_000, skipped: 2 },
    { lastedMs: 2_001, skipped: 2 },
  ])('S-2: are $skipped for a run of $lastedMs ms', ({ lastedMs, skipped }) => {
    expect(skippedTicks(grid, 2_300, 2_300 + lastedMs)).toBe(skipped)
  })

  it('S-2: count the ticks that a retry between two of them ran over', () => {
    expect(skippedTicks(grid, 1_900, 2_299)).toBe(0)
    expect(skippedTicks(grid, 1_900, 2_300)).toBe(1)
    expect(skippedTicks(grid, 1_900, 3_400)).toBe(2)
  })

  it('S-2: are exactly those between one run and the next', () => {
    const random = seededRandom(7)
    const odd = { startMs: 17.3, intervalMs: 333.3 }
    let dueMs = odd.startMs
    let ticks = 0
    for (let run = 0; run < 500; run += 1) {
      const endMs = dueMs + random.fraction() * 1_500
      ticks += 1 + skippedTicks(odd, dueMs, endMs)
      dueMs = nextTickMs(odd, endMs)
    }
    expect(dueMs).toBeCloseTo(odd.startMs + ticks * odd.intervalMs, 4)
  })
})
