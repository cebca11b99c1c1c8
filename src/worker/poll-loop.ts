// The poll loop of one metric: wait for the tick, run, record, say what happened, decide when to run again.
// Runs follow a fixed-rate grid; a failed run is tried again after backoff or at the next tick, whichever is
// sooner.

import { backoffMs, runBackoff } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { reportOf } from '../core/errors.ts'
import type { MetricEvent } from '../core/events.ts'
import type { Metric, RunBounds } from '../core/metric.ts'
import { type Grid, gridOf, nextTickMs, type Place, skippedTicks } from '../core/schedule.ts'
import type { RunResult, Source } from '../core/source.ts'
import type { Gate } from './gate.ts'
import type { LatestRows } from './latest-rows.ts'
import type { Recorded, Recorder } from './recorder.ts'

export type PollLoopOptions = {
  readonly metric: Metric
  readonly place: Place
  readonly bounds: RunBounds
  readonly source: Source
  readonly recorder: Recorder
  /** Undefined where nobody can look at them. */
  readonly latestRows?: LatestRows | undefined
  readonly gate: Gate
  readonly clock: Clock
  /** In [0, 1): jitter of the backoff. */
  readonly random: () => number
  /** When this metric last ran, ms since the epoch, where the spool remembers. */
  readonly lastRunMs: number | undefined
  readonly emit: (event: MetricEvent) => void
  readonly onRecorded: (recorded: Recorded) => void
  /** After each run, for what others decide by its result. */
  readonly onResult: (result: RunResult) => void
}

/**
 * From this interval on, and for every metric that sends nothing, a restart does not run it again before its
 * time.
 */
const rememberedIntervalMs = 3_600_000

/** Polls until the signal aborts; then resolves when no run is in flight. */
export async function pollLoop(options: PollLoopOptions, signal: AbortSignal): Promise<void> {
  const { clock, gate, metric } = options
  try {
    await gate.opened(signal)
    const grid = firstGrid(options)
    let dueMs = grid.startMs
    let before: Before = { failures: 0, isSpoolFailing: false }
    for (;;) {
      await clock.sleep(dueMs - clock.monotonicMs(), signal)
      if (!gate.isOpen) {
        await gate.opened(signal)
        dueMs = clock.monotonicMs()
      }
      const ended = await runOnce({ ...options, ...before, grid, dueMs }, signal)
      before = ended
      dueMs = ended.nextDueMs
    }
  } catch (reason) {
    if (!signal.aborted) throw reason
  } finally {
    options.source.close()
    if (metric.send) options.recorder.discard()
  }
}

function firstGrid(options: PollLoopOptions): Grid {
  const { clock, metric, place, lastRunMs } = options
  const isRemembered = !metric.send || metric.intervalMs >= rememberedIntervalMs
  if (!isRemembered || lastRunMs === undefined) return gridOf(clock.monotonicMs(), metric.intervalMs, place)
  // A clock that was set back must not keep a daily metric waiting for longer than a day.
  const remainingMs = Math.min(lastRunMs + metric.intervalMs - clock.nowMs(), metric.intervalMs)
  return gridOf(clock.monotonicMs() + Math.max(0, remainingMs), metric.intervalMs, place)
}

type NextDue = {
  readonly grid: Grid
  readonly failures: number
  readonly nowMs: number
  readonly random: number
}

function nextDueMs({ grid, failures, nowMs, random }: NextDue): number {
  const tickMs = nextTickMs(grid, nowMs)
  return failures === 0 ? tickMs : Math.min(tickMs, nowMs + backoffMs(runBackoff, failures, random))
}

/** What a run knows of those before it. */
type Before = {
  /** Failures in a row. */
  readonly failures: number
  /** The last rows could not be spooled. */
  readonly isSpoolFailing: boolean
}

type RunOptions = PollLoopOptions & Before & { readonly grid: Grid; readonly dueMs: number }

/** `failures` includes this run. */
type Ended = Before & {
  readonly result: RunResult
  readonly rows: number
  readonly durationMs: number
  readonly nextDueMs: number
}

async function runOnce(options: RunOptions, signal: AbortSignal): Promise<Ended> {
  const { clock, grid, metric, recorder, dueMs } = options
  const startMs = clock.monotonicMs()
  options.emit({ type: 'run.started', tickMs: clock.nowMs(), latenessMs: Math.max(0, startMs - dueMs) })
  const asked = await askAndRecord(options, signal)
  const { result, recorded } = endRun(asked, () => recorder.end(asked, metric.send))
  if (recorded !== undefined) options.onRecorded(recorded)
  const nowMs = clock.monotonicMs()
  const failures = result.kind === 'failed' ? options.failures + 1 : 0
  const ended: Ended = {
    result,
    rows: recorded?.rows ?? 0,
    durationMs: nowMs - startMs,
    failures,
    isSpoolFailing: saySpoolTrouble(options, result),
    nextDueMs: nextDueMs({ grid, failures, nowMs, random: options.random() }),
  }
  options.emit(eventOf(options, ended))
  options.onResult(result)
  return ended
}

/** Asks the source; what the spool refuses ends the run as a failure of its own. */
async function askAndRecord(options: RunOptions, signal: AbortSignal): Promise<RunResult> {
  const { metric, bounds, source, recorder, latestRows } = options
  const refused = new AbortController()
  const onLines = (lines: Uint8Array) => {
    latestRows?.add(lines)
    if (!metric.send || refused.signal.aborted) return
    try {
      recorder.add(lines)
    } catch (error) {
      refused.abort(error)
    }
  }
  try {
    latestRows?.begin()
    recorder.begin()
    const request = { query: metric.query, timeoutMs: metric.timeoutMs, bounds }
    return await source.run(request, onLines, AbortSignal.any([signal, refused.signal]))
  } catch (error) {
    if (signal.aborted) throw error
    return { kind: 'failed', error: reportOf(error) }
  }
}

function endRun(result: RunResult, record: () => Recorded): { result: RunResult; recorded?: Recorded } {
  try {
    return { result, recorded: record() }
  } catch (error) {
    return { result: { kind: 'failed', error: reportOf(error) } }
  }
}

/** Tells when rows cannot be spooled, and when they can again; true while they cannot. */
function saySpoolTrouble({ emit, isSpoolFailing }: RunOptions, result: RunResult): boolean {
  if (result.kind === 'finished') {
    if (isSpoolFailing) emit({ type: 'spool.recovered' })
    return false
  }
  if (!result.error.code.startsWith('spool_')) return isSpoolFailing
  emit({ type: 'spool.failed', error: result.error })
  return true
}

function eventOf(options: RunOptions, ended: Ended): MetricEvent {
  const { clock, grid, dueMs, metric, latestRows } = options
  const { result, rows, durationMs, failures } = ended
  const nowMs = clock.monotonicMs()
  const nextMs = clock.nowMs() + (ended.nextDueMs - nowMs)
  if (result.kind === 'failed') {
    return { type: 'run.failed', error: result.error, durationMs, rows, failures, nextMs }
  }
  const { bytes, isCut, flags } = result.summary
  return {
    type: 'run.finished',
    rows,
    bytes,
    durationMs,
    isCut,
    flags,
    skippedTicks: skippedTicks(grid, dueMs, nowMs),
    failuresBefore: options.failures,
    isSent: metric.send,
    nextMs,
    ...(latestRows === undefined ? {} : { latestRows: latestRows.texts() }),
  }
}
