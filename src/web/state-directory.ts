// Whether the state directory is still the one that rowtail opened. Removed under it, or replaced by another
// mount, its spools go on in files that nobody finds again: the web server says so before they are needed.

import { type BigIntStats, statSync } from 'node:fs'
import type { ReadinessReason } from '../core/readiness.ts'

/** Answers with a reason not to be ready while the directory is another or none. */
export function watchStateDirectory(path: string): () => readonly ReadinessReason[] {
  const opened = identityOf(path)
  return () => {
    if (opened !== undefined && identityOf(path) === opened) return []
    const what = `The state directory ${path} was removed or replaced while rowtail runs.`
    const message = `${what} Its spools are lost when it ends: restart it once Loki has its rows.`
    return [{ code: 'state_dir_gone', message }]
  }
}

function identityOf(path: string): string | undefined {
  const found: BigIntStats | undefined = statOf(path)
  return found === undefined ? undefined : `${found.dev} ${found.ino}`
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined // no way to it: a mount that fails, a permission that was taken
  }
}
