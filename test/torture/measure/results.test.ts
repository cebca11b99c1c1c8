// Figures, their bounds, and the page that shows them.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Figure, isMet, latencies, percentile } from './figures.ts'
import { keptResults, pageOf, pagePath, type Result, textOf } from './results.ts'

describe('docs/measured.md', () => {
  it('is what the kept results say', () => {
    expect(readFileSync(pagePath, 'utf8')).toBe(pageOf(keptResults()))
  })

  it('shows figure, bound and verdict of each part, with machine, date and commit', () => {
    const figures: Figure[] = [
      { name: 'drained at', value: 96.84, unit: '%', bound: { least: 90 } },
      { name: 'late by, p99', value: 10.04, unit: 'ms', bound: { most: 10 } },
      { name: 'samples', value: 1_234, unit: 'count' },
    ]
    const place = { date: '2026-01-02', commit: 'abc', machine: '2 × some CPU' }
    const result: Result = { part: 'pacing', what: 'This was done.', figures, ...place }
    expect(pageOf([result]).split('\n').slice(-12)).toEqual([
      '## Pacing',
      '',
      'This was done.',
      '',
      '2026-01-02, commit abc, 2 × some CPU.',
      '',
      '| | | bound | |',
      '| --- | --- | --- | --- |',
      '| drained at | 96.8 % | ≥ 90.0 % | met |',
      '| late by, p99 | 10.0 ms | ≤ 10.0 ms | **not met** |',
      '| samples | 1,234 |  |  |',
      '',
    ])
  })
})

describe('a bound', () => {
  it('is met at itself and not one past it', () => {
    const most: Figure = { name: '', value: 100, unit: 'ms', bound: { most: 100 } }
    const least: Figure = { name: '', value: 90, unit: '%', bound: { least: 90 } }
    expect([most, least].map(isMet)).toEqual([true, true])
    expect(
      [
        { ...most, value: 101 },
        { ...least, value: 89 },
      ].map(isMet),
    ).toEqual([false, false])
  })
})

describe('percentiles', () => {
  it('are by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect([50, 99, 100].map((percent) => percentile(hundred, percent))).toEqual([50, 99, 100])
    expect(percentile([7], 50)).toBe(7)
  })

  it('are none of no samples', () => {
    expect(() => latencies('late', [])).toThrow('no sample')
  })
})

it('figures are written with three digits, counts whole', () => {
  expect(textOf(0.123_4, 'ms')).toBe('0.12 ms')
  expect(textOf(12.34, 'MB')).toBe('12.3 MB')
  expect(textOf(123.4, 's')).toBe('123 s')
  expect(textOf(54_321, 'count')).toBe('54,321')
})
