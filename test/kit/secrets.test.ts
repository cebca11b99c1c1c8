import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../src/kit/secrets.ts'

describe('a strong secret', () => {
  const secret = 'Ca}nary "pass" ü/1'
  const redact = createRedactor([secret])

  it.each([
    ['as it is', secret],
    ['URL-encoded', encodeURIComponent(secret)],
    ['URL-encoded in lower case', encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase())],
    ['form-encoded', encodeURIComponent(secret).replaceAll('%20', '+')],
    ['in braces', 'Ca}}nary "pass" ü/1'],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
  ])('is replaced %s', (_how, text) => {
    expect(redact(`x=${text}; and ${text}.`)).toBe('x=***; and ***.')
  })

  it.each(['', 'u', 'us', 'usr', 'user:'])('is replaced in base64 behind "%s"', (before) => {
    for (const encoding of ['base64', 'base64url'] as const) {
      const masked = redact(`Basic ${Buffer.from(`${before}${secret}?>`).toString(encoding)}`)
      expect(masked).toContain('***')
      expect(
        Buffer.from(masked.slice('Basic '.length).replace('***', ''), encoding).toString(),
      ).not.toContain('nary')
    }
  })

  it('is strong from eight characters on', () => {
    expect(createRedactor(['12345678'])('a 12345678 b')).toBe('a *** b')
    expect(createRedactor(['1234567'])('a 1234567 b')).toBe('a 1234567 b')
  })

  it('that contains another one is replaced whole', () => {
    const both = createRedactor(['secret-one', 'secret-one-and-two'])
    expect(both('secret-one-and-two secret-one')).toBe('*** ***')
  })
})

describe('a weak secret', () => {
  const redact = createRedactor(['sqream'], ['sqream', 'SqreamODBCDriver'])

  it('is left where it is an ordinary word', () => {
    const text = 'driver SqreamODBCDriver, user sqream: login refused for "sqream", UID=sqream'
    expect(redact(text)).toBe(text)
  })

  it.each([
    ['DRIVER={x};UID=sqream;PWD=sqream;', 'DRIVER={x};UID=sqream;PWD=***;'],
    ['PWD={sqream}', 'PWD={***}'],
    ['{"user":"sqream","password":"sqream"}', '{"user":"sqream","password":"***"}'],
    ['loki_password: sqream', 'loki_password: ***'],
    ['http://sqream:sqream@loki:3100/', 'http://sqream:***@loki:3100/'],
    ['Authorization: Bearer sqream', 'Authorization: Bearer ***'],
  ])('is replaced where it is said to be one: %s', (text, masked) => {
    expect(redact(text)).toBe(masked)
  })

  it('is replaced in base64', () => {
    expect(redact(`Basic ${Buffer.from('sqream:sqream').toString('base64')}`)).not.toContain('c3FyZWFt')
  })

  it('is only the whole value', () => {
    expect(redact('password=sqreamer')).toBe('password=sqreamer')
  })

  it('is also a long one that is part of a name that may be shown', () => {
    const named = createRedactor(['monitoring'], ['monitoring_user'])
    expect(named('user monitoring_user, PWD=monitoring')).toBe('user monitoring_user, PWD=***')
  })
})

describe('no secret', () => {
  it('changes no text', () => {
    expect(createRedactor(['', ''])('PWD=; a')).toBe('PWD=; a')
    expect(createRedactor([])('PWD=x')).toBe('PWD=x')
  })
})
