// The fixed-rate grid of a metric's ticks. Pure: the poll loop asks for the next tick and does the waiting.
// A run that overruns skips the ticks it missed, so ticks neither pile up nor drift (docs/specs/schedule.md).

export type Grid = { readonly startMs: number; readonly intervalMs: number }

/** The place of a metric among those that start together. */
export type Place = { readonly index: number; readonly count: number }

/** Offsets the first tick of a metric within min(interval, 1 s), so that workers do not start as one. */
export function gridOf(startMs: number, intervalMs: number, place: Place): Grid {
  const spreadMs = Math.min(intervalMs, 1_000)
  return { startMs: startMs + (place.index / place.count) * spreadMs, intervalMs }
}

/** The first tick strictly after `afterMs`. */
export function nextTickMs(grid: Grid, afterMs: number): number {
  if (afterMs < grid.startMs) return grid.startMs
  const passed = Math.floor((afterMs - grid.startMs) / grid.intervalMs)
  const next = grid.startMs + (passed + 1) * grid.intervalMs
  // Floating point can land the product on `afterMs` itself where the interval is no power of two.
  return next > afterMs ? next : next + grid.intervalMs
}

/** Ticks after the one (or the retry) that began a run, up to its end: the run skipped them. */
export function skippedTicks(grid: Grid, beginMs: number, endMs: number): number {
  return Math.round((nextTickMs(grid, endMs) - nextTickMs(grid, beginMs)) / grid.intervalMs)
}
