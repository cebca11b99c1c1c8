// Runs recorded in a real spool, read back as a reader of Loki would see them.

import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RunResult } from '../../src/core/source.ts'
import { lokiCodec } from '../../src/sinks/loki/codec.ts'
import { Recorder } from '../../src/worker/recorder.ts'
import { StreamTimes } from '../../src/worker/stream-times.ts'
import { farFutureNs, nothingRefused, temporarySpool } from '../spool/support/temporary-spool.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { reportOfCode } from '../support/scripted-source.ts'

const minuteNs = 60_000_000_000n

function bench({ isMetadataOn = true } = {}) {
  const { spool, path } = temporarySpool()
  const clock = new FakeClock()
  const steps: number[] = []
  const rowStream = spool.streamOf('{job="locks"}', 'rows')
  const runStream = spool.streamOf('{job="rowtail"}', 'runs')
  const times = new StreamTimes({
    clock,
    lastNs: (stream) => spool.lastNs(stream),
    onClockStep: (behindMs) => steps.push(behindMs),
  })
  const options = { spool, codec: lokiCodec, clock, times, rowStream, runStream, isMetadataOn }
  const recorder = new Recorder(options)

  /** One run with these rows, in one go. */
  function record(rows: readonly string[], error = false): void {
    recorder.begin()
    if (rows.length > 0) recorder.add(linesOf(rows))
    recorder.end(error ? { kind: 'failed', error: reportOfCode('query_failed') } : finishedOf(rows), true)
  }

  /** What a stream holds, delivered. */
  function entries(stream: number) {
    const found = []
    for (;;) {
      const range = spool.nextRange(stream, { notAfterNs: farFutureNs })
      if (range === undefined) return found
      const body = spool.read(range)
      for (const { start, end } of lokiCodec.entriesOf(body)) {
        found.push(lokiCodec.decode(body.subarray(start, end)))
      }
      spool.settle(range, nothingRefused)
    }
  }

  return {
    path,
    clock,
    steps,
    recorder,
    record,
    rows: () => entries(rowStream),
    runs: () => entries(runStream),
  }
}

function linesOf(rows: readonly string[]): Uint8Array {
  return Buffer.from(rows.map((row) => `${row}\n`).join(''))
}

function finishedOf(rows: readonly string[]): RunResult {
  return { kind: 'finished', summary: { rows: rows.length, bytes: 0, flags: [], isCut: false } }
}

describe('a long run', () => {
  const row = JSON.stringify('x'.repeat(1_000))

  it('keeps one full chunk back: a second one takes both to the spool', () => {
    const { recorder, path, rows } = bench()
    const reader = new DatabaseSync(path, { readOnly: true })
    onTestFinished(() => reader.close())
    const stored = () => reader.prepare('select count(*) as chunks from chunks').get()?.['chunks']
    recorder.begin()
    recorder.add(linesOf(Array(250).fill(row)))
    expect(stored()).toBe(0)
    recorder.add(linesOf(Array(150).fill(row)))
    expect(stored()).toBe(2)
    recorder.add(linesOf(Array(200).fill(row)))
    recorder.end(finishedOf(Array(600).fill(row)), true)
    const found = rows()
    expect(found.map(({ line }) => line)).toEqual(Array(600).fill(row))
    expect(found.map(({ atNs }) => atNs - (found[0]?.atNs ?? 0n))).toEqual(
      found.map((_, index) => BigInt(index)),
    )
  })

  it('that fails leaves nothing of it to the next one, kept back or stored', () => {
    const { record, rows } = bench()
    record(Array(250).fill(row), true)
    record(Array(600).fill(row), true)
    record(['{}'])
    expect(rows().map(({ line }) => line)).toEqual(['{}'])
  })
})

describe('a run that ends well', () => {
  it('leaves its rows in order, 1 ns apart from the time of the first, and one run line', () => {
    const { record, rows, runs, clock } = bench()
    record(['{"a":1}', '{"a":2}', '{"a":3}'])
    const found = rows()
    expect(found.map(({ line }) => line)).toEqual(['{"a":1}', '{"a":2}', '{"a":3}'])
    expect(found.map(({ atNs }) => atNs - clock.nowNs())).toEqual([0n, 1n, 2n])
    expect(runs().map(({ line }) => JSON.parse(line))).toEqual([
      { status: 'ok', rows: 3, duration_seconds: 0 },
    ])
  })

  it('marks rows and run line with the same run id, of at most ten characters', () => {
    const { record, rows, runs } = bench()
    record(['{}', '{}'])
    record(['{}'])
    const ids = rows().map(({ metadata }) => new Map(metadata).get('run_id'))
    const [first, second] = runs().map(({ metadata }) => new Map(metadata).get('run_id'))
    expect(ids).toEqual([first, first, second])
    expect(first).not.toBe(second)
    for (const id of ids) expect(id).toMatch(/^[0-9a-z]{1,10}$/)
  })

  it('carries the seconds from the question to its first row, on all rows', async () => {
    const { recorder, clock, rows } = bench()
    recorder.begin()
    await clock.advance(1_250)
    recorder.add(linesOf(['{"a":1}']))
    await clock.advance(4_000)
    recorder.add(linesOf(['{"a":2}']))
    recorder.end(finishedOf(['', '']), true)
    const values = rows().map(({ metadata }) => metadata.filter(([name]) => name !== 'run_id'))
    const expected = [
      ['response_time', '1.25'],
      ['detected_level', 'info'],
    ]
    expect(values).toEqual([expected, expected])
  })

  it('has no metadata where Loki takes none', () => {
    const { record, rows, runs } = bench({ isMetadataOn: false })
    record(['{}'])
    expect([...rows(), ...runs()].map(({ metadata }) => metadata)).toEqual([[], []])
  })

  it('leaves a run line alone where there was no row', () => {
    const { record, rows, runs } = bench()
    record([])
    expect(rows()).toEqual([])
    expect(runs().map(({ line }) => JSON.parse(line).rows)).toEqual([0])
  })

  it('becomes visible in one step: its run line and all of its rows, or nothing', () => {
    const { recorder, path } = bench()
    const reader = new DatabaseSync(path, { readOnly: true })
    onTestFinished(() => reader.close())
    const seen = () => reader.prepare('select coalesce(sum(entries), 0) as entries from visible_chunks').get()
    recorder.begin()
    const row = JSON.stringify({ text: 'x'.repeat(100_000) })
    for (let index = 0; index < 5; index += 1) recorder.add(linesOf([row]))
    expect(seen()).toEqual({ entries: 0 })
    recorder.end(finishedOf(Array(5).fill('')), true)
    expect(seen()).toEqual({ entries: 6 })
  })
})

describe('a run that fails', () => {
  it('leaves only its run line, which says how many rows there were', () => {
    const { record, rows, runs } = bench()
    record(Array(5).fill(JSON.stringify({ text: 'x'.repeat(100_000) })), true)
    expect(rows()).toEqual([])
    expect(runs().map(({ line }) => JSON.parse(line))).toMatchObject([
      { status: 'failed', rows: 5, error_code: 'query_failed' },
    ])
  })

  it('leaves the next run untouched by its rows', () => {
    const { record, rows } = bench()
    record(['{"lost":1}'], true)
    record(['{"kept":1}'])
    expect(rows().map(({ line }) => line)).toEqual(['{"kept":1}'])
  })

  it('that was never ended leaves nothing to the next', () => {
    const { recorder, record, rows, runs } = bench()
    recorder.begin()
    recorder.add(linesOf(Array(3).fill(JSON.stringify({ text: 'x'.repeat(150_000) }))))
    record(['{}'])
    expect(rows()).toHaveLength(1)
    expect(runs()).toHaveLength(1)
  })
})

describe('times', () => {
  const timesOf = (found: readonly { readonly atNs: bigint }[]) => found.map(({ atNs }) => atNs)

  it('are max(now, last + 1 ns): runs within one tick of the clock never share a time', () => {
    const { record, rows, clock } = bench()
    record(['{}', '{}'])
    record(['{}', '{}'])
    expect(timesOf(rows()).map((atNs) => atNs - clock.nowNs())).toEqual([0n, 1n, 2n, 3n])
  })

  it('go on after the last one where the clock steps back by up to 5 minutes', () => {
    const { record, rows, clock, steps } = bench()
    record(['{}'])
    clock.stepWall(-300_000)
    record(['{}'])
    const [first = 0n, second = 0n] = timesOf(rows())
    expect(second - first).toBe(1n)
    expect(steps).toEqual([])
  })

  it('follow a clock that steps back further, and say so', () => {
    const { record, rows, clock, steps } = bench()
    record(['{}'])
    clock.stepWall(-300_001)
    record(['{}', '{}'])
    const [first = 0n, second = 0n, third = 0n] = timesOf(rows())
    expect(second - first).toBe(-5n * minuteNs - 1_000_000n)
    expect(third - second).toBe(1n)
    expect(steps[0]).toBe(300_001)
  })

  it('follow a clock that steps forth, and come back to it when it is set right', () => {
    const { record, rows, clock } = bench()
    const startNs = clock.nowNs()
    clock.stepWall(3_600_000)
    record(['{}'])
    clock.stepWall(-3_600_000)
    record(['{}'])
    expect(timesOf(rows()).map((atNs) => atNs - startNs)).toEqual([60n * minuteNs, 0n])
  })

  it('of one stream are never equal, however the clock steps within 5 minutes', () => {
    const { record, rows, clock } = bench()
    for (const stepMs of [0, -100, 50, -299_000, 1, 299_000, -1, 0]) {
      clock.stepWall(stepMs)
      record(['{}', '{}', '{}'])
    }
    const found = timesOf(rows())
    expect(found).toEqual([...new Set(found)].sort((a, b) => (a < b ? -1 : 1)))
    expect(found).toHaveLength(24)
  })
})
