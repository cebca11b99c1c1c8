import { describe, expect, it } from 'vitest'
import { arrivalOf, cell, flagged, labelOf, verdictOf } from './cell.ts'
import { tables } from './matrix.ts'

const ways = tables.flatMap(({ database, cells, routes }) =>
  [...new Set(routes.map(({ way }) => way))].map((way) => ({ database, way, cells })),
)

describe('the fidelity matrix', () => {
  it.each(ways)('has no value that is silently different: $database, $way', ({ cells, way }) => {
    const silent = cells.filter((of) => verdictOf(of, way) === 'silently different')
    expect(silent.map((of) => [of.type, of.sql, arrivalOf(of, way).json])).toEqual([])
  })
})

describe('verdictOf', () => {
  const verdict = (meant: string, arrived: string, ...flags: 'rounded'[]) =>
    verdictOf(cell(['t', 'v'], meant, { direct: flagged(arrived, ...flags) }), 'direct')

  it.each([
    ['1.50', '1.5'],
    ['16777216', '1.6777216e+07'],
    ['0.00000000000000000001', '1e-20'],
    ['-0', '-0.0'],
    ['12300', '123e2'],
  ])('takes %s and %s for one number', (meant, arrived) => expect(verdict(meant, arrived)).toBe('exact'))

  it.each([
    ['0', '-0'],
    ['9223372036854775807', '9223372036854776000'],
    ['1', '10'],
    ['0.1', '0.01'],
    ['"1"', '1'],
    ['"NaN"', 'null'],
  ])('tells %s from %s', (meant, arrived) => expect(verdict(meant, arrived)).toBe('silently different'))

  it('tells a flag that was needed from one that was not', () => {
    expect(verdict('1', '2', 'rounded')).toBe('flagged')
    expect(verdict('1', '1', 'rounded')).toBe('doubted')
  })
})

describe('labelOf', () => {
  it('is the text of a string, the digits of a number, and nothing of null', () => {
    expect(['"a\\"b"', '""', '1.50', 'true', 'null'].map(labelOf)).toEqual([
      'a"b',
      '',
      '1.50',
      'true',
      undefined,
    ])
  })
})
