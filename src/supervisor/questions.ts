// Questions from the main thread to a driver host, over the same lane that workers use: `select 1` of the CPU
// check, and the single runs of `check` and `once`, which have a host of their own and no workers.

import type { Clock } from '../core/clock.ts'
import { type ErrorReport, ReportedError } from '../core/errors.ts'
import { defaultRunBounds, type RunBounds } from '../core/metric.ts'
import type { RunResult } from '../core/source.ts'
import type { Target } from '../core/target.ts'
import type { HostAddress } from '../sources/sql/host-lane.ts'
import { createSqlSource } from '../sources/sql/source.ts'
import { HostPool } from './host-pool.ts'
import { makeRuntimeDirectory, removeRuntimeDirectory, sweepRuntimeDirectories } from './runtime-dir.ts'

export type Question = {
  readonly query: string
  readonly timeoutMs: number
  readonly bounds?: RunBounds
  readonly onLines?: (lines: Uint8Array) => void
  readonly withColumns?: true
}

/** Asks one question over a lane of its own; rejects with the signal's reason. */
export async function askHost(
  address: HostAddress | undefined,
  question: Question,
  signal: AbortSignal,
): Promise<RunResult> {
  const source = createSqlSource('question', {
    address: async () => address,
    lossOf: async () => lostHost,
    abandoned: () => undefined,
    wentDown: () => undefined,
  })
  const { onLines = () => undefined, ...asked } = question
  try {
    return await source.run({ bounds: defaultRunBounds, ...asked }, onLines, signal)
  } finally {
    source.close()
  }
}

const lostHost: ErrorReport = {
  code: 'host_crashed',
  message: 'The driver host ended while it ran the query.',
  hint: 'The driver is native code of its vendor: try a newer one, or the other --odbc_binding.',
}

export type Questions = {
  /** Starts the host and logs in once; undefined where that worked. */
  connect(): Promise<ErrorReport | undefined>
  ask(question: Question, signal: AbortSignal): Promise<RunResult>
  /** What the driver cannot do, as far as questions have shown it; a sentence each. */
  limitations(): readonly string[]
  close(): Promise<void>
}

const asker = 'question'
const loginMs = 15_000

export function openQuestions(target: Target, clock: Clock, maxTimeoutMs: number): Questions {
  const runtimeDirectory = makeRuntimeDirectory()
  sweepRuntimeDirectories(runtimeDirectory)
  const ignore = () => undefined
  const limitations = new Set<string>()
  const on = {
    address: ignore,
    started: ignore,
    lost: ignore,
    failed: ignore,
    limited: (what: string) => void limitations.add(what),
    isolated: ignore,
    returned: ignore,
  }
  const pool = new HostPool({ target, metrics: [asker], runtimeDirectory, clock, maxTimeoutMs, on })
  return {
    connect: () =>
      startAndProbe(
        () => pool.start(loginMs),
        () => pool.probe(loginMs),
      ),
    ask: (question, signal) => askHost(pool.addressOf(asker), question, signal),
    limitations: () => [...limitations],
    close: async () => {
      pool.stop()
      await pool.stopped()
      removeRuntimeDirectory(runtimeDirectory)
    },
  }
}

/** Starts what holds the driver and tries one login; undefined where both worked. */
export async function startAndProbe(
  start: () => Promise<void>,
  probe: () => Promise<ErrorReport | undefined>,
): Promise<ErrorReport | undefined> {
  try {
    await start()
  } catch (error) {
    if (error instanceof ReportedError) return error.report
    throw error
  }
  return probe()
}
