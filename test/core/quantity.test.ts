import { describe, expect, it } from 'vitest'
import { countOf, formatBytes, formatCount, formatElapsed, inAll } from '../../src/core/quantity.ts'

describe('numbers as a person reads them', () => {
  it('groups thousands and knows one from many', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567')
    expect(countOf(1, 'row')).toBe('1 row')
    expect(countOf(0, 'row')).toBe('0 rows')
    expect(countOf(1_204, 'row')).toBe('1,204 rows')
  })

  it.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_024, '1 KiB'],
    [3_482, '3.4 KiB'],
    [1_048_063, '1023 KiB'],
    [1_048_064, '1 MiB'],
    [256 * 1_024 ** 2, '256 MiB'],
    [2 * 1_024 ** 3, '2 GiB'],
    [5_000 * 1_024 ** 4, '5000 TiB'],
  ])('writes %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  it.each([
    [0, '0ms'],
    [0.4321, '0.4ms'],
    [45.6, '46ms'],
    [999.4, '999ms'],
    [999.6, '1s'],
    [4_249, '4.2s'],
    [59_949, '59.9s'],
    [59_951, '1m'],
    [312_000, '5m 12s'],
    [3_599_600, '1h'],
    [11_040_000, '3h 4m'],
    [86_400_000, '1d'],
    [183_600_000, '2d 3h'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatElapsed(ms)).toBe(text)
  })

  it('adds a total only where it tells more', () => {
    expect(inAll({ amount: 3, total: 3 })).toBe('')
    expect(inAll({ amount: 3, total: 1_200 })).toBe(', 1,200 in all')
  })
})
