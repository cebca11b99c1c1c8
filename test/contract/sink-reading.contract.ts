// What every Loki answers to the questions of a person's first steps and of Grafana's data source, word for
// word where it matters: what works with the demo must work with the real one.

import { expect, it } from 'vitest'
import { linesFrom, pushOf } from '../support/entries.ts'
import { nowNs, outcomeOf, streamLabels, type Subject } from './sink-subject.ts'

type Parameters = Readonly<Record<string, string>>
type Sample = { readonly metric: Record<string, string>; readonly value: [number, string] }
type Series = { readonly metric: Record<string, string>; readonly values: [number, string][] }

const rows = [
  '{"id":1,"mode":"Exclusive","left":0.5,"in":{"deep":"x"}}',
  '{"id":2,"mode":"Inclusive","left":2,"in":{"deep":"y"}}',
  'no JSON at all',
]

export function questions(subject: Subject): void {
  it.each([
    ['', rows],
    ['|= "Exclusive"', [rows[0]]],
    ['!= "Exclusive"', [rows[1], rows[2]]],
    ['|~ "id.:[12]"', [rows[0], rows[1]]],
    ['!~ `(?i)JSON`', [rows[0], rows[1]]],
    ['| json | mode="Exclusive"', [rows[0]]],
    ['| json | mode=~"Ex.*|In.*" | left > 1', [rows[1]]],
    ['| json | in_deep != "x" |= "id"', [rows[1]]],
    ['| json | __error__=""', [rows[0], rows[1]]],
    ['| json | id == 2', [rows[1]]],
    ['| run_id="7"', rows],
    ['| run_id="8"', []],
  ])('lets through what a query asks for: %s', async (stages, expected) => {
    const { job } = await pushed(subject)
    const data = await dataOf(subject, '/query_range', { query: `{job="${job}"} ${stages}` })
    expect(new Set(linesOf(data))).toEqual(new Set(expected))
  })

  it('shows what was parsed among the labels, under other names where those are taken', async () => {
    const labels = streamLabels()
    await outcomeOf(subject, pushOf(labels, linesFrom(nowNs(), ['{"job":"other","a b":1}'])))
    const data = await dataOf(subject, '/query_range', { query: `{job="${labels.job}"} | json` })
    expect(data).toMatchObject({
      result: [{ stream: { job: labels.job, job_extracted: 'other', a_b: '1' } }],
    })
  })

  it('counts entries, summed and by label', async () => {
    const { job } = await pushed(subject)
    const counts = async (query: string) =>
      samplesOf(await dataOf(subject, '/query', { query })).map(({ metric, value }) => [metric, value[1]])
    const selector = `{job="${job}"}`
    expect(await counts(`sum(count_over_time(${selector} [5m]))`)).toEqual([[{}, '3']])
    expect(await counts(`sum by (job) (count_over_time(${selector} [5m]))`)).toEqual([[{ job }, '3']])
    expect(await counts(`sum(count_over_time(${selector} |= "id" [5m])) by (job)`)).toEqual([[{ job }, '2']])
    expect(await counts(`sum by (job) (count_over_time({job="${job}-none"} [5m]))`)).toEqual([])
    expect(await counts(`sum(rate(${selector} [1m]))`)).toEqual([[{}, '0.05']])
    const perMode = await counts(`sum by (mode) (count_over_time(${selector} | json | __error__="" [5m]))`)
    expect(new Map(perMode.map(([labels, count]) => [JSON.stringify(labels), count]))).toEqual(
      new Map([
        ['{"mode":"Exclusive"}', '1'],
        ['{"mode":"Inclusive"}', '1'],
      ]),
    )
  })

  it('counts nothing where a line cannot be parsed, and says what to do', async () => {
    const { job } = await pushed(subject)
    const query = `sum by (mode) (count_over_time({job="${job}"} | json [5m]))`
    const response = await ask(subject, '/query', { query })
    const words = expect.stringMatching(/^pipeline error: 'JSONParserErr'[^]*__error__!="JSONParserErr"/)
    expect([response.status, await response.text()]).toEqual([400, words])
  })

  it('counts at each step of a range', async () => {
    const { job, atNs } = await pushed(subject)
    const second = Number(atNs / 1_000_000_000n)
    const data = await dataOf(subject, '/query_range', {
      query: `sum(count_over_time({job="${job}"} [10s]))`,
      start: String(second - 20),
      end: String(second + 20),
      step: '5',
    })
    // Each moment looks back ten seconds, so two or three of the nine see the entries.
    const [series] = seriesOf(data)
    expect(series?.values.map(([, count]) => count)).toEqual(['3', '3'])
    expect(series?.values.every(([at]) => at > second && at <= second + 11)).toBe(true)
  })

  it('adds two vectors of one, by which Grafana tries a data source', async () => {
    expect(
      await dataOf(subject, '/query', { query: 'vector(1)+vector(1)', time: '4000000000' }),
    ).toMatchObject({
      resultType: 'vector',
      result: [{ metric: {}, value: [4_000_000_000, '2'] }],
    })
  })

  it('lists streams, labels, and their values', async () => {
    const { job } = await pushed(subject)
    const series = await dataOf(subject, '/series', { 'match[]': `{job="${job}"}` })
    expect(series).toEqual([{ job, service_name: job }])
    expect(await dataOf(subject, '/labels', {})).toEqual(expect.arrayContaining(['job', 'service_name']))
    expect(await dataOf(subject, '/label/job/values', {})).toContain(job)
  })

  it.each([
    ['/query', '{job="x"}', 'log queries are not supported as an instant query type'],
    ['/query_range', '{job="x"} |', 'parse error'],
    ['/query_range', 'count_over_time({job="x"})', 'parse error'],
    ['/query_range', '{job="x"} |~ "("', 'error parsing regexp'],
  ])('refuses %s of %s', async (path, query, words) => {
    const response = await ask(subject, path, { query })
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(words)])
  })
}

async function pushed(subject: Subject): Promise<{ job: string; atNs: bigint }> {
  const { job } = streamLabels()
  const atNs = nowNs()
  const lines = linesFrom(atNs, rows).map((line) => ({ ...line, metadata: [['run_id', '7']] as const }))
  expect(await outcomeOf(subject, pushOf({ job }, lines))).toEqual({ kind: 'delivered' })
  return { job, atNs }
}

function ask({ baseUrl }: Subject, path: string, parameters: Parameters): Promise<Response> {
  return fetch(`${baseUrl}/loki/api/v1${path}?${new URLSearchParams(parameters).toString()}`)
}

async function dataOf(subject: Subject, path: string, parameters: Parameters): Promise<unknown> {
  const response = await ask(subject, path, parameters)
  const text = await response.text()
  expect([response.status, text]).toEqual([200, expect.stringContaining('"success"')])
  return (JSON.parse(text) as { data: unknown }).data // the shape of every answer with data
}

function linesOf(data: unknown): string[] {
  const { result } = data as { result: { values: [string, string][] }[] } // a log query's
  return result.flatMap(({ values }) => values.map(([, line]) => line))
}

function samplesOf(data: unknown): Sample[] {
  return (data as { result: Sample[] }).result // an instant metric query's
}

function seriesOf(data: unknown): Series[] {
  return (data as { result: Series[] }).result // a metric query's over a range
}
