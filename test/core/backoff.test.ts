import { describe, expect, it } from 'vitest'
import { backoffMs, runBackoff } from '../../src/core/backoff.ts'

const longest = (failures: number) => backoffMs(runBackoff, failures, 1)

describe('backoff', () => {
  it('S-6: doubles from its first wait to its longest', () => {
    expect([1, 2, 3, 6, 7, 8].map(longest)).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000])
  })

  it('S-6: is cut by jitter to no less than half', () => {
    expect([0, 0.5, 1].map((random) => backoffMs(runBackoff, 3, random))).toEqual([2_000, 3_000, 4_000])
  })

  it('stays at its longest after any number of failures', () => {
    expect([1_000, 1e9].map(longest)).toEqual([60_000, 60_000])
  })
})
