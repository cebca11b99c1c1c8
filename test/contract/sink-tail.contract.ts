// What every Loki tells to those who tail a query: what is there, then each new entry. The real one shows a
// new entry within a second or so; the tests wait until it has come. A push that comes again the real one
// tells again, unless it comes at once; that the receiver never does is tried in its own tests.

import { expect, it } from 'vitest'
import { linesFrom, pushOf } from '../support/entries.ts'
import { Tail } from '../support/tail.ts'
import { kindOf, nowNs, streamLabels, type Subject } from './sink-subject.ts'

export function tails(subject: Subject): void {
  it('tells a tail the newest entries that are there, then each new one', async () => {
    const labels = streamLabels()
    const atNs = nowNs()
    const push = (offsetNs: bigint, lines: readonly string[]) =>
      kindOf(subject, pushOf(labels, linesFrom(atNs + offsetNs, lines)))
    expect(await push(0n, ['old 1', 'old 2', 'old 3'])).toBe('delivered')
    const tail = await Tail.open(subject.baseUrl, { query: `{job="${labels.job}"}`, limit: '2' })
    await expect.poll(() => tail.lines).toEqual(['old 2', 'old 3'])
    expect(await push(10n, ['new 1', 'new 2'])).toBe('delivered')
    expect(await push(20n, ['last'])).toBe('delivered')
    await expect.poll(() => tail.lines).toEqual(['old 2', 'old 3', 'new 1', 'new 2', 'last'])
  })

  it('begins a tail at the start that it names', async () => {
    const labels = streamLabels()
    const atNs = nowNs()
    expect(await kindOf(subject, pushOf(labels, linesFrom(atNs, ['a', 'b', 'c'])))).toBe('delivered')
    const start = String(atNs + 1n)
    const tail = await Tail.open(subject.baseUrl, { query: `{job="${labels.job}"}`, start })
    await expect.poll(() => tail.lines).toEqual(['b', 'c'])
  })

  it('tells a tail what its query lets through, with the labels that it makes', async () => {
    const labels = streamLabels()
    const query = `{job="${labels.job}"} |= "mode" | json | mode="x"`
    const lines = ['{"mode":"x"}', '{"mode":"y"}', '{"other":"x"}']
    expect(await kindOf(subject, pushOf(labels, linesFrom(nowNs(), lines)))).toBe('delivered')
    const tail = await Tail.open(subject.baseUrl, { query })
    await expect.poll(() => tail.lines).toEqual(['{"mode":"x"}'])
    const later = ['{"mode":"y"}', '{"mode":"x","n":1}']
    expect(await kindOf(subject, pushOf(labels, linesFrom(nowNs(), later)))).toBe('delivered')
    await expect.poll(() => tail.lines).toEqual(['{"mode":"x"}', '{"mode":"x","n":1}'])
    const stream = { ...labels, service_name: labels.job, mode: 'x' }
    expect(tail.frames.map(({ streams }) => streams)).toMatchObject([
      [{ stream }],
      [{ stream: { ...stream, n: '1' } }],
    ])
  })

  it('sets metadata apart in a tail that asks for it', async () => {
    const labels = streamLabels()
    const lines = linesFrom(nowNs(), ['x'], [['run_id', '7']])
    expect(await kindOf(subject, pushOf(labels, lines))).toBe('delivered')
    const headers = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' }
    const tail = await Tail.open(subject.baseUrl, { query: `{job="${labels.job}"}` }, headers)
    await expect.poll(() => tail.lines).toEqual(['x'])
    const values = [[expect.any(String), 'x', { structuredMetadata: { run_id: '7' } }]]
    expect(tail.frames).toMatchObject([
      {
        streams: [{ stream: { ...labels, service_name: labels.job }, values }],
        encodingFlags: ['categorize-labels'],
      },
    ])
    expect(Object.keys(tail.frames[0]?.streams[0]?.stream ?? {})).not.toContain('run_id')
  })

  it('tails no counts, and says so as it closes', async () => {
    const tail = await Tail.open(subject.baseUrl, { query: 'sum(count_over_time({job="x"}[1m]))' })
    await expect.poll(() => tail.end).toEqual({ code: 1_011, reason: 'only log selector is supported' })
  })

  it.each([
    [{ query: '{job="x"}' }, 'Bad Request'],
    [{ query: '{' }, 'parse error'],
    [{ query: '{job="x"}', delay_for: '6' }, "delay_for can't be greater than 5"],
    [{ query: '{job="x"}', limit: '0' }, 'limit must be a positive value'],
  ])('answers 400 to a tail that cannot be: %o', async (parameters, words) => {
    const query = new URLSearchParams(parameters).toString()
    const response = await fetch(`${subject.baseUrl}/loki/api/v1/tail?${query}`)
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(words)])
    if (words === 'Bad Request') return // as a WebSocket it can be
    await expect(Tail.open(subject.baseUrl, parameters)).rejects.toThrow('400')
  })
}
