import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { reportOf } from '../../../src/core/errors.ts'
import { endpointOf, loginOf, tenantOf, tlsOf } from '../../../src/sinks/loki/config.ts'

const folder = new URL('../../../src/sinks/loki/', import.meta.url)

describe('endpointOf', () => {
  it.each([
    ['http://loki:3100', 'http://loki:3100'],
    ['http://loki:3100/', 'http://loki:3100'],
    ['  https://loki.example  ', 'https://loki.example'],
    ['http://[::1]:3100', 'http://[::1]:3100'],
    ['http://loki:3100/loki/api/v1/push', 'http://loki:3100'],
    ['http://loki:3100/loki/api/v1/push/', 'http://loki:3100'],
    ['https://gateway/eu', 'https://gateway/eu'],
    ['https://gateway/eu/loki/api/v1/push', 'https://gateway/eu'],
    ['https://gateway/loki', 'https://gateway/loki'],
  ])('finds the addresses behind %s', (text, base) => {
    expect(endpointOf(text)).toEqual({ pushUrl: `${base}/loki/api/v1/push`, readyUrl: `${base}/ready` })
  })

  it.each([
    ['', /is no URL/],
    ['loki', /is no URL/],
    ['loki:3100', /neither http nor https/],
    ['ftp://loki', /'ftp:\/\/loki' is neither http nor https/],
    ['http://loki:99999', /is no URL/],
    ['http://loki?tenant=a', /a query or a fragment/],
    ['http://loki/#x', /a query or a fragment/],
  ])('refuses %s', (text, message) => {
    expect(reportThrownBy(() => endpointOf(text))).toMatchObject({
      code: 'flag_invalid',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('http://loki.example:3100'),
    })
  })

  it.each([
    'http://me:canary@loki:3100',
    'https://canary@loki',
    'ht!tp://me:canary@loki',
    'ftp://me:canary@loki',
  ])('refuses a URL with a login and does not repeat it: %s', (text) => {
    const report = reportThrownBy(() => endpointOf(text))
    expect(report.code).toBe('flag_invalid')
    expect(JSON.stringify(report)).not.toContain('canary')
  })
})

describe('loginOf', () => {
  it('takes user and password, a user alone, a token, or nothing', () => {
    expect(loginOf({})).toEqual({ kind: 'none' })
    expect(loginOf({ user: 'u', password: 'p' })).toEqual({ kind: 'basic', user: 'u', password: 'p' })
    expect(loginOf({ user: 'u' })).toEqual({ kind: 'basic', user: 'u', password: '' })
    expect(loginOf({ token: 't' })).toEqual({ kind: 'bearer', token: 't' })
  })

  it.each([
    [{ token: 'canary', user: 'u' }],
    [{ token: 'canary', password: 'canary' }],
    [{ password: 'canary' }],
    [{ user: 'a:b', password: 'canary' }],
    [{ token: 'canary\n' }],
    [{ token: '' }],
  ])('refuses a combination that is none, without its secret', (given) => {
    const report = reportThrownBy(() => loginOf(given))
    expect(report.code).toBe('flag_invalid')
    expect(JSON.stringify(report)).not.toContain('canary')
  })
})

describe('tenantOf', () => {
  it('takes what Loki takes, up to 150 characters', () => {
    for (const tenant of ['a', "team-1_x.y!*'()", 'x'.repeat(150)]) expect(tenantOf(tenant)).toBe(tenant)
  })

  it('refuses what Loki refuses, and two tenants', () => {
    for (const tenant of ['', '.', '..', 'a b', 'a|b', 'a/b', 'é', 'x'.repeat(151)]) {
      expect(reportThrownBy(() => tenantOf(tenant)).code).toBe('flag_invalid')
    }
  })
})

describe('tlsOf', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'

  it('takes an authority, and a certificate with its key', () => {
    expect(tlsOf({})).toEqual({})
    expect(tlsOf({ ca: pem, cert: pem, key: pem })).toEqual({ ca: pem, cert: pem, key: pem })
  })

  it('refuses what is no PEM, and half of a pair', () => {
    const keyless = [{ ca: 'canary' }, { cert: pem }, { key: pem }, { cert: pem, key: 'canary' }]
    for (const given of keyless) {
      const report = reportThrownBy(() => tlsOf(given))
      expect(report.code).toBe('flag_invalid')
      expect(JSON.stringify(report)).not.toContain('canary')
    }
  })
})

describe('the sample', () => {
  it('holds settings that are valid and explained', () => {
    const sample: Record<string, string> = JSON.parse(readFileSync(new URL('sample.json', folder), 'utf8'))
    const readme = readFileSync(new URL('README.md', folder), 'utf8')
    for (const name of Object.keys(sample)) expect(readme).toContain(`\`${name}\``)
    expect(endpointOf(sample['loki_url'] ?? '').pushUrl).toBe('https://loki.example.com/loki/api/v1/push')
    expect(tenantOf(sample['loki_tenant'] ?? '')).toBe('databases')
  })
})

function reportThrownBy(work: () => unknown): ReturnType<typeof reportOf> {
  try {
    work()
  } catch (error) {
    return reportOf(error)
  }
  throw new Error('nothing was thrown')
}
