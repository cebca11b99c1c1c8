// Locks a state directory and holds the lock until it is killed. Parameters: the directory.

import { reportOf } from '../../../src/core/errors.ts'
import { lockStateDirectory } from '../../../src/spool/state-lock.ts'

const [directory = ''] = process.argv.slice(2)
try {
  lockStateDirectory(directory)
  // Nothing refers to the lock any more: it must be held all the same.
  globalThis.gc?.()
  process.send?.('locked')
} catch (error) {
  process.send?.(reportOf(error))
}
process.on('disconnect', () => process.exit())
