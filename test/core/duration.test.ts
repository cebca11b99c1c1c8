import { describe, expect, it } from 'vitest'
import { formatDuration, parseDurationMs } from '../../src/core/duration.ts'

describe('a written duration', () => {
  it.each([
    ['500ms', 500],
    ['2s', 2_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['1d', 86_400_000],
    ['2', 2_000],
    ['0.25', 250],
    [' 10s ', 10_000],
    ['0', 0],
  ])('%j is %d ms', (text, ms) => expect(parseDurationMs(text)).toBe(ms))

  it.each(['', 's', '5 s', '5S', '-1s', '+1s', '1e3', '.5s', '5.', '1h30m', '1w', 'NaN', 'Infinity'])(
    '%j is none',
    (text) => expect(parseDurationMs(text)).toBeUndefined(),
  )
})

describe('a duration in a text', () => {
  it.each([
    [0, '0ms'],
    [0.25, '0.25ms'],
    [999, '999ms'],
    [1_000, '1s'],
    [1_500, '1.5s'],
    [60_000, '1m'],
    [90_000, '90s'],
    [7_200_000, '2h'],
    [172_800_000, '2d'],
  ])('%d ms is written %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

  it.each(['1ms', '1s', '90s', '5m', '2h', '30d'])('%s is read back as what it is', (text) => {
    expect(formatDuration(parseDurationMs(text) ?? Number.NaN)).toBe(text)
  })
})
