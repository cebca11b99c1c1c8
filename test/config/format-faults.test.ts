import { describe, expect, it } from 'vitest'
import type { ConfigFault } from '../../src/config/fault.ts'
import { quoted, shown } from '../../src/config/fault.ts'
import { formatFaults, formatFileFaults, maxFaultsShown, wrap } from '../../src/config/format-faults.ts'

const fault: ConfigFault = {
  code: 'config_invalid',
  place: { line: 3, column: 18 },
  message: 'a is "5"; expected 5',
}

describe('faults on a terminal', () => {
  it('stand behind their place, with the hint below', () => {
    expect(
      formatFileFaults('m.json', [
        { ...fault, hint: 'Write 5.' },
        { ...fault, place: { line: 10, column: 2 } },
      ]),
    ).toBe(
      [
        'm.json:3:18  a is "5"; expected 5',
        '             Write 5.',
        'm.json:10:2  a is "5"; expected 5',
      ].join('\n'),
    )
  })

  it('stand below a place that is long', () => {
    const path = '/etc/rowtail/a/folder/with/a/long/name/monitor_input.json'
    expect(formatFileFaults(path, [fault])).toBe(`${path}:3:18\n  a is "5"; expected 5`)
  })

  it('of flags need no place', () => {
    expect(formatFaults([{ code: 'flag_invalid', message: '--a has no value', hint: 'Give one.' }])).toBe(
      '--a has no value\n  Give one.',
    )
  })

  it('are 50 at most, then how many more there are', () => {
    const faults = (count: number) => formatFaults(Array.from({ length: count }, () => fault)).split('\n')
    expect(faults(maxFaultsShown)).toHaveLength(50)
    expect(faults(maxFaultsShown + 1)).toHaveLength(51)
    expect(faults(maxFaultsShown + 1).at(-1)).toBe('and 1 more')
  })
})

describe('wrapping', () => {
  it('breaks at spaces and leaves long words whole', () => {
    expect(wrap('aa bb cc', 5)).toEqual(['aa bb', 'cc'])
    expect(wrap('aa bbbbbbbb cc', 5)).toEqual(['aa', 'bbbbbbbb', 'cc'])
    expect(wrap('', 5)).toEqual([''])
  })
})

describe('an offending value', () => {
  it('is shown on one line and bounded', () => {
    expect(shown('{\n  "a":\t1\n}')).toBe('{ "a": 1 }')
    expect(quoted('x'.repeat(58))).toBe(`"${'x'.repeat(58)}"`)
    expect(quoted('x'.repeat(59))).toBe(`"${'x'.repeat(55)}…"`)
  })

  it('cannot steer the terminal', () => {
    expect(quoted('\u001b[2J\u0007')).toBe('"\\u001b[2J\\u0007"')
  })
})
