// Medians over rounds, and rows that did not arrive.

import { describe, expect, it } from 'vitest'
import { lostRows, medianOf, type Sample, spreadOf } from '../../bench/samples.ts'

const sample = (part: Partial<Sample>): Sample => ({
  work: 'a',
  round: 1,
  subject: 'rowtail',
  figures: {},
  ...part,
})

describe('a median', () => {
  it('is the middle of an odd number of values', () => expect(medianOf([9, 1, 5])).toBe(5))
  it('lies between the two in the middle of an even number', () => expect(medianOf([4, 1, 2, 9])).toBe(3))
  it('is none of no values', () => expect(() => medianOf([])).toThrow('no sample'))
})

describe('a spread', () => {
  it('covers the rounds in which the figure was read, of that subject', () => {
    const samples = [
      sample({ figures: { memoryMb: 10 } }),
      sample({ round: 2, figures: { memoryMb: 14 } }),
      sample({ round: 3, failure: 'it ended' }),
      sample({ subject: 'telegraf', figures: { memoryMb: 99 } }),
    ]
    expect(spreadOf(samples, 'rowtail', 'memoryMb')).toEqual({ median: 12, least: 10, most: 14, rounds: 2 })
  })

  it('is undefined where the figure was never read', () => {
    expect(spreadOf([sample({})], 'rowtail', 'memoryMb')).toBeUndefined()
  })
})

describe('lost rows', () => {
  it('are those that were handed out and are not in Loki, over all rounds', () => {
    const samples = [
      sample({ delivery: { asked: 100, arrived: 90 } }),
      sample({ round: 2, delivery: { asked: 50, arrived: 50 } }),
      sample({ subject: 'telegraf', delivery: { asked: 7, arrived: 0 } }),
    ]
    expect(lostRows(samples, 'rowtail')).toEqual({ lost: 10, asked: 150 })
  })

  it('of one round are not made good by rows that came twice in another', () => {
    const samples = [
      sample({ delivery: { asked: 100, arrived: 90 } }),
      sample({ round: 2, delivery: { asked: 100, arrived: 110 } }),
    ]
    expect(lostRows(samples, 'rowtail')).toEqual({ lost: 10, asked: 200 })
  })
})
