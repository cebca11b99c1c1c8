// Whether the disk of the state directory has less room than --disk_reserve keeps free: then no outage of
// Loki can be bridged, which an operator should hear at the start and not in the outage.

import { statfsSync } from 'node:fs'
import type { ErrorReport } from '../core/errors.ts'
import { formatBytes } from '../core/quantity.ts'

export type Disk = {
  readonly directory: string
  readonly reserveBytes: number
  /** Tests have their own. */
  readonly freeBytes?: (directory: string) => number
}

/** Undefined where there is room. */
export function lowDiskWarning({
  directory,
  reserveBytes,
  freeBytes = freeBytesOf,
}: Disk): ErrorReport | undefined {
  const free = freeBytes(directory)
  if (free >= reserveBytes) return undefined
  const reserve = `--disk_reserve (${formatBytes(reserveBytes)})`
  return {
    code: 'spool_full',
    message: `The disk of ${directory} has ${formatBytes(free)} free, less than ${reserve}.`,
    hint: 'While Loki is away, rows are dropped: make room, or lower --disk_reserve.',
  }
}

function freeBytesOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}
