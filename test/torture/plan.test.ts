// A round that failed has to be had again: plans follow from seed and number alone.

import { describe, expect, it } from 'vitest'
import { readArguments } from './arguments.ts'
import { has, isSourceSound, isWaitedFor, planOf } from './plan.ts'
import { isScenario, scenarioNames, scenarioPlan } from './scenarios.ts'

const rounds = Array.from({ length: 300 }, (_, index) => planOf(7, index + 1))

describe('the plan of a round', () => {
  it('is the same for the same seed and number, and unlike its neighbours', () => {
    expect(planOf(7, 12)).toEqual(planOf(7, 12))
    expect(planOf(7, 12).faults).not.toEqual(planOf(7, 13).faults)
    expect(planOf(7, 12).faults).not.toEqual(planOf(8, 12).faults)
  })

  it('is large each 25th time, in every shape', () => {
    const large = rounds.filter(({ shape }) => shape !== 'light')
    expect(large.map(({ round }) => round)).toEqual([25, 50, 75, 100, 125, 150, 175, 200, 225, 250, 275, 300])
    expect(new Set(large.map(({ shape }) => shape)).size).toBe(4)
  })

  it('has at least one fault, in order, and names of its own for its metrics', () => {
    for (const { faults, metrics, seed, round } of rounds) {
      expect(faults.length).toBeGreaterThan(0)
      expect(faults).toEqual(faults.toSorted((a, b) => a.atMs - b.atMs))
      for (const { name } of metrics) expect(name).toMatch(`s${seed}_r${round}_m`)
    }
  })

  it('brings each kind of fault within some hundred rounds', () => {
    const kinds = new Set(rounds.flatMap(({ faults }) => faults.map(({ kind }) => kind)))
    expect([...kinds].sort()).toEqual([
      'backlog of hours',
      'clock stepped',
      'database hung',
      'database network',
      'database stopped',
      'disk full',
      'kill both',
      'kill host',
      'kill main',
      'loki answers',
      'loki hung',
      'loki killed',
      'loki network',
      'loki stopped',
      'power cut',
      'rowtail hung',
      'term',
      'worker crash',
    ])
  })

  it('steps no clock ahead by what rows wait for longer than it lasts', () => {
    expect([300_000, 300_001, 900_000, 900_001].map(isWaitedFor)).toEqual([false, true, true, false])
    const steps = Array.from({ length: 1_000 }, (_, index) => planOf(2026, index + 1)).flatMap(({ faults }) =>
      faults.flatMap((fault) => (fault.kind === 'clock stepped' ? [fault.byMs] : [])),
    )
    expect(steps.length).toBeGreaterThan(50)
    expect(steps.filter(isWaitedFor)).toEqual([])
  })

  it('asks for every answered poll only where nothing ails the source', () => {
    const sound = rounds.filter(isSourceSound)
    expect(sound.length).toBeGreaterThan(20)
    for (const plan of sound) {
      expect(has(plan, 'kill main')).toBe(false)
      expect(has(plan, 'database hung')).toBe(false)
      expect(has(plan, 'disk full')).toBe(false)
    }
  })
})

describe('scenarios', () => {
  it('are plans too', () => {
    for (const name of scenarioNames) {
      if (!isScenario(name)) throw new Error(`${name} is none`)
      expect(scenarioPlan(name, 1, 1).metrics.length).toBeGreaterThan(0)
    }
  })
})

describe('arguments', () => {
  it('name a number of rounds or a range of them', () => {
    expect(readArguments(['--seed', '7', '--rounds', '20'])).toMatchObject({ seed: 7, first: 1, last: 20 })
    expect(readArguments(['--seed', '7', '--rounds', '21..40'])).toMatchObject({ first: 21, last: 40 })
  })

  it.each([['0'], ['5..4'], ['many'], ['1..'], ['']])('refuse --rounds %s', (rounds) => {
    expect(() => readArguments(['--rounds', rounds])).toThrow(/expected 20 or 21\.\.40/)
  })

  it.each([
    ['--seed', 'x', /whole number/],
    ['--scenario', 'rain', /one of random/],
  ] as const)('refuse %s %s', (flag, value, words) => {
    expect(() => readArguments([flag, value])).toThrow(words)
  })
})
