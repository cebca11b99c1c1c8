// What every Loki stores of a push, and how often.

import { expect, it } from 'vitest'
import type { PushBody } from '../../src/core/sink.ts'
import { lokiCodec } from '../../src/sinks/loki/codec.ts'
import { type Line, linesFrom, pushOf } from '../support/entries.ts'
import {
  hourNs,
  minuteNs,
  nowNs,
  outcomeOf,
  read,
  signal,
  storedLines,
  streamLabels,
  type Subject,
} from './sink-subject.ts'

export function storedRows(subject: Subject): void {
  it('stores lines, times and metadata byte for byte', async () => {
    const labels = streamLabels()
    const lines = ['{"a":1}', '', 'emoji 😀 and 中文', 'two\nlines\r\n', 'a NUL \0 inside', ' \t ', '"\\']
    const metadata = [
      ['run_id', 'abc'],
      ['response_time', '0.25'],
      ['detected_level', 'info'],
    ] as const
    const atNs = nowNs() - minuteNs
    expect(await outcomeOf(subject, pushOf(labels, linesFrom(atNs, lines, metadata)))).toEqual({
      kind: 'delivered',
    })
    const stored = await read(subject, labels)
    expect(stored.map(({ line }) => line)).toEqual(lines)
    expect(stored.map((entry) => BigInt(entry.atNs) - atNs)).toEqual(lines.map((_, index) => BigInt(index)))
    for (const entry of stored) expect(entry.metadata).toEqual(Object.fromEntries(metadata))
  })

  it('stores once what is pushed twice, also where the second push holds more', async () => {
    const labels = streamLabels()
    const lines = linesFrom(nowNs() - minuteNs, ['one', 'two', 'three', 'four'], [['run_id', 'x']])
    await outcomeOf(subject, pushOf(labels, lines.slice(0, 3)))
    expect(await outcomeOf(subject, pushOf(labels, lines))).toEqual({ kind: 'delivered' })
    expect(await outcomeOf(subject, pushOf(labels, lines.slice(1, 2)))).toEqual({ kind: 'delivered' })
    expect(await storedLines(subject, labels)).toEqual(['one', 'two', 'three', 'four'])
  })

  it('keeps apart equal lines of different times, and of different metadata', async () => {
    const labels = streamLabels()
    const atNs = nowNs()
    const lines: Line[] = [
      { atNs, line: 'same', metadata: [['run_id', 'a']] },
      { atNs, line: 'same', metadata: [['run_id', 'b']] },
      { atNs: atNs + 1n, line: 'same', metadata: [['run_id', 'a']] },
    ]
    await outcomeOf(subject, pushOf(labels, lines))
    expect(await storedLines(subject, labels)).toHaveLength(3)
  })

  it('keeps label values with quotes, backslashes, controls and any script', async () => {
    const odd = `q" b\\ n\n t\t nul\0 esc\u001b del\u007f c1\u0085 é 中 😀 sep\u2028 '\``
    const labels = { ...streamLabels(), odd, empty: '' }
    await outcomeOf(subject, pushOf(labels, linesFrom(nowNs(), ['x'])))
    const [entry] = await read(subject, { job: labels.job })
    expect(entry?.labels).toEqual({ job: labels.job, odd, service_name: labels.job })
  })

  it('adds the level that it detects, and leaves one that came along', async () => {
    const labels = streamLabels()
    const lines = ['{"level":"warn"}', '{"a":{"severity":"ERROR"}}', 'an error: none', 'terror', 'no word']
    await outcomeOf(subject, pushOf(labels, linesFrom(nowNs(), lines)))
    const levels = (await read(subject, labels)).map(({ metadata }) => metadata['detected_level'])
    expect(levels).toEqual(['warn', 'error', 'error', 'unknown', 'unknown'])
  })

  it('tells the clock of the other side, how long it took and what went over the wire', async () => {
    const push = pushOf(streamLabels(), linesFrom(nowNs(), ['x'.repeat(10_000)]))
    const result = await subject.sink.push(push, signal)
    expect(Math.abs(result.skewMs ?? Infinity)).toBeLessThan(5_000)
    expect(result.durationMs).toBeGreaterThan(0)
    expect(result.wireBytes).toBeGreaterThan(0)
    expect(result.wireBytes).toBeLessThan(push.entries.length)
  })

  it('silently loses what is wrong with all streams but the last: a push has one stream', async () => {
    const [first, last] = [streamLabels(), streamLabels()]
    await outcomeOf(subject, pushOf(first, linesFrom(nowNs(), ['newest'])))
    const behind = pushOf(first, linesFrom(nowNs() - 2n * hourNs, ['behind']))
    const status = await pushTwoStreams(subject.baseUrl, behind, pushOf(last, linesFrom(nowNs(), ['fine'])))
    expect(status).toBe(204)
    expect(await storedLines(subject, first)).toEqual(['newest'])
    expect(await storedLines(subject, last)).toEqual(['fine'])
  })
}

/** By JSON, the other way in: the sink sends one stream only. */
async function pushTwoStreams(baseUrl: string, ...pushes: PushBody[]): Promise<number> {
  const streams = pushes.map(({ stream, entries }) => {
    const { atNs, line } = lokiCodec.decode(entries)
    const job = /job="([^"]*)"/.exec(stream)?.[1]
    return { stream: { job }, values: [[String(atNs), line]] }
  })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${baseUrl}/loki/api/v1/push`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ streams }),
  })
  return response.status
}
