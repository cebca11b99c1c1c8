// Waiting in tests: for a state, with a deadline that says what did not come. The only place where tests
// sleep. Used by the server classes here and by tests whose event lives in another process.

import { setTimeout as sleep } from 'node:timers/promises'

export type WaitOptions = {
  /** What is waited for, as the end of "waited 5000 ms for …". */
  readonly what: string
  readonly timeoutMs: number
  /** Pause between two looks; 20 ms by default. */
  readonly everyMs?: number
}

/** Looks again and again until `look` gives something other than undefined or false, and returns it. */
export async function waitFor<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  const deadlineMs = performance.now() + options.timeoutMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadlineMs) throw new Error(`waited ${options.timeoutMs} ms for ${options.what}`)
    await sleep(options.everyMs ?? 20)
  }
}

/** The promise's value, or undefined when `timeoutMs` pass first. */
export async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  const giveUp = new AbortController()
  const late = sleep(timeoutMs, undefined, { signal: giveUp.signal, ref: true }).catch(() => undefined)
  try {
    return await Promise.race([promise, late])
  } finally {
    giveUp.abort()
  }
}

/** For what acts at given moments, as the torture harness does; a test waits for a state instead. */
export function pause(ms: number): Promise<void> {
  return sleep(ms)
}
