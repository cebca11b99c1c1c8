// The page of results is written from the kept samples.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { textOf } from '../../bench/figures.ts'
import { pageOf } from '../../bench/page.ts'
import { keptSamples, type KeptSample, pagePath } from '../../bench/results.ts'

const origin = { date: '2026-01-02', commit: 'abc', machine: '2 × some CPU' }
const turnOf = (sample: Partial<KeptSample>): KeptSample => ({
  work: 'a',
  round: 1,
  subject: 'rowtail',
  figures: {},
  delivery: { asked: 1_000, arrived: 1_000 },
  origin,
  ...sample,
})
const samples = [
  turnOf({ figures: { cpuPerRowUs: 10, memoryMb: 100 } }),
  turnOf({ round: 2, figures: { cpuPerRowUs: 12, memoryMb: 100 } }),
  turnOf({
    subject: 'telegraf',
    figures: { cpuPerRowUs: 22, memoryMb: 50 },
    delivery: { asked: 1_000, arrived: 998 },
  }),
  turnOf({ subject: 'pino-loki', failure: 'odbc is missing\nat x' }),
]

describe('bench/RESULTS.md', () => {
  it('is what the kept samples say', () => {
    expect(readFileSync(pagePath, 'utf8')).toBe(pageOf(keptSamples()))
  })

  it('shows medians with their range, ratios to rowtail, lost rows and failures', () => {
    const lines = pageOf(samples).split('\n')
    expect(lines).toContain(
      '| rowtail | 11.0 µs (10.0 µs to 12.0 µs) | 100 MB (100 MB to 100 MB) | all 2,000 |',
    )
    expect(lines).toContain(
      '| Telegraf 1.37.2 | 22.0 µs, 2.00 × | 50.0 MB, 0.50 × | **2 of 1,000 missing** |',
    )
    expect(lines).toContain('| pino + pino-loki | – | – | all 1,000 |')
    expect(lines).toContain('pino + pino-loki, round 1: odbc is missing')
    expect(lines).toContain('2026-01-02, commit abc, 2 × some CPU.')
  })

  it('holds each goal against the figures, and says what was not measured', () => {
    const row =
      '| CPU a row, all processes, everything fsynced (a) | ≤ 0.6 × Telegraf, which keeps rows in memory |'
    expect(pageOf(samples)).toContain(`${row} 0.50 × | met |`)
    expect(pageOf([])).toContain(`${row} not measured |  |`)
  })
})

it('figures are written with three digits', () => {
  expect(textOf(0.123_4, '%')).toBe('0.12 %')
  expect(textOf(12.34, 'MB')).toBe('12.3 MB')
  expect(textOf(1_234.5, 'MB')).toBe('1,235 MB')
  expect(textOf(3, '')).toBe('3')
})
