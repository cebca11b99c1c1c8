// From rowtail's log and run lines to how long rows took.

import { expect, it } from 'vitest'
import { delayFigures, delaysOf } from '../../bench/run-delays.ts'

const at = (ms: number) => new Date(ms).toISOString()
const finished = (ms: number, rows: number, durationMs: number) => ({
  time: at(ms),
  event: 'run.finished',
  msg: 'fetched',
  rows,
  durationMs,
})
const delivered = (ms: number, rows: number, msg = `sent ${rows} rows`) => ({
  time: at(ms),
  event: 'push.delivered',
  msg,
  rows,
})

it('a delay is from the end of the query to the answer for the last row', () => {
  // The run began at 1,000 and its query ended at 1,070; the rows were spooled at 1,080.
  expect(delaysOf([finished(1_080, 10, 80), delivered(1_100, 10)], [70])).toEqual([
    { delayMs: 30, pushes: 1 },
  ])
})

it('run lines are no rows, and a run without rows has no delay', () => {
  const lines = [
    finished(1_010, 0, 10),
    delivered(1_020, 1, 'sent 1 run line (130 B) in 3 ms'),
    finished(2_010, 5, 10),
    delivered(2_030, 5),
  ]
  expect(delaysOf(lines, [10, 10])).toEqual([{ delayMs: 20, pushes: 1 }])
})

it('a run of several pushes is delivered with its last one, also after the next run', () => {
  const lines = [
    finished(1_000, 10, 0),
    delivered(1_100, 6),
    finished(2_000, 10, 0),
    delivered(2_100, 4),
    delivered(2_200, 10),
  ]
  expect(delaysOf(lines, [0, 0])).toEqual([
    { delayMs: 1_100, pushes: 2 },
    { delayMs: 200, pushes: 1 },
  ])
})

it('a run that Loki does not have yet is left out', () => {
  expect(delaysOf([finished(1_000, 10, 0), delivered(1_100, 6)], [0])).toEqual([])
})

it('runs of one push are told apart', () => {
  const delays = [
    { delayMs: 5, pushes: 1 },
    { delayMs: 500, pushes: 4 },
  ]
  expect(delayFigures(delays)).toEqual({ runDelayP99Ms: 500, pushDelayP99Ms: 5 })
  expect(delayFigures([])).toEqual({})
})
