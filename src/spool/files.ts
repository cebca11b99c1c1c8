// Where the spools of a state directory lie: one `<metric>.sqlite` each, the metric's name escaped where a
// file system might not take it. Called by the supervisor; a spool found without a metric is drained.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const ending = '.sqlite'

export type SpoolFile = { readonly metric: string; readonly path: string }

/** Where in the state directory of a target its spools lie. */
export function spoolDirectoryOf(stateDirectory: string): string {
  return join(stateDirectory, 'spool')
}

export function spoolPathOf(directory: string, metric: string): string {
  return join(directory, escapeName(metric) + ending)
}

/** The spools of a directory, by name; copies set aside and other files are not among them. */
export function spoolFiles(directory: string): SpoolFile[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(ending))
    .sort()
    .flatMap((name) => {
      const metric = unescapeName(name.slice(0, -ending.length))
      return metric === undefined ? [] : [{ metric, path: join(directory, name) }]
    })
}

/** encodeURIComponent leaves `*`, which Windows refuses in names. */
function escapeName(metric: string): string {
  return encodeURIComponent(metric).replaceAll('*', '%2A')
}

function unescapeName(name: string): string | undefined {
  try {
    return decodeURIComponent(name)
  } catch {
    return undefined
  }
}
