import { describe, expect, it } from 'vitest'
import type { PushOutcome } from '../../../src/core/sink.ts'
import type { Answer, NoAnswer } from '../../../src/sinks/loki/client.ts'
import { outcomeOf } from '../../../src/sinks/loki/outcome.ts'
import words from './fixtures/loki-words.json' with { type: 'json' }

type Row = readonly [what: string, answer: Partial<Answer>, outcome: object]

const html = {
  contentType: 'text/html',
  body: '<html><head><title>Sign in</title></head><body>Sign in</body></html>',
}
const json = 'application/json'
const date = 'Wed, 25 Nov 2026 21:41:05 GMT'

describe('what an answer means', () => {
  it.each<Row>([
    ['204', { status: 204 }, { kind: 'delivered' }],
    ['200 without a body', { status: 200, body: '\n' }, { kind: 'delivered' }],
    ['200 with a body', { status: 200, body: '{}' }, blocked('loki_blocked')],
    ['200 with a login page', { status: 200, ...html }, blocked('loki_blocked')],
    ['202', { status: 202 }, blocked('loki_blocked')],
    ['260', { status: 260, body: "ingestion blocked for user 'fake'" }, blocked('loki_blocked')],
    ['301', { status: 301, location: 'https://other/login?token=canary' }, blocked('loki_blocked')],
    ['307', { status: 307 }, blocked('loki_blocked')],
    ['401', { status: 401, body: 'no org id\n' }, blocked('loki_login_refused')],
    ['403', { status: 403 }, blocked('loki_login_refused')],
    ['404', { status: 404, body: '404 page not found\n' }, blocked('loki_blocked')],
    ['405', { status: 405 }, blocked('loki_blocked')],
    ['422', { status: 422 }, blocked('loki_blocked')],
    ['400 as a web page', { status: 400, ...html }, blocked('loki_blocked')],
    [
      '400 as a web page in words of Loki',
      { status: 400, body: `<html>${words.tooNew}</html>` },
      blocked('loki_blocked'),
    ],
    [
      '500 for a time before the first schema',
      { status: 500, body: 'no schema config found for time 1589328000\n' },
      { kind: 'refused', refusal: { reason: 'too_old' } },
    ],
    [
      '400 for two tenants',
      { status: 400, body: 'multiple org IDs present\n' },
      blocked('loki_login_refused'),
    ],
    [
      '400 in JSON, in unknown words',
      { status: 400, contentType: json, body: '{"e":1}' },
      blocked('loki_blocked'),
    ],
    [
      '400 in JSON, in words of Loki',
      { status: 400, contentType: json, body: words.tooNew },
      { kind: 'refused' },
    ],
    ['400 in unknown words', { status: 400, body: 'something new' }, { kind: 'refused', isWhole: false }],
    ['413', { status: 413, ...html }, split()],
    ['400 for its size', { status: 400, body: 'compressed message size 9 exceeds limit 8\n' }, split()],
    ['500 of gRPC', { status: 500, body: words.grpcSize }, split()],
    ['503 of gRPC', { status: 503, body: words.grpcSize }, split()],
  ])('%s', (_, answer, outcome) => {
    expect(of(answer)).toMatchObject(outcome)
  })

  it.each<Row>([
    ['408', { status: 408 }, { isUnknown: true }],
    ['500', { status: 500, body: 'empty ring\n' }, { isUnknown: true }],
    ['502 as a web page', { status: 502, ...html }, { isUnknown: true }],
    ['503', { status: 503 }, { isUnknown: true }],
    [
      'ResourceExhausted of a busy Loki',
      { status: 500, body: 'rpc error: code = ResourceExhausted desc = busy' },
      {},
    ],
    [
      '429 of the tenant',
      { status: 429, body: words.tenantRate },
      { isUnknown: false, tenantLimit: 4_194_304 },
    ],
    [
      '429 of the stream',
      { status: 429, body: words.streamRate },
      { isUnknown: false, isStreamLimit: true, scope: 'stream' },
    ],
    [
      '429 of the number of streams',
      { status: 429, body: words.manyStreams },
      { isUnknown: false, afterMs: 30_000, scope: 'stream' },
    ],
    ['429 of a proxy', { status: 429, ...html }, { isUnknown: false }],
  ])('%s: the same bytes again', (_, answer, outcome) => {
    expect(of(answer)).toMatchObject({ kind: 'retry', ...outcome })
  })

  it('keeps the words of the other side, bounded, and a page without its markup', () => {
    expect(errorOf(of({ status: 500, body: 'x'.repeat(3_000) })).said).toHaveLength(2_000)
    expect(errorOf(of({ status: 502, ...html })).said).toBe('Sign in Sign in')
    expect(errorOf(of({ status: 503 })).said).toBeUndefined()
  })

  it('names where a redirect leads without what may be secret in it', () => {
    const error = errorOf(of({ status: 302, location: 'https://sso.example/login?token=canary' }))
    expect(error.message).toContain('https://sso.example')
    expect(JSON.stringify(error)).not.toContain('canary')
    expect(errorOf(of({ status: 302, location: '/login?token=canary' })).message).toContain('another path')
  })

  it('gives every failure a hint', () => {
    const statuses = [200, 260, 302, 401, 403, 404, 405, 408, 413, 418, 422, 429, 500, 503]
    for (const status of statuses) expect(errorOf(of({ status, body: 'why' })).hint).toMatch(/\.$/)
  })

  it('reads a tenant limit below the push as one that no repeat passes', () => {
    const answer = { status: 429, body: words.tenantRate }
    expect(of(answer, { count: 1, bytes: 4_194_305 })).toHaveProperty('isStreamLimit', true)
    expect(of(answer, { count: 1, bytes: 4_194_304 })).not.toHaveProperty('isStreamLimit')
  })

  it('finds answers the same that differ in numbers only', () => {
    const [first, second, other] = ['took 12 ms', 'took 7 ms', 'fell over'].map((body) =>
      of({ status: 500, body }),
    )
    expect(sameAsOf(first)).toBe(sameAsOf(second))
    expect(sameAsOf(first)).not.toBe(sameAsOf(other))
  })
})

describe('Retry-After', () => {
  it.each([
    ['7', 7_000],
    ['0', 0],
    ['300', 300_000],
    ['301', 300_000],
    ['Wed, 25 Nov 2026 21:41:35 GMT', 30_000],
    ['Wed, 25 Nov 2026 21:41:00 GMT', 0],
    ['Thu, 26 Nov 2026 21:41:05 GMT', 300_000],
  ])('%s', (retryAfter, afterMs) => {
    for (const status of [429, 503])
      expect(of({ status, retryAfter, date })).toHaveProperty('afterMs', afterMs)
  })

  it('is as good as absent where it is unreadable', () => {
    expect(of({ status: 503, retryAfter: 'soon', date })).not.toHaveProperty('afterMs')
    expect(of({ status: 503, retryAfter: '' })).not.toHaveProperty('afterMs')
  })
})

describe('no answer', () => {
  it.each([
    ['ECONNREFUSED', false],
    ['ENOTFOUND', false],
    ['ECONNRESET', true],
    ['ETIMEDOUT', true],
    ['ABORTED', true],
  ])('%s is retried; stored maybe: %s', (code, isUnknown) => {
    const outcome = outcomeOf(noAnswer(code), { count: 1, bytes: 1 })
    expect(outcome).toMatchObject({ kind: 'retry', isUnknown, error: { code: 'loki_unreachable' } })
  })

  it.each([
    ['ECONNREFUSED', /at https:\/\/loki:3100 cannot be reached \(ECONNREFUSED\)/, /host and port/],
    ['EPIPE', /closed the connection/, /bodies of this size/],
    ['ERR_ABORTED', /was not waited for/, /sent again/],
    ['EPROTO', /does not speak https/, /write http:\/\//],
    ['ETIMEDOUT', /at https:\/\/loki:3100 did not answer in time/, /busy/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /not trusted \(/, /--loki_ca/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /not trusted \(/, /as it is certified/],
  ])('is told with the address and a cure: %s', (code, message, hint) => {
    const error = errorOf(outcomeOf(noAnswer(code), { count: 1, bytes: 1 }))
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(hint)
    expect(error.said).toBe(`${code} was met`)
  })
})

function noAnswer(code: string): NoAnswer {
  return { kind: 'no_answer', origin: 'https://loki:3100', code, message: `${code} was met` }
}

function of(answer: Partial<Answer>, pushed = { count: 3, bytes: 1_000 }): PushOutcome {
  const plain = { kind: 'answer', status: 500, body: '', contentType: 'text/plain; charset=utf-8' } as const
  return outcomeOf({ ...plain, ...answer }, pushed)
}

function blocked(code: string): object {
  return { kind: 'blocked', error: { code } }
}

function split(): object {
  return { kind: 'split', error: { code: 'loki_too_large' } }
}

function errorOf(outcome: PushOutcome): { message: string; hint?: string; said?: string } {
  if (outcome.kind === 'delivered') throw new Error('delivered')
  return outcome.error
}

function sameAsOf(outcome: PushOutcome | undefined): string | undefined {
  return outcome?.kind === 'retry' ? outcome.sameAs : undefined
}
