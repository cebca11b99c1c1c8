// Repeats a startup check while what it found is worth waiting for: servers that start together with rowtail
// come up in any order. Waiting has an end, and each different reason for it is told once.

import { type BackoffRule, backoffMs } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import type { ErrorReport } from '../core/errors.ts'
import type { Finding } from './finding.ts'

export type Check = (signal: AbortSignal) => Promise<Finding>

export type Waiting = {
  /** How long to go on from the first attempt, in ms; 0 is one attempt. A last attempt is made at the end. */
  readonly waitMs: number
  readonly clock: Clock
  readonly onWaiting: (error: ErrorReport, leftMs: number) => void
  readonly signal: AbortSignal
  /** In [0, 1), for the jitter. */
  readonly random?: () => number
}

/** Short at first: most servers that are late are late by seconds. */
const startupBackoff: BackoffRule = { firstMs: 500, maxMs: 5_000 }

/**
 * The first finding that is not worth waiting for, or the last one there was. Rejects with the signal's
 * reason.
 */
export async function waitFor(check: Check, waiting: Waiting): Promise<Finding> {
  const { waitMs, clock, onWaiting, signal, random = Math.random } = waiting
  const endMs = clock.monotonicMs() + waitMs
  const told = new Set<string>()
  for (let failures = 1; ; failures++) {
    signal.throwIfAborted()
    const finding = await unlessAborted(check(signal), signal)
    const leftMs = endMs - clock.monotonicMs()
    if (finding.kind !== 'failed' || !finding.isWorthWaiting || leftMs <= 0) return finding
    const { error } = finding
    const reason = `${error.code} ${error.message} ${error.said ?? ''}`
    if (!told.has(reason)) onWaiting(error, leftMs)
    told.add(reason)
    await clock.sleep(Math.min(leftMs, backoffMs(startupBackoff, failures, random())), signal)
  }
}

/** A driver that logs in heeds no signal: its answer is then not waited for. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    void answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
