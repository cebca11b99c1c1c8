import { describe, expect, it } from 'vitest'
import { columnsOf } from '../../src/dashboards/columns.ts'

type Types = Readonly<Record<string, string>>

type Sampled = { readonly labels?: readonly string[]; readonly count?: number | undefined }

function columns(rows: readonly object[], types: Types, { labels = [], count = rows.length }: Sampled = {}) {
  const described = Object.entries(types).map(([name, type]) => ({ name, type }))
  return columnsOf(described, { lines: rows.map((row) => JSON.stringify(row)), rows: count }, labels)
}

const kinds = (rows: readonly object[], types: Types) => columns(rows, types).all.map(({ kind }) => kind)

describe('the kind of a column', () => {
  it('is that of its first value, whatever its type is called', () => {
    const rows = [
      { a: null, b: 'x', c: true, d: null },
      { a: 1.5, b: 2, c: false, d: null },
    ]
    expect(kinds(rows, { a: 'text', b: 'int4', c: 'int4', d: '' })).toEqual([
      'number',
      'text',
      'text',
      'text',
    ])
  })

  it.each(['int4', 'BIGINT', 'integer', 'numeric', 'NUMBER', 'decimal(10,2)', 'double precision', 'float8'])(
    'is a number without rows where its type is %s',
    (type) => expect(kinds([], { a: type })).toEqual(['number']),
  )

  it.each(['interval', 'int4range', 'text', 'timestamptz', '', 'point', 'realm'])(
    'is text without rows where its type is %j',
    (type) => expect(kinds([], { a: type })).toEqual(['text']),
  )
})

describe('the name of a column', () => {
  it("is the one that LogQL's `| json` gives it", () => {
    const types = { 'a.b': '', host: '', team: '', run_id: '' }
    expect(columns([], types, { labels: ['team'] }).all.map(({ label }) => label)).toEqual([
      'a_b',
      'host_extracted',
      'team_extracted',
      'run_id_extracted',
    ])
  })
})

describe('the column that names the lines of a graph', () => {
  const keyOf = (rows: readonly object[], count?: number) => {
    const types = Object.fromEntries(Object.keys(rows[0] ?? {}).map((name) => [name, '']))
    return columns(rows, types, { count }).key?.name
  }

  it('is the first text that tells the rows apart', () => {
    const rows = [
      { at: '2026-01-01T00:00:00', state: 'idle', user: 'ann', size: 1 },
      { at: '2026-01-01T00:00:01', state: 'idle', user: 'bo', size: 1 },
    ]
    expect(keyOf(rows)).toBe('user')
  })

  it('is the first text where none does', () => {
    expect(keyOf([{ state: 'idle' }, { state: 'idle' }])).toBe('state')
  })

  it('is neither a number, nor a time, nor a text of more than 80 characters', () => {
    expect(keyOf([{ id: 1, at: '2026-01-01', statement: 'x'.repeat(81) }])).toBeUndefined()
    expect(keyOf([{ id: 1, at: '2026-01-01', statement: 'x'.repeat(80) }])).toBe('statement')
  })

  it('makes no more lines than Loki answers for, as far as the rows that were read tell', () => {
    const rows = Array.from({ length: 50 }, (_, index) => ({ id: `n${index}`, pair: `p${index % 2}` }))
    expect(keyOf(rows, 500)).toBe('id')
    expect(keyOf(rows, 501)).toBe('pair')
    expect(keyOf(rows, 12_500)).toBe('pair')
    expect(keyOf(rows, 12_501)).toBeUndefined()
  })
})
