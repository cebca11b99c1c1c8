// What every Loki answers to requests that the sink never sends, word for word: so that the fake refuses what
// the real one refuses, also for a client that is not ours.

import { gzipSync } from 'node:zlib'
import { compressSync } from 'snappy'
import { expect, it } from 'vitest'
import { linesFrom, pushOf } from '../support/entries.ts'
import { nowNs, outcomeOf, streamLabels, type Subject } from './sink-subject.ts'

type Request = { readonly body: string | Buffer; readonly type?: string; readonly encoding?: string }
type Reply = readonly [status: number, text: string]

const json = 'application/json'
const noStream = 'error at least one valid stream is required for ingestion\n'

export function wireWords(subject: Subject): void {
  it.each<[what: string, request: Request, reply: Reply]>([
    ['a push of nothing', { body: compressSync('') }, [422, noStream]],
    ['an empty body', { body: '' }, [400, 'snappy: corrupt input\n']],
    ['no snappy block', { body: 'hello' }, [400, 'snappy: corrupt input\n']],
    ['no protobuf', { body: compressSync('garbage') }, [400, 'proto: illegal wireType 7\n']],
    ['a cut message', { body: compressSync(Buffer.from([10, 50, 10, 3, 1])) }, [400, 'unexpected EOF\n']],
    ['no content type', { body: 'x', type: '' }, [400, 'mime: no media type\n']],
    ['gzip around protobuf', { body: 'no gzip at all', encoding: 'gzip' }, [400, 'gzip: invalid header\n']],
    ['zstd', { body: 'x', encoding: 'zstd' }, [400, 'Content-Encoding "zstd" not supported\n']],
    ['JSON without streams', { body: '{}', type: json }, [422, noStream]],
    ['JSON of nothing', { body: '', type: json }, [400, 'EOF\n']],
    [
      'a stream without entries',
      { body: '{"streams":[{"stream":{"a":"b"},"values":[]}]}', type: json },
      [204, ''],
    ],
    ['gzip around JSON', { body: gzipSync('{"streams":[]}'), type: json, encoding: 'gzip' }, [422, noStream]],
  ])('answers to %s with its own words', async (_, request, reply) => {
    expect(await ask(subject, request)).toEqual(reply)
  })

  it.each([
    ['a time that is a number', [1, 'x']],
    ['a time with a fraction', ['1.5', 'x']],
    ['a line that is a number', ['NOW', 5]],
    ['half a surrogate pair', ['NOW', '\ud800']],
    ['metadata that is a number', ['NOW', 'x', { a: 1 }]],
    ['metadata that is nested', ['NOW', 'x', { a: {} }]],
  ])('refuses the whole JSON request for %s', async (_, entry) => {
    const { job } = streamLabels()
    const values = [['NOW', 'good'], entry]
    const body = JSON.stringify({ streams: [{ stream: { job }, values }] }).replaceAll('NOW', String(nowNs()))
    expect((await ask(subject, { body, type: json }))[0]).toBe(400)
    expect(await namesOf(subject, `{job="${job}"}`)).toEqual([])
  })

  it.each([
    ['POST', '/loki/api/v1/push/', 404],
    ['GET', '/ready', 200],
    ['GET', '/', 404],
    ['GET', '/loki/api/v1/query_range?query={job="x"}&limit=5001', 400],
    ['GET', '/loki/api/v1/query_range?query={job=~".*"}', 400],
    ['GET', '/loki/api/v1/query_range?query={job="x"', 400],
    ['GET', '/loki/api/v1/query_range', 400],
    ['GET', '/loki/api/v1/labels', 200],
    ['GET', '/loki/api/v1/status/buildinfo', 200],
  ])('answers %s %s with %i', async (method, path, status) => {
    const response = await fetch(subject.baseUrl + path, { method })
    expect(response.status).toBe(status)
    expect(response.headers.get('date')).not.toBeNull()
  })

  it('takes no GET of the push path', async () => {
    const response = await fetch(`${subject.baseUrl}/loki/api/v1/push`)
    // Which of the two a Loki answers depends on the order in which its modules came up: 8 starts, 5 times
    // 405.
    expect([404, 405]).toContain(response.status)
  })

  it('finds streams by equality, by pattern, and by their negations', async () => {
    const [{ job: group }, one, two] = [streamLabels(), 'one', 'two']
    for (const part of [one, two]) {
      await outcomeOf(subject, pushOf({ job: `${group}-${part}`, group }, linesFrom(nowNs(), [part])))
    }
    const found = (matcher: string): Promise<string[]> =>
      namesOf(subject, `{group="${group}", ${matcher}}`).then((lines) => lines.sort())
    expect(await found(`job="${group}-one"`)).toEqual(['one'])
    expect(await found(`job!="${group}-one"`)).toEqual(['two'])
    expect(await found('job=~".*-(one|two)"')).toEqual(['one', 'two'])
    expect(await found('job=~"one"')).toEqual([])
    expect(await found('job!~".*-one"')).toEqual(['two'])
    expect(await found('absent=""')).toEqual(['one', 'two'])
  })

  it('gives the newest entries first unless asked for the oldest, and no more than asked for', async () => {
    const { job } = streamLabels()
    await outcomeOf(subject, pushOf({ job }, linesFrom(nowNs(), ['a', 'b', 'c'])))
    expect(await namesOf(subject, `{job="${job}"}`, { limit: '2' })).toEqual(['c', 'b'])
    expect(await namesOf(subject, `{job="${job}"}`, { limit: '2', direction: 'forward' })).toEqual(['a', 'b'])
  })
}

async function ask({ baseUrl }: Subject, request: Request): Promise<Reply> {
  const { body, type = 'application/x-protobuf', encoding } = request
  const response = await fetch(`${baseUrl}/loki/api/v1/push`, {
    method: 'POST',
    body: Buffer.from(body),
    headers: { 'content-type': type, ...(encoding === undefined ? {} : { 'content-encoding': encoding }) },
  })
  return [response.status, await response.text()]
}

/** Lines as one plain query gives them, metadata among the labels. */
async function namesOf(
  { baseUrl }: Subject,
  selector: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const query = new URLSearchParams({ query: selector, ...parameters })
  const response = await fetch(`${baseUrl}/loki/api/v1/query_range?${query.toString()}`)
  // The shape of query_range for a log query.
  const { data } = (await response.json()) as { data: { result: { values: [string, string][] }[] } }
  return data.result.flatMap(({ values }) => values.map(([, line]) => line))
}
