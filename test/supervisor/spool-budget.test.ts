import { describe, expect, it, vi } from 'vitest'
import type { DropReason } from '../../src/core/events.ts'
import { SpoolBudget, type SpoolBudgetOptions } from '../../src/supervisor/spool-budget.ts'

const mebibyte = 1024 * 1024

function budgetOf(options: Partial<SpoolBudgetOptions> = {}) {
  const evictions: [metric: string, bytes: number, reason: DropReason][] = []
  const losses: string[] = []
  const budget = new SpoolBudget({
    directory: '/tmp',
    totalBytes: 1_000,
    diskReserveBytes: 512 * mebibyte,
    evict: (...eviction) => evictions.push(eviction),
    onGone: () => losses.push('gone'),
    ...options,
  })
  return { budget, evictions, losses }
}

describe('the bytes of all spools together', () => {
  it('may be as many as the bound, and one more is one too many', () => {
    const { budget, evictions } = budgetOf()
    budget.report('a', 600)
    budget.report('b', 400)
    expect(evictions).toEqual([])
    budget.report('b', 401)
    expect(evictions).toEqual([['a', 1, 'spool_total']])
  })

  it('are taken from the metric with the most, whichever grew', () => {
    const { budget, evictions } = budgetOf()
    budget.report('small', 100)
    budget.report('large', 800)
    budget.report('small', 300)
    expect(evictions).toEqual([['large', 100, 'spool_total']])
  })

  it('are asked for once, though reports cross the question', () => {
    const { budget, evictions } = budgetOf()
    budget.report('a', 1_100)
    budget.report('a', 1_100)
    budget.report('b', 0)
    expect(evictions).toEqual([['a', 100, 'spool_total']])
    budget.report('a', 1_150)
    expect(evictions.slice(1)).toEqual([['a', 50, 'spool_total']])
    budget.evicted('a', 150)
    budget.report('a', 1_000)
    expect(evictions).toHaveLength(2)
  })

  it('are asked for again where the worker has not dropped enough', () => {
    const { budget, evictions } = budgetOf()
    budget.report('a', 1_100)
    budget.evicted('a', 60)
    budget.report('a', 1_040)
    expect(evictions).toEqual([
      ['a', 100, 'spool_total'],
      ['a', 40, 'spool_total'],
    ])
  })

  it('are asked of the next metric where the first one can drop none: all of its are on their way', () => {
    const { budget, evictions } = budgetOf()
    budget.report('b', 400)
    budget.report('a', 700)
    budget.evicted('a', 0)
    budget.report('a', 700)
    expect(evictions).toEqual([
      ['a', 100, 'spool_total'],
      ['b', 100, 'spool_total'],
    ])
    budget.evicted('b', 0)
    budget.report('b', 400)
    expect(evictions).toHaveLength(2)
    budget.report('a', 701)
    expect(evictions).toHaveLength(3)
  })

  it('are asked of a new worker again where the old one took the question with it', () => {
    const { budget, evictions } = budgetOf()
    budget.report('a', 1_100)
    budget.workerLost('a')
    budget.report('a', 1_100)
    expect(evictions).toHaveLength(2)
  })

  it('are never asked of a metric beyond what it has', () => {
    const { budget, evictions } = budgetOf({ totalBytes: 0 })
    budget.report('a', 10)
    budget.report('b', 5)
    expect(evictions).toEqual([
      ['a', 10, 'spool_total'],
      ['b', 5, 'spool_total'],
    ])
  })
})

describe('a low disk', () => {
  const reserve = 512 * mebibyte

  it.each([
    { freeBytes: reserve, what: 'exactly the reserve', asked: [] },
    { freeBytes: reserve - 1, what: 'a byte less', asked: [['a', 1, 'disk_low']] },
    { freeBytes: 0, what: 'nothing, in steps', asked: [['a', 16 * mebibyte, 'disk_low']] },
  ])('with $what free', async ({ freeBytes, asked }) => {
    const { budget, evictions } = budgetOf({ totalBytes: 1e12, freeBytes: async () => freeBytes })
    budget.report('a', 100 * mebibyte)
    budget.report('b', 50 * mebibyte)
    await budget.checkDisk()
    expect(evictions).toEqual(asked)
  })

  it('asks for nothing where all spools are empty', async () => {
    const { budget, evictions } = budgetOf({ freeBytes: async () => 0 })
    budget.report('a', 0)
    await budget.checkDisk()
    expect(evictions).toEqual([])
  })

  it('is not one that cannot be asked', async () => {
    const { budget, evictions } = budgetOf({ freeBytes: () => Promise.reject(new Error('ENOENT')) })
    budget.report('a', 10)
    await expect(budget.checkDisk()).resolves.toBeUndefined()
    expect(evictions).toEqual([])
  })

  it('whose directory was removed is told of', async () => {
    const { budget, losses } = budgetOf({ directory: '/tmp/not-there/rowtail' })
    await budget.checkDisk()
    expect(losses).toEqual(['gone'])
  })

  it('is found by the system itself', async () => {
    const { budget, evictions } = budgetOf({ diskReserveBytes: Number.MAX_SAFE_INTEGER })
    budget.report('a', 10)
    await budget.checkDisk()
    expect(evictions).toEqual([['a', 10, 'disk_low']])
  })

  it('is looked for every 10 s, until the budget is stopped', () => {
    vi.useFakeTimers()
    const freeBytes = vi.fn<() => Promise<number>>(async () => reserve)
    const { budget } = budgetOf({ freeBytes })
    budget.start()
    vi.advanceTimersByTime(30_000)
    budget.stop()
    vi.advanceTimersByTime(30_000)
    vi.useRealTimers()
    expect(freeBytes).toHaveBeenCalledTimes(3)
  })
})
