// What a measurement yields: figures, each with the bound that it is held against, where it has one.

export type Unit = 'ms' | '%' | 'MB' | 'MB/s' | 's' | 'count'

export type Figure = {
  readonly name: string
  readonly value: number
  readonly unit: Unit
  /** The figure meets its bound where it lies between these, ends included. */
  readonly bound?: { readonly least?: number; readonly most?: number }
}

/** `isShort`: for trying a measurement; its figures are no result. */
export type Extent = { readonly isShort: boolean }

/** One part's figures, and what was done to get them. */
export type Measured = { readonly what: string; readonly figures: readonly Figure[] }

export function isMet({ value, bound }: Figure): boolean {
  return value >= (bound?.least ?? -Infinity) && value <= (bound?.most ?? Infinity)
}

/** p50, p99 and the largest of some times, the bound on p99. */
export function latencies(name: string, timesMs: readonly number[], mostMs?: number): Figure[] {
  const bound = mostMs === undefined ? {} : { bound: { most: mostMs } }
  return [
    { name: `${name}, p50`, value: percentile(timesMs, 50), unit: 'ms' },
    { name: `${name}, p99`, value: percentile(timesMs, 99), unit: 'ms', ...bound },
    { name: `${name}, largest`, value: Math.max(...timesMs), unit: 'ms' },
    { name: `${name}, samples`, value: timesMs.length, unit: 'count' },
  ]
}

/** By nearest rank; throws where there is nothing to rank. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)]
  if (value === undefined) throw new Error('no sample was taken')
  return value
}
