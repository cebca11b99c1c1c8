import { describe, expect, it } from 'vitest'
import * as odbcDirect from '../../../../../../src/sources/sql/driver-host/drivers/odbc-direct/checks.ts'

const { checkedLength, checkedRows } = odbcDirect

describe('what a driver reports', () => {
  it('is believed of a block that is full, and not of one row more', () => {
    expect(checkedRows(0, 200)).toBe(0)
    expect(checkedRows(200, 200)).toBe(200)
    expect(() => checkedRows(201, 200)).toThrow('201 rows in a block of 200')
    expect(() => checkedRows(-1, 200)).toThrow('-1 rows')
  })

  it('is believed of a length, and of the indicators in its place', () => {
    for (const length of [0, 2 ** 31 - 1, -1, -4]) expect(checkedLength(length)).toBe(length)
    for (const length of [-2, -3, -5, -77]) expect(() => checkedLength(length)).toThrow(`${length} bytes`)
  })
})
