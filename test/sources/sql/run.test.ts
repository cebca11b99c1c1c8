import { describe, expect, it } from 'vitest'
import { defaultRunBounds } from '../../../src/core/metric.ts'
import { executeRun, fittingPart, type RunState } from '../../../src/sources/sql/driver-host/run.ts'
import { ScriptedConnection } from '../../support/scripted-driver.ts'

async function run(
  query: string,
  bounds: Partial<typeof defaultRunBounds> = {},
  state: Partial<RunState> = {},
) {
  const connection = new ScriptedConnection([])
  const written: string[] = []
  const request = { id: 1, query, timeoutMs: 5_000, bounds: { ...defaultRunBounds, ...bounds } }
  const counted: RunState = { rows: 0, bytes: 0, ...state }
  const write = async (lines: Uint8Array) => void written.push(Buffer.from(lines).toString())
  const result = await executeRun(connection, request, { state: counted, out: { write } })
  return { result, connection, lines: written.join('').split('\n').length - 1 }
}

describe('the bounds of a run', () => {
  it.each([
    { rows: 499, isCut: false },
    { rows: 500, isCut: false },
    { rows: 501, isCut: true },
    { rows: 10_000, isCut: true },
  ])('rows: of $rows where 500 may come, cut: $isCut', async ({ rows, isCut }) => {
    const { result, lines } = await run(`rows ${rows}`, { maxRows: 500 })
    const kept = Math.min(rows, 500)
    expect(result).toMatchObject({ kind: 'finished', summary: { rows: kept, bytes: kept, isCut } })
    expect(lines).toBe(kept)
  })

  it.each([
    { rows: 99, isCut: false },
    { rows: 100, isCut: false },
    { rows: 101, isCut: true },
    { rows: 5_000, isCut: true },
  ])('bytes: of $rows rows of 10 bytes where 1,000 may come, cut: $isCut', async ({ rows, isCut }) => {
    const { result, lines } = await run(`rows ${rows} of 10`, { maxBytes: 1_000 })
    const kept = Math.min(rows, 100)
    expect(result).toMatchObject({ kind: 'finished', summary: { rows: kept, bytes: 10 * kept, isCut } })
    expect(lines).toBe(kept)
  })

  it('bytes: keep no part of a line', async () => {
    const { result } = await run('rows 3 of 10', { maxBytes: 29 })
    expect(result).toMatchObject({ summary: { rows: 2, bytes: 20, isCut: true } })
    expect(await run('rows 1 of 10', { maxBytes: 9 })).toMatchObject({
      lines: 0,
      result: { summary: { rows: 0, isCut: true } },
    })
  })

  it('flag what they cut, and name the cure', async () => {
    const { result } = await run('rows 2', { maxRows: 1 })
    expect(result).toMatchObject({
      summary: { flags: [{ column: '*', why: 'rows_cut', cure: expect.stringContaining('--max_rows (1)') }] },
    })
  })

  it('may cut nothing of an empty result', async () => {
    const { result } = await run('rows 0', { maxRows: 1, maxBytes: 1 })
    expect(result).toMatchObject({ kind: 'finished', summary: { rows: 0, isCut: false, flags: [] } })
  })
})

describe('the columns of a run', () => {
  it('are told only where they are asked for', async () => {
    const connection = new ScriptedConnection([])
    const state: RunState = { rows: 0, bytes: 0 }
    const request = { id: 1, query: 'rows 1', timeoutMs: 5_000, bounds: defaultRunBounds }
    const io = { state, out: { write: async () => {} } }
    const told = await executeRun(connection, { ...request, withColumns: true }, io)
    expect(told).toMatchObject({ summary: { columns: [{ name: 'n', type: 'int4' }] } })
    const { result } = await run('rows 1')
    expect(result).toMatchObject({ kind: 'finished' })
    expect(result).not.toHaveProperty('summary.columns')
  })
})

describe('the part of a block that fits', () => {
  const block = { rows: 3, lines: Buffer.from('aa\nbbb\nc\n') }

  it.each([
    { roomBytes: 0, rows: 0, text: '' },
    { roomBytes: 2, rows: 0, text: '' },
    { roomBytes: 3, rows: 1, text: 'aa\n' },
    { roomBytes: 6, rows: 1, text: 'aa\n' },
    { roomBytes: 7, rows: 2, text: 'aa\nbbb\n' },
    { roomBytes: 8, rows: 2, text: 'aa\nbbb\n' },
    { roomBytes: 9, rows: 3, text: 'aa\nbbb\nc\n' },
  ])('in $roomBytes bytes is $rows lines', ({ roomBytes, rows, text }) => {
    const part = fittingPart(block, roomBytes)
    expect([part.rows, Buffer.from(part.lines).toString()]).toEqual([rows, text])
  })
})

describe('a run that was given up', () => {
  it.each([
    { abort: 'timeout', code: 'query_timeout' },
    { abort: 'cancelled', code: 'query_abandoned' },
  ] as const)('by $abort before it was asked never reaches the database', async ({ abort, code }) => {
    const { result, connection } = await run('rows 5', {}, { abort })
    expect(result).toMatchObject({ kind: 'failed', error: { code } })
    expect(connection.queries).toEqual([])
  })

  it('fails by its own error where it was not', async () => {
    expect((await run('fail')).result).toMatchObject({ kind: 'failed', error: { code: 'query_failed' } })
  })
})
