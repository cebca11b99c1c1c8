import { describe, expect, it } from 'vitest'
import { sqlTypes } from '../../../../../../src/sources/sql/cells/sql-types.ts'
import { doubtOf } from '../../../../../../src/sources/sql/driver-host/drivers/odbc-package/doubts.ts'

const column = (type: keyof typeof sqlTypes, columnSize: number, decimalDigits = 0) => ({
  name: 'a',
  dataType: sqlTypes[type],
  dataTypeName: '',
  columnSize,
  decimalDigits,
})

describe('what npm odbc may have changed', () => {
  it('a decimal of 15 digits fits a double, one of 16 or of unknown size may be rounded', () => {
    expect(doubtOf(column('numeric', 15, 2), 1.5)).toBeUndefined()
    expect(doubtOf(column('numeric', 16, 2), 1.5)).toBe('rounded')
    expect(doubtOf(column('decimal', 0), 1.5)).toBe('rounded')
  })

  it('a decimal with all digits behind the point may be cut, one with a digit before it is whole', () => {
    expect(doubtOf(column('numeric', 3, 2), 0.12)).toBeUndefined()
    expect(doubtOf(column('numeric', 3, 3), 0.12)).toBe('cut_by_driver')
  })

  it('a float4 may be cut; a float8 is exact; what is declared shorter may be rounded', () => {
    expect(doubtOf(column('real', 9), 1.6777216)).toBe('cut_by_driver')
    expect(doubtOf(column('float', 17), 0.1)).toBeUndefined()
    expect(doubtOf(column('double', 15), 0.1)).toBeUndefined()
    expect(doubtOf(column('float', 10), 12.5)).toBe('rounded')
  })

  it('a negative integer may be a large unsigned one', () => {
    expect(doubtOf(column('integer', 10), 0)).toBeUndefined()
    expect(doubtOf(column('integer', 10), -1)).toBe('out_of_range')
    expect(doubtOf(column('bigint', 19), -1n)).toBe('out_of_range')
  })

  it('a text that fills its buffer may have been longer, a long text never fills one', () => {
    expect(doubtOf(column('varchar', 3), 'x'.repeat(8))).toBeUndefined()
    expect(doubtOf(column('varchar', 3), 'x'.repeat(9))).toBe('cut_by_driver')
    expect(doubtOf(column('longvarchar', 3), 'x'.repeat(12))).toBeUndefined()
  })

  it('a replacement character may stand for bytes that were no text', () => {
    expect(doubtOf(column('longvarchar', 100), 'a\ufffdb')).toBe('unreadable')
  })
})
