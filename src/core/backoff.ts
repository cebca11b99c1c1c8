// How long to wait before trying again: doubling, capped, with jitter so that many do not return as one.

export type BackoffRule = { readonly firstMs: number; readonly maxMs: number }

export const runBackoff: BackoffRule = { firstMs: 1_000, maxMs: 60_000 }
export const loginBackoff: BackoffRule = { firstMs: 60_000, maxMs: 15 * 60_000 }
export const restartBackoff: BackoffRule = { firstMs: 200, maxMs: 30_000 }
/** Less than the 5 s that a run waits for a host: the first run after a trouble goes well. */
export const hostBackoff: BackoffRule = { firstMs: 200, maxMs: 4_000 }
export const pushBackoff: BackoffRule = { firstMs: 250, maxMs: 30_000 }

/**
 * The wait after `failures` failures in a row (1 or more), in ms: between half and all of the doubled value.
 * `random` is in [0, 1).
 */
export function backoffMs(rule: BackoffRule, failures: number, random: number): number {
  const doubled = Math.min(rule.maxMs, rule.firstMs * 2 ** Math.min(failures - 1, 30))
  return doubled / 2 + (doubled / 2) * random
}
