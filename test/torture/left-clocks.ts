// What libfaketime shares between a process and its children. One that is killed leaves it in the machine's
// memory.

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const sharedMemory = '/dev/shm'

/** Removes what belongs to no process any more; other lanes keep theirs. */
export function removeLeftClocks(): void {
  for (const name of readdirSync(sharedMemory)) {
    const [, pid] = /^(?:sem\.)?faketime_(?:sem|shm)_(\d+)$/.exec(name) ?? []
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(sharedMemory, name), { force: true })
  }
}
