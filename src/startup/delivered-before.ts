// Remembers in the state directory to which Loki rows of this target were once delivered: there a server that
// is unreachable at start is a warning, because after a reboot the order of services is nobody's promise.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { checksumOf } from '../core/checksum.ts'

const fileName = 'delivered'
/** More Lokis than anyone changes between; the oldest are forgotten. */
const maxRemembered = 20

export type Delivered = {
  readonly hasDelivered: boolean
  /** Notes the first delivery; a state directory that takes no file costs the memory only. */
  remember(): void
}

/**
 * `route` identifies the target, the Loki and its tenant; it is stored as a checksum. The target counts, for
 * one --state_dir may have served another.
 */
export function deliveredBefore(stateDirectory: string, route: string): Delivered {
  const file = path.join(stateDirectory, fileName)
  const key = checksumOf(Buffer.from(route)).toString(16)
  const known = readKeys(file)
  return {
    hasDelivered: known.includes(key),
    remember: () => {
      if (known.includes(key)) return
      known.push(key)
      try {
        writeFileSync(file, `${known.slice(-maxRemembered).join('\n')}\n`)
      } catch {
        // The disk is full: the next start waits for its servers, as the first one did.
      }
    },
  }
}

function readKeys(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}
