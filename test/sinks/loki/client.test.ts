import { getEventListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLokiClient, type LokiClient } from '../../../src/sinks/loki/client.ts'
import { endpointOf, type LokiConfig } from '../../../src/sinks/loki/config.ts'
import { serveHttp, serveHttps } from '../../support/http-server.ts'

const signal = new AbortController().signal
const pem = (name: string): string =>
  readFileSync(new URL(`fixtures/tls/${name}.pem`, import.meta.url), 'utf8')

describe('an answer', () => {
  it('is kept up to 64 KiB and read to its end, so that the connection can be used again', async () => {
    const sockets = new Set<unknown>()
    const { baseUrl } = await serveHttp((request, response) => {
      sockets.add(request.socket)
      response.end('x'.repeat(request.url === '/more' ? 500_000 : 65_536))
    })
    const client = clientFor(baseUrl)
    for (const path of ['/exact', '/more', '/exact']) {
      const answer = await client.ask({ url: baseUrl + path, timeoutMs: 5_000, signal })
      expect(answer).toMatchObject({ kind: 'answer', body: 'x'.repeat(65_536) })
    }
    expect(sockets.size).toBe(1)
  })

  it('brings the headers that decide', async () => {
    const headers = { 'retry-after': '7', location: '/else', 'content-type': 'text/plain', date: 'now' }
    const { baseUrl } = await serveHttp((_, response) => response.writeHead(503, headers).end('why'))
    expect(await clientFor(baseUrl).ask({ url: baseUrl, timeoutMs: 5_000, signal })).toEqual({
      kind: 'answer',
      status: 503,
      body: 'why',
      retryAfter: '7',
      location: '/else',
      contentType: 'text/plain',
      date: 'now',
    })
  })

  it.each<[what: string, answer: RequestListener]>([
    ['never comes', () => {}],
    ['stops half way', (_, response) => response.writeHead(200).write('half')],
  ])('that %s ends with the time for it', async (_, answer) => {
    const { baseUrl } = await serveHttp(answer)
    const noAnswer = await clientFor(baseUrl).ask({ url: baseUrl, timeoutMs: 100, signal })
    expect(noAnswer).toMatchObject({ kind: 'no_answer', code: 'ETIMEDOUT' })
  })

  it('that breaks off is none', async () => {
    const { baseUrl } = await serveHttp((_, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half', () => response.destroy())
    })
    expect(await clientFor(baseUrl).ask({ url: baseUrl, timeoutMs: 5_000, signal })).toMatchObject({
      kind: 'no_answer',
    })
  })

  it('that came before the whole body was sent leaves no connection, nothing to abort', async () => {
    const closed = Promise.withResolvers<void>()
    const { baseUrl, server } = await serveHttp((request, response) => {
      request.socket.once('close', () => closed.resolve())
      response.writeHead(413).end('too large')
    })
    server.keepAliveTimeout = 0 // it ends no connection by itself
    const controller = new AbortController()
    const question = { url: baseUrl, body: new Uint8Array(5_000_000), timeoutMs: 5_000 }
    const answer = await clientFor(baseUrl).ask({ ...question, signal: controller.signal })
    expect(answer).toMatchObject({ kind: 'answer', status: 413 })
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    await closed.promise
  })

  it('cannot come where nobody listens, and the words say so for each address of the name', async () => {
    const { baseUrl, server } = await serveHttp(() => {})
    await new Promise((resolve) => server.close(resolve))
    const url = baseUrl.replace('127.0.0.1', 'localhost')
    const noAnswer = await clientFor(url).ask({ url, timeoutMs: 5_000, signal })
    expect(noAnswer).toMatchObject({ kind: 'no_answer', origin: url, code: 'ECONNREFUSED' })
    expect(noAnswer).toMatchObject({ message: expect.stringContaining('127.0.0.1') })
  })

  it('is not waited for once the signal is aborted', async () => {
    const { baseUrl } = await serveHttp(() => {})
    const question = { url: baseUrl, timeoutMs: 5_000, signal: AbortSignal.abort() }
    expect(await clientFor(baseUrl).ask(question)).toMatchObject({ kind: 'no_answer', code: 'ABORTED' })
  })
})

describe('TLS', () => {
  const server = { cert: pem('server'), key: pem('server-key') }

  it('trusts the authority that is given, and no unknown one', async () => {
    const { baseUrl } = await serveHttps(server, (_, response) => response.end('hello'))
    const trusting = clientFor(baseUrl, { ca: pem('ca') })
    expect(await trusting.ask({ url: baseUrl, timeoutMs: 5_000, signal })).toMatchObject({ body: 'hello' })
    const wary = await clientFor(baseUrl).ask({ url: baseUrl, timeoutMs: 5_000, signal })
    expect(wary).toMatchObject({ kind: 'no_answer', code: expect.stringMatching(/UNABLE_TO|SELF_SIGNED/) })
  })

  it('shows its own certificate to a server that asks for one', async () => {
    const strict = { ...server, ca: pem('ca'), requestCert: true, rejectUnauthorized: true }
    const { baseUrl } = await serveHttps(strict, (_, response) => response.end('hello'))
    const known = clientFor(baseUrl, { ca: pem('ca'), cert: pem('client'), key: pem('client-key') })
    expect(await known.ask({ url: baseUrl, timeoutMs: 5_000, signal })).toMatchObject({ body: 'hello' })
    const stranger = clientFor(baseUrl, { ca: pem('ca') })
    expect(await stranger.ask({ url: baseUrl, timeoutMs: 5_000, signal })).toMatchObject({
      kind: 'no_answer',
    })
  })
})

function clientFor(baseUrl: string, tls: LokiConfig['tls'] = {}): LokiClient {
  const client = createLokiClient({
    endpoint: endpointOf(baseUrl),
    login: { kind: 'none' },
    tls,
    sendsMetadata: true,
  })
  onTestFinished(() => client.close())
  return client
}
