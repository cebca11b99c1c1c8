// Gives up root's rights, where it has them, and says how opening fails. Parameters: 'lock' and a directory,
// or 'spool' and a path. Everything is loaded before, as the sources may lie where only root can read.

import { reportOf } from '../../../src/core/errors.ts'
import { openSpool } from '../../../src/spool/open.ts'
import { lockStateDirectory } from '../../../src/spool/state-lock.ts'
import { roomyBounds } from './chunks.ts'
import { nobody } from './unprivileged.ts'

const [what = '', path = ''] = process.argv.slice(2)
if (process.getuid?.() === 0) {
  process.setgid?.(nobody)
  process.setuid?.(nobody)
}
try {
  if (what === 'lock') lockStateDirectory(path)
  else openSpool(path, { bounds: roomyBounds, nowMs: 0 }).spool.close()
  process.send?.('opened')
} catch (error) {
  process.send?.(reportOf(error))
}
process.disconnect?.()
