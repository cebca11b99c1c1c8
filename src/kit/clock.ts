// The clock that runs in production; tests bring their own. `nowNs` and `nowMs` read the same wall clock: a
// stamp in ns always lies within the millisecond that the other would have told, also after the system's
// clock was set.

import type { Clock } from '../core/clock.ts'

/** The longest wait that setTimeout takes: beyond 2^31 - 1 ms it fires at once. */
const maxTimerMs = 2 ** 31 - 1

/** What to add to the monotonic clock to get the wall clock, learnt and kept in phase by nowNs. */
let wallOffsetNs = 0n

export const systemClock: Clock = {
  nowNs,
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep,
}

/** Date.now() tells the millisecond, the monotonic clock the place within it. */
function nowNs(): bigint {
  const firstNs = BigInt(Date.now()) * 1_000_000n
  const lastNs = firstNs + 999_999n
  const guessNs = process.hrtime.bigint() + wallOffsetNs
  if (guessNs >= firstNs && guessNs <= lastNs) return guessNs
  const nearestNs = guessNs < firstNs ? firstNs : lastNs
  wallOffsetNs += nearestNs - guessNs
  return nearestNs
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let leftMs = Math.max(0, ms)
  while (leftMs > maxTimerMs) {
    await timer(maxTimerMs, signal)
    leftMs -= maxTimerMs
  }
  await timer(leftMs, signal)
}

function timer(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  if (signal.aborted) {
    reject(signal.reason)
    return promise
  }
  const handle = setTimeout(finish, ms)
  signal.addEventListener('abort', abandon, { once: true })
  return promise

  function finish(): void {
    signal.removeEventListener('abort', abandon)
    resolve()
  }
  function abandon(): void {
    clearTimeout(handle)
    reject(signal.reason)
  }
}
