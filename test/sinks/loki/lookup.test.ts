// The question whether entries are stored, to a Loki in trouble and to what takes pushes only. What a healthy
// one answers is in the contract suite.

import { expect, it, onTestFinished } from 'vitest'
import type { Lookup } from '../../../src/core/sink.ts'
import { endpointOf, type LokiConfig } from '../../../src/sinks/loki/config.ts'
import { createLokiSink } from '../../../src/sinks/loki/sink.ts'
import { linesFrom, pushOf } from '../../support/entries.ts'
import { serveHttp } from '../../support/http-server.ts'

const nowNs = 1_000_000n * BigInt(Date.now())
const neverAborted = new AbortController().signal

it.each([401, 403, 404, 405, 400, 302, 204])('is unknown where a query is answered %i', async (status) => {
  const { lookup } = await askedOf({ status, body: 'no\n' })
  expect(lookup).toEqual({ kind: 'unknown' })
})

it.each([408, 429, 500, 502, 503, 504])('is for later where a query is answered %i', async (status) => {
  const { lookup } = await askedOf({ status, body: 'not now\n' })
  expect(lookup).toEqual({ kind: 'later' })
})

it('is unknown where the answer is larger than Loki can send, which it will be again', async () => {
  const body = 'rpc error: code = ResourceExhausted desc = grpc: received message larger than max (9 vs. 8)'
  expect((await askedOf({ status: 500, body })).lookup).toEqual({ kind: 'unknown' })
})

it.each([
  ['a web page', '<html>Log in</html>'],
  ['no query', '{"status":"success"}'],
  ['numbers', answerOf([], { resultType: 'matrix' })],
  ['entries without a line', answerOf([[String(nowNs)]])],
  ['a time that is none', answerOf([['x', 'row']])],
  ['a warning that it is not whole', `{"warnings":["partial"],${answerOf([]).slice(1)}`],
  ['more than is read', answerOf([[String(nowNs + 1n), 'x'.repeat(9_000_000)]])],
])('is unknown where 200 comes with %s', async (_, body) => {
  expect((await askedOf({ status: 200, body })).lookup).toEqual({ kind: 'unknown' })
})

it('is for later where nobody listens', async () => {
  const { server, baseUrl } = await serveHttp((_, response) => void response.end())
  await new Promise((resolve) => server.close(resolve))
  expect(await lookUpAt(baseUrl)).toEqual({ kind: 'later' })
})

it('ends when it is aborted', async () => {
  const stop = new AbortController()
  const server = await serveHttp(() => stop.abort())
  expect(await lookUpAt(server.baseUrl, {}, stop.signal)).toEqual({ kind: 'later' })
})

it('gives up after 20 pages', async () => {
  const page = (start: bigint) =>
    answerOf(Array.from({ length: 1_000 }, (_, index) => [String(start + BigInt(index)), 'of others']))
  const { lookup, urls } = await askedOf((url) => {
    return { status: 200, body: page(BigInt(url.searchParams.get('start') ?? 0)) }
  })
  expect(lookup).toEqual({ kind: 'unknown' })
  expect(urls).toHaveLength(20)
})

it('gives up where one nanosecond holds more than a page', async () => {
  const body = answerOf(Array.from({ length: 1_000 }, () => [String(nowNs), 'of others']))
  const { lookup, urls } = await askedOf({ status: 200, body })
  expect(lookup).toEqual({ kind: 'unknown' })
  expect(urls).toHaveLength(1)
})

it('asks as who pushes, for the stream and the time of the entries, and past all caches', async () => {
  const login = { kind: 'bearer', token: 'abc' } as const
  const { urls, headers } = await askedOf({ status: 200, body: answerOf([]) }, { tenant: 'team-a', login })
  const [url] = urls
  expect(url?.pathname).toBe('/base/loki/api/v1/query_range')
  expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
    query: '{job="x"}',
    start: String(nowNs),
    end: String(nowNs + 1n),
    limit: '1000',
    direction: 'forward',
  })
  expect(headers[0]).toMatchObject({
    authorization: 'Bearer abc',
    'x-scope-orgid': 'team-a',
    'cache-control': 'no-store',
  })
})

it('judges by the clock of Loki what is young enough to be absent', async () => {
  const threeHoursMs = 3 * 3_600_000
  const date = new Date(Date.now() + threeHoursMs).toUTCString()
  const { lookup } = await askedOf({ status: 200, body: answerOf([]), date })
  expect(lookup).toEqual({ kind: 'known', stored: [], absent: [] })
})

type Said = { readonly status: number; readonly body: string; readonly date?: string }

/** What becomes of the question for one entry where queries are answered so. */
async function askedOf(said: Said | ((url: URL) => Said), config: Partial<LokiConfig> = {}) {
  const urls: URL[] = []
  const headers: NodeJS.Dict<string | string[]>[] = []
  const server = await serveHttp((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    urls.push(url)
    headers.push(request.headers)
    const { status, body, date } = typeof said === 'function' ? said(url) : said
    response.writeHead(status, date === undefined ? {} : { date })
    response.end(body)
  })
  return { lookup: await lookUpAt(`${server.baseUrl}/base`, config), urls, headers }
}

async function lookUpAt(
  baseUrl: string,
  config: Partial<LokiConfig> = {},
  signal = neverAborted,
): Promise<Lookup | undefined> {
  const defaults = { login: { kind: 'none' }, tls: {}, sendsMetadata: true } as const
  const sink = createLokiSink({ ...defaults, endpoint: endpointOf(baseUrl), ...config })
  onTestFinished(() => sink.close())
  return sink.lookUp?.(pushOf({ job: 'x' }, linesFrom(nowNs, ['row'])), signal)
}

function answerOf(values: readonly (readonly string[])[], { resultType = 'streams' } = {}): string {
  return JSON.stringify({
    status: 'success',
    data: { resultType, result: [{ stream: { job: 'x' }, values }], stats: {} },
  })
}
