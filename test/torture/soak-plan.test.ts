// A soak that finds nothing has to have looked: each kind of growth is shown to it here.

import { describe, expect, it } from 'vitest'
import { growthOf, type Sample, soakPlan } from './soak-plan.ts'

const calm: Sample = { 'RSS, MB': 300, threads: 40, 'file descriptors': 90, sockets: 30 }

const soaked = (change: Partial<Sample>): Sample[] =>
  Array.from({ length: 100 }, (_, index) => (index < 60 ? calm : { ...calm, ...change }))

describe('growth within a soak', () => {
  it.each([
    ['RSS, MB', 330],
    ['threads', 42],
    ['file descriptors', 94],
    ['sockets', 34],
  ] as const)('is nothing up to the bound of %s, and a finding one past it', (key, most) => {
    expect(growthOf(soaked({ [key]: most }))).toEqual([])
    const [finding, ...others] = growthOf(soaked({ [key]: most + 1 }))
    expect(finding?.kind).toBe('grown')
    expect(finding?.what).toContain(`${key}: `)
    expect(others).toEqual([])
  })

  it('is not to be told from too few samples', () => {
    expect(growthOf([calm, calm, calm])).toHaveLength(4)
  })

  it('is not what a fault takes for a moment', () => {
    const samples = Array.from({ length: 100 }, (_, index) =>
      index % 5 === 0 ? { ...calm, sockets: 90, 'RSS, MB': 900 } : calm,
    )
    expect(growthOf(samples)).toEqual([])
  })
})

describe('the plan of a soak', () => {
  it('has a fault each eight seconds, none of them the end of rowtail', () => {
    const { faults, lengthMs } = soakPlan(20)
    expect(lengthMs).toBe(1_200_000)
    expect(faults).toHaveLength(150)
    expect(new Set(faults.map(({ kind }) => kind)).size).toBe(9)
    for (const { kind } of faults) expect(kind).not.toMatch(/kill main|kill both|term|power/)
  })
})
