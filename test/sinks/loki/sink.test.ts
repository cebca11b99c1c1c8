// The sink against a Loki in trouble, and against what is no Loki. What it does with a healthy one is in the
// contract suite.

import { describe, expect, it, onTestFinished } from 'vitest'
import type { PushBody, PushOutcome, Sink } from '../../../src/core/sink.ts'
import { endpointOf, type LokiConfig } from '../../../src/sinks/loki/config.ts'
import { createLokiSink } from '../../../src/sinks/loki/sink.ts'
import { linesFrom, pushOf } from '../../support/entries.ts'
import { FakeLoki, type FakeLokiOptions } from '../../support/fake-loki.ts'
import { serveHttp } from '../../support/http-server.ts'

const neverAborted = new AbortController().signal

describe('a push', () => {
  it('is stored once where the answer to the first try was lost', async () => {
    const { loki, sink } = await started()
    const push = onePush()
    loki.failNext({ kind: 'reset_after_storing' })
    expect(await outcomeOf(sink, push)).toMatchObject({ kind: 'retry', isUnknown: true })
    expect(await outcomeOf(sink, push)).toEqual({ kind: 'delivered' })
    expect(loki.storedEntries()).toBe(1)
    expect(await loki.query('{job="x"}')).toHaveLength(1)
  })

  it('may not be stored where the connection broke', async () => {
    const { loki, sink } = await started()
    loki.failNext({ kind: 'reset_before_storing' })
    expect(await outcomeOf(sink, onePush())).toMatchObject({ kind: 'retry', isUnknown: true })
    expect(loki.storedEntries()).toBe(0)
  })

  it('is known not to be stored where nobody listens', async () => {
    const { loki, sink } = await started()
    await loki.stop()
    expect(await outcomeOf(sink, onePush())).toMatchObject({ kind: 'retry', isUnknown: false })
    await loki.start()
    expect(await outcomeOf(sink, onePush())).toEqual({ kind: 'delivered' })
  })

  it('ends when it is aborted, with an outcome', async () => {
    const { loki, sink } = await started()
    loki.failNext({ kind: 'hang' })
    const stop = new AbortController()
    const result = sink.push(onePush(), stop.signal)
    await expect.poll(() => loki.pushes.length).toBe(1)
    stop.abort()
    expect((await result).outcome).toMatchObject({ kind: 'retry', isUnknown: true })
  })

  it('does not follow a redirect', async () => {
    const { loki, sink } = await started()
    for (const status of [301, 302, 303, 307, 308]) {
      loki.failNext({ kind: 'answer', status, headers: { location: `${loki.baseUrl}/loki/api/v1/push` } })
      expect(await outcomeOf(sink, onePush())).toMatchObject({
        kind: 'blocked',
        error: { code: 'loki_blocked' },
      })
    }
    expect(loki.pushes).toHaveLength(5)
    expect(loki.storedEntries()).toBe(0)
  })

  it('is not repeated by itself, whatever the answer', async () => {
    const { loki, sink } = await started()
    for (const status of [408, 429, 500, 502, 503, 504]) {
      loki.failNext({ kind: 'answer', status, headers: { 'retry-after': '0' } })
      expect(await outcomeOf(sink, onePush())).toMatchObject({ kind: 'retry' })
    }
    expect(loki.pushes).toHaveLength(6)
  })

  it('is not taken for stored by a login page that answers 200', async () => {
    const { loki, sink } = await started()
    const page = '<!doctype html><title>Sign in</title>'
    loki.failNext({ kind: 'answer', status: 200, body: page, headers: { 'content-type': 'text/html' } })
    expect(await outcomeOf(sink, onePush())).toMatchObject({ kind: 'blocked', error: { said: 'Sign in' } })
  })

  it('tells how far the clock of the other side is off', async () => {
    const aheadMs = 3_600_000
    const { sink } = await started({ nowMs: () => Date.now() + aheadMs })
    const { skewMs = 0 } = await sink.push(onePush(), neverAborted)
    expect(Math.abs(skewMs - aheadMs)).toBeLessThan(5_000)
  })
})

describe('a login', () => {
  it.each<[what: string, login: LokiConfig['login'], authorization: string]>([
    ['user and password', { kind: 'basic', user: 'me', password: 'pä:ss' }, 'Basic bWU6cMOkOnNz'],
    ['a token', { kind: 'bearer', token: 'abc' }, 'Bearer abc'],
  ])('is sent as %s', async (_, login, authorization) => {
    const { sink } = await started({ authorization }, { login })
    expect(await sink.readiness(neverAborted)).toEqual({ kind: 'ready' })
    expect(await outcomeOf(sink, onePush())).toEqual({ kind: 'delivered' })
  })

  it('that is wrong blocks pushes and readiness, although /ready asks for none', async () => {
    const { sink } = await started(
      { authorization: 'Bearer abc' },
      { login: { kind: 'bearer', token: 'canary' } },
    )
    const error = { code: 'loki_login_refused' }
    const answers = [await outcomeOf(sink, onePush()), await sink.readiness(neverAborted)]
    expect(answers).toMatchObject([
      { kind: 'blocked', error },
      { kind: 'not_ready', error },
    ])
    expect(JSON.stringify(answers)).not.toContain('canary')
  })
})

describe('readiness', () => {
  it('passes on what a starting Loki says', async () => {
    const { loki, sink } = await started()
    loki.setNotReady('Ingester not ready: waiting for 15s after being ready')
    expect(await sink.readiness(neverAborted)).toMatchObject({
      kind: 'not_ready',
      error: { code: 'loki_not_ready', said: 'Ingester not ready: waiting for 15s after being ready' },
    })
    expect(loki.pushes).toHaveLength(0)
    loki.setNotReady(undefined)
    expect(await sink.readiness(neverAborted)).toEqual({ kind: 'ready' })
  })

  it('stores nothing', async () => {
    const { loki, sink } = await started()
    await sink.readiness(neverAborted)
    expect(loki.pushes.map(({ result }) => result)).toEqual([422])
    expect(loki.storedEntries()).toBe(0)
  })

  it('says that nobody listens', async () => {
    const { loki, sink } = await started()
    await loki.stop()
    const error = { code: 'loki_unreachable', said: expect.stringContaining('ECONNREFUSED') }
    expect(await sink.readiness(neverAborted)).toMatchObject({ kind: 'not_ready', error })
  })

  it.each([
    ['takes a 422 to a push of nothing as leave to push', 422, 'ready'],
    ['takes a 400 to a push of nothing as leave to push', 400, 'ready'],
    ['takes a 204 to a push of nothing as leave to push', 204, 'ready'],
    ['is not there where the push is refused with 401', 401, 'not_ready'],
    ['is not there where the push is refused with 403', 403, 'not_ready'],
    ['is not there where nobody knows the push address', 404, 'not_ready'],
    ['is not there where a push is answered 503', 503, 'not_ready'],
  ])('without a /ready: %s', async (_, status, kind) => {
    const gateway = await serveHttp((request, response) => {
      const isPush = request.url === '/loki/api/v1/push'
      response.writeHead(isPush ? status : 404, { 'content-type': 'text/plain; charset=utf-8' })
      response.end('')
    })
    expect(await sinkFor(gateway.baseUrl).readiness(neverAborted)).toMatchObject({ kind })
  })
})

async function started(
  options: FakeLokiOptions = {},
  config: Partial<LokiConfig> = {},
): Promise<{ loki: FakeLoki; sink: Sink }> {
  const loki = await FakeLoki.start(options)
  onTestFinished(() => loki.stop())
  return { loki, sink: sinkFor(loki.baseUrl, config) }
}

function sinkFor(baseUrl: string, config: Partial<LokiConfig> = {}): Sink {
  const defaults = {
    endpoint: endpointOf(baseUrl),
    login: { kind: 'none' },
    tls: {},
    sendsMetadata: true,
  } as const
  const sink = createLokiSink({ ...defaults, ...config })
  onTestFinished(() => sink.close())
  return sink
}

function onePush(): PushBody {
  return pushOf({ job: 'x' }, linesFrom(1_000_000n * BigInt(Date.now()), ['row']))
}

async function outcomeOf(sink: Sink, push: PushBody): Promise<PushOutcome> {
  return (await sink.push(push, neverAborted)).outcome
}
