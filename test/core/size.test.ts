import { describe, expect, it } from 'vitest'
import { formatSize, parseSizeBytes } from '../../src/core/size.ts'

describe('a byte size', () => {
  it.each([
    ['0', 0],
    ['4096', 4_096],
    ['12B', 12],
    ['1KB', 1_000],
    ['1KiB', 1_024],
    ['1MB', 1_000_000],
    ['256MiB', 268_435_456],
    ['256mib', 268_435_456],
    ['2 GiB', 2_147_483_648],
    ['1.5GB', 1_500_000_000],
    ['1TiB', 1_099_511_627_776],
    [' 1MB ', 1_000_000],
  ])('%s is %i bytes', (text, sizeBytes) => {
    expect(parseSizeBytes(text)).toBe(sizeBytes)
  })

  it.each([
    '',
    'MB',
    '-1MB',
    '1XB',
    '1iB',
    '1e3',
    '0.3B',
    '1M',
    '1MB 2',
    '9007199254740992',
    '99999TiB',
    'NaN',
  ])('is not written %j', (text) => {
    expect(parseSizeBytes(text)).toBeUndefined()
  })

  it.each([
    [0, '0B'],
    [1_000, '1KB'],
    [1_001, '1001B'],
    [1_024, '1KiB'],
    [1_000_000, '1MB'],
    [268_435_456, '256MiB'],
    [2_147_483_648, '2GiB'],
    [1_099_511_627_776, '1TiB'],
  ])('of %i bytes is written %s', (sizeBytes, text) => {
    expect(formatSize(sizeBytes)).toBe(text)
    expect(parseSizeBytes(text)).toBe(sizeBytes)
  })
})
