// Numbers as a person reads them, with their unit: for log lines, status and error texts. Pure.

import { formatDuration } from './duration.ts'

const byteUnits = ['KiB', 'MiB', 'GiB', 'TiB'] as const

/** `1,234,567` of a whole number. By hand: in each thread Intl's formatter is half a megabyte. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `1 row`, `1,204 rows`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** `, 120 in all` where a sum is not the first of its kind. */
export function inAll({ amount, total }: { readonly amount: number; readonly total: number }): string {
  return total > amount ? `, ${formatCount(total)} in all` : ''
}

/** `, 12 times since last told` where a sum counts more than one time. */
export function timesSince(sum: { readonly amount: number } | undefined): string {
  return sum !== undefined && sum.amount > 1 ? `, ${formatCount(sum.amount)} times since last told` : ''
}

/** `812 B`, `3.4 KiB`, `256 MiB`: three figures, binary units. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${Math.round(bytes)} B`
  let value = bytes
  let unit: (typeof byteUnits)[number] = 'KiB'
  for (const candidate of byteUnits) {
    value /= 1_024
    unit = candidate
    // 1,023.5 and more would be written as 1024 of this unit.
    if (value < 1_023.5) break
  }
  return `${value < 99.95 ? Math.round(value * 10) / 10 : Math.round(value)} ${unit}`
}

/** A measured time, rounded to what matters: `0.4ms`, `45ms`, `4.2s`, `5m 12s`, `3h 4m`, `2d 3h`. */
export function formatElapsed(ms: number): string {
  if (ms < 9.95) return formatDuration(Math.round(ms * 10) / 10)
  if (ms < 999.5) return formatDuration(Math.round(ms))
  if (ms < 59_950) return formatDuration(Math.round(ms / 100) * 100)
  const seconds = Math.round(ms / 1_000)
  if (seconds < 3_600) return pair([Math.floor(seconds / 60), 'm'], [seconds % 60, 's'])
  const minutes = Math.round(seconds / 60)
  if (minutes < 1_440) return pair([Math.floor(minutes / 60), 'h'], [minutes % 60, 'm'])
  const hours = Math.round(minutes / 60)
  return pair([Math.floor(hours / 24), 'd'], [hours % 24, 'h'])
}

type Part = readonly [amount: number, unit: string]

function pair(large: Part, small: Part): string {
  return small[0] === 0 ? large.join('') : `${large.join('')} ${small.join('')}`
}
