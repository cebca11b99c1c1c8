import { describe, expect, it } from 'vitest'
import { isSameToken, randomToken } from '../../src/kit/token.ts'

describe('a token', () => {
  it('has 24 bytes, and never the same', () => {
    const tokens = Array.from({ length: 100 }, randomToken)
    expect(new Set(tokens).size).toBe(100)
    expect(tokens.map((token) => Buffer.from(token, 'base64url').length)).toEqual(tokens.map(() => 24))
  })

  it.each([
    ['abc', 'abc', true],
    ['', '', true],
    ['abc', 'abd', false],
    ['xbc', 'abc', false],
    ['abc', 'abcd', false],
    ['abcd', 'abc', false],
    ['', 'abc', false],
    ['é', 'e\u0301', false],
  ])('%j given for %j is the same: %s', (given, expected, isSame) => {
    expect(isSameToken(given, expected)).toBe(isSame)
  })
})
