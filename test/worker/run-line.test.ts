import { describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../src/core/errors.ts'
import type { Flag } from '../../src/core/source.ts'
import { rowMetadata, runIdOf, runLine, runLineMetadata } from '../../src/worker/run-line.ts'

const run = { runId: 'tabc121x9z', rows: 3, durationMs: 1_234.5678 }
const ok = { kind: 'ok', isCut: false, flags: [], isSent: true } as const

function parsed(outcome: Parameters<typeof runLine>[0]['outcome']): Record<string, unknown> {
  return JSON.parse(runLine({ ...run, outcome }))
}

function flagsNamed(column: string, count: number): Flag[] {
  return Array.from({ length: count }, () => ({ column, why: 'unreadable' }))
}

describe('the run line', () => {
  it('of a plain run has status, rows and duration, and nothing else', () => {
    expect(runLine({ ...run, outcome: ok })).toBe('{"status":"ok","rows":3,"duration_seconds":1.234568}')
  })

  it('says what is not plain: cut, not sent, flags', () => {
    const flags: Flag[] = [{ column: 'price', why: 'rounded', cure: 'cast(price as text)' }]
    expect(parsed({ ...ok, isCut: true, isSent: false, flags })).toEqual({
      status: 'ok',
      rows: 3,
      duration_seconds: 1.234568,
      sent: false,
      cut: true,
      flags: [{ column: 'price', why: 'rounded' }],
    })
  })

  it('of a failed run has code, SQLSTATE and all words, the hint too', () => {
    const error: ErrorReport = {
      code: 'query_failed',
      message: 'The query failed.',
      said: 'relation "x" does not exist\n',
      sqlState: '42P01',
      hint: 'Check it.',
    }
    expect(parsed({ kind: 'failed', error })).toEqual({
      status: 'failed',
      rows: 3,
      duration_seconds: 1.234568,
      error_code: 'query_failed',
      sqlstate: '42P01',
      error: 'The query failed. It said: relation "x" does not exist. Check it.',
    })
  })

  it('holds 50 flags and no more', () => {
    const flagsOf = (count: number) => flagsNamed('c', count)
    expect(parsed({ ...ok, flags: flagsOf(50) })['flags']).toHaveLength(50)
    expect(parsed({ ...ok, flags: flagsOf(51) })['flags']).toHaveLength(50)
  })

  it('holds 2,000 characters of an error and no more, and never half a character', () => {
    const errorOf = (message: string) =>
      parsed({ kind: 'failed', error: { code: 'internal', message } })['error']
    expect(errorOf('x'.repeat(2_000))).toHaveLength(2_000)
    expect(errorOf('x'.repeat(2_001))).toHaveLength(2_000)
    expect(errorOf(`${'x'.repeat(1_999)}😀`)).toBe(`${'x'.repeat(1_999)}\uFFFD`)
  })

  it('fits into a line of Loki whatever columns and errors are like', () => {
    const column = '\u0001'.repeat(10_000)
    const flags = flagsNamed(column, 200)
    expect(Buffer.byteLength(runLine({ ...run, outcome: { ...ok, flags } }))).toBeLessThan(256 * 1024)
    const error = { code: 'internal', message: '\u0001'.repeat(100_000) } as const
    expect(Buffer.byteLength(runLine({ ...run, outcome: { kind: 'failed', error } }))).toBeLessThan(20_000)
  })
})

describe('metadata', () => {
  it('gives a failed run the level error, so that Loki guesses none', () => {
    const error = { code: 'internal', message: 'x' } as const
    expect(runLineMetadata({ ...run, outcome: { kind: 'failed', error } })).toEqual([
      ['run_id', run.runId],
      ['detected_level', 'error'],
    ])
    expect(runLineMetadata({ ...run, outcome: ok })[1]).toEqual(['detected_level', 'info'])
  })

  it.each([
    [0, '0'],
    [0.4, '0.0004'],
    [1_250, '1.25'],
    [90_061.2345, '90.061235'],
  ])('writes a response of %d ms as %s seconds', (ms, text) => {
    expect(rowMetadata('id', ms)[0]).toEqual(['response_time', text])
  })
})

describe('a run id', () => {
  it.each([
    [Date.UTC(2026, 0, 1), 0],
    [Date.UTC(2026, 0, 1), 0.999999999],
    [Date.UTC(2038, 11, 31), 0.5],
    [Date.UTC(2100, 0, 1), 0.5],
    [0, 0],
  ])('at %d with chance %d has at most ten characters of [0-9a-z]', (nowMs, random) => {
    expect(runIdOf(nowMs, random)).toMatch(/^[0-9a-z]{5,10}$/)
  })

  it('differs from second to second, and within one by chance', () => {
    const ids = [runIdOf(1e12, 0.1), runIdOf(1e12 + 1_000, 0.1), runIdOf(1e12, 0.2)]
    expect(new Set(ids).size).toBe(3)
  })
})
