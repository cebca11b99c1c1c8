import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { reportOf } from '../../../src/core/errors.ts'
import { noAnswerReport } from '../../../src/sinks/loki/answer.ts'
import { createLokiClient, type LokiClient } from '../../../src/sinks/loki/client.ts'
import { endpointOf } from '../../../src/sinks/loki/config.ts'
import { type ProxyEnvironment, proxyOf, secretsOfProxy } from '../../../src/sinks/loki/proxy.ts'
import { startConnectProxy } from '../../support/connect-proxy.ts'
import { serveHttp, serveHttps } from '../../support/http-server.ts'

const pem = (name: string): string =>
  readFileSync(new URL(`fixtures/tls/${name}.pem`, import.meta.url), 'utf8')

type Given = { readonly url: string; readonly env: Record<string, string> }

describe('the proxy of the environment', () => {
  it.each<[what: string, given: Given, proxy: ProxyEnvironment | undefined]>([
    ['no variable', { url: 'https://loki', env: {} }, undefined],
    ['an empty variable', { url: 'https://loki', env: { HTTPS_PROXY: '' } }, undefined],
    ['https', { url: 'https://loki', env: { HTTPS_PROXY: 'http://p:1/' } }, { HTTPS_PROXY: 'http://p:1/' }],
    ['plain http', { url: 'http://loki', env: { HTTP_PROXY: 'http://p:1/' } }, { HTTP_PROXY: 'http://p:1/' }],
    ['the other scheme', { url: 'http://loki', env: { HTTPS_PROXY: 'http://p:1/' } }, undefined],
    [
      'small letters',
      { url: 'https://loki', env: { https_proxy: 'http://p:1/', HTTPS_PROXY: 'http://q:1/' } },
      { HTTPS_PROXY: 'http://p:1/' },
    ],
    [
      'an address without a scheme',
      { url: 'http://loki', env: { HTTP_PROXY: 'p:3128' } },
      { HTTP_PROXY: 'http://p:3128/' },
    ],
    [
      'hosts that need none',
      { url: 'https://loki', env: { HTTPS_PROXY: 'http://p:1/', no_proxy: '.example' } },
      { HTTPS_PROXY: 'http://p:1/', NO_PROXY: '.example' },
    ],
    ['localhost', { url: 'http://localhost:3100', env: { HTTP_PROXY: 'http://p:1/' } }, undefined],
    ['127.0.0.1', { url: 'http://127.0.0.1:3100', env: { HTTP_PROXY: 'http://p:1/' } }, undefined],
    ['[::1]', { url: 'http://[::1]:3100', env: { HTTP_PROXY: 'http://p:1/' } }, undefined],
  ])('is read for %s', (_, { url, env }, proxy) => {
    expect(proxyOf(`${url}/loki/api/v1/push`, env)).toEqual(proxy)
  })

  it.each(['socks5://me:s3cret@p:1080', 'http://', 'http://p:99999'])(
    'is a fault where it is none that can be used, and no password is shown: %s',
    (HTTPS_PROXY) => {
      const report = faultOf(() => proxyOf('https://loki/loki/api/v1/push', { HTTPS_PROXY }))
      expect(report).toMatchObject({ code: 'flag_invalid', message: expect.stringContaining('HTTPS_PROXY') })
      expect(JSON.stringify(report)).not.toContain('s3cret')
    },
  )

  it('gives its password to the redactor, as written and as meant', () => {
    expect(secretsOfProxy({ HTTPS_PROXY: 'http://me:s%40cret@p:1/' })).toEqual(['s%40cret', 's@cret'])
    expect(secretsOfProxy({ HTTP_PROXY: 'http://p:1/' })).toEqual([])
    expect(secretsOfProxy(undefined)).toEqual([])
  })
})

describe('a Loki behind a proxy', () => {
  const server = { cert: pem('server'), key: pem('server-key') }

  it('is reached through a tunnel with a login, and its private authority is trusted', async () => {
    const { baseUrl } = await serveHttps(server, (_, response) => response.end('hello'))
    const proxy = await startConnectProxy()
    const login = proxy.url.replace('//', '//me:s3cret@')
    const client = clientFor(baseUrl, { HTTPS_PROXY: login })
    expect(await get(client, baseUrl)).toMatchObject({ kind: 'answer', body: 'hello' })
    expect(proxy.asked).toEqual([`CONNECT ${new URL(baseUrl).host}`])
    expect(proxy.login()).toBe(`Basic ${Buffer.from('me:s3cret').toString('base64')}`)
  })

  it('that speaks plain http is asked with its whole address', async () => {
    const { baseUrl } = await serveHttp((_, response) => response.end('hello'))
    const proxy = await startConnectProxy()
    expect(await get(clientFor(baseUrl, { HTTP_PROXY: proxy.url }), baseUrl)).toMatchObject({ body: 'hello' })
    expect(proxy.asked).toEqual([`GET ${baseUrl}/`])
  })

  it('is reached directly where NO_PROXY names it', async () => {
    const { baseUrl } = await serveHttps(server, (_, response) => response.end('hello'))
    const proxy = await startConnectProxy()
    const client = clientFor(baseUrl, { HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1' })
    expect(await get(client, baseUrl)).toMatchObject({ body: 'hello' })
    expect(proxy.asked).toEqual([])
  })

  it('that the proxy does not let through is unreachable, with the cure and without a password', async () => {
    const proxy = await startConnectProxy('407 Proxy Authentication Required')
    const client = clientFor('https://loki.example', { HTTPS_PROXY: proxy.url.replace('//', '//me:s3cret@') })
    const answer = await get(client, 'https://loki.example')
    expect(answer).toMatchObject({ kind: 'no_answer', code: 'ERR_PROXY_TUNNEL' })
    if (answer.kind !== 'no_answer') return
    const report = noAnswerReport(answer)
    expect(report).toMatchObject({
      code: 'loki_unreachable',
      hint: expect.stringContaining('NO_PROXY'),
      said: expect.stringContaining('407'),
    })
    expect(JSON.stringify(report)).not.toContain('s3cret')
  })
})

function clientFor(baseUrl: string, proxy: ProxyEnvironment): LokiClient {
  const client = createLokiClient({
    endpoint: endpointOf(baseUrl),
    login: { kind: 'none' },
    tls: baseUrl.startsWith('https:') ? { ca: pem('ca') } : {},
    proxy,
    sendsMetadata: true,
  })
  onTestFinished(() => client.close())
  return client
}

function get(client: LokiClient, url: string) {
  return client.ask({ url, timeoutMs: 5_000, signal: new AbortController().signal })
}

function faultOf(read: () => unknown) {
  try {
    read()
  } catch (error) {
    return reportOf(error)
  }
  throw new Error('nothing was thrown')
}
