// The page on reliability tells what the results say, and nothing else.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { reported } from './report-page.ts'
import { doneRounds, emptySummary, readResults, type Summary } from './summary.ts'

const batch = { commit: 'abc', seed: 7, scenario: 'random', lanes: 2 }
const marks = 'before\n<!-- results: npm run torture -- --report -->\n<!-- end of results -->\nafter\n'

const lineOf = (done: string, counts: Partial<Summary>): Summary => ({
  ...emptySummary(batch),
  done,
  ...counts,
})

describe('the page on reliability', () => {
  it('holds what results.ndjson says: else run `npm run torture -- --report`', () => {
    const page = readFileSync('docs/reliability.md', 'utf8')
    expect(page).toBe(reported(page, readResults('test/torture/results.ndjson')))
  })

  it('adds up the lines of a batch, and of a commit', () => {
    const lines = [
      lineOf('1..50', { rounds: 50, rows: 1_000, seconds: 60, faults: { 'loki network: slow': 3 } }),
      lineOf('51..52, 60', { rounds: 3, failed: '60', lost: 2, seconds: 90, faults: { term: 4 } }),
      lineOf('1', { seed: 8, rounds: 1, seconds: 30, faults: { 'loki network: refused': 2 } }),
    ]
    const page = reported(marks, lines)
    expect(page).toContain(
      '**54 rounds at commit abc: lost 2, twice 0, other findings 0.** 9 faults, 1,000 rows',
    )
    expect(page).toContain('; 3 minutes.')
    expect(page).toContain('| abc | 7 | 53 (1..52, 60) | 1 (60) | 1,000 |')
    expect(page).toContain('| abc | 8 | 1 (1) | 0 |')
    expect(page).toContain('Faults by kind, all 54 rounds: loki network 5, term 4.')
    expect(page.startsWith('before\n') && page.endsWith('\nafter\n')).toBe(true)
  })

  it('needs its marks', () => {
    expect(() => reported('# Nothing', [])).toThrow(/no lines/)
  })
})

describe('a batch that goes on', () => {
  it('leaves out what is done of the same commit, seed and scenario', () => {
    const lines = [lineOf('1..3', {}), lineOf('9', { seed: 8 }), lineOf('7', { commit: 'other' })]
    expect([...doneRounds(lines, batch)]).toEqual([1, 2, 3])
  })

  it('runs a round with findings again, until it is clean', () => {
    const lines = [lineOf('1..3', { failed: '2' })]
    expect([...doneRounds(lines, batch)]).toEqual([1, 3])
    expect(doneRounds([...lines, lineOf('2', {})], batch)).toEqual(new Set([1, 2, 3]))
  })
})
