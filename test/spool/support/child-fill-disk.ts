// Meets a full disk: the system refuses to let its files grow beyond a limit, until the limit is lifted. Says
// what a commit said then, and what the spool holds after the next one. Parameters: path of the spool.

import { execFileSync } from 'node:child_process'
import { reportOf } from '../../../src/core/errors.ts'
import { openSpool } from '../../../src/spool/open.ts'
import { chunkOf, chunkOfSize, commitOf, mebibyte, roomyBounds } from './chunks.ts'

const [path = ''] = process.argv.slice(2)
const { spool } = openSpool(path, { bounds: roomyBounds, nowMs: 0 })
const rows = spool.streamOf('{job="a"}', 'rows')

function limitFiles(limit: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${limit}:`])
}

function failure(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return reportOf(error)
  }
}

// Node ends at this signal by default; with a handler the write fails instead, as on a full disk.
process.on('SIGXFSZ', () => undefined)
spool.commitRun(commitOf([chunkOf(rows, 'before')], 1))
spool.stage(chunkOf(rows, ' staged'))
limitFiles(String(mebibyte))
const staging = failure(() => spool.stage(chunkOfSize(rows, 2 * mebibyte)))
const committing = failure(() => spool.commitRun(commitOf([chunkOfSize(rows, 2 * mebibyte)], 2)))
const full = { depth: spool.depth(), lastRunMs: spool.lastRunMs() }
limitFiles('unlimited')
spool.commitRun(commitOf([chunkOf(rows, ' after')], 3))
const range = spool.nextRange(rows, { notAfterNs: 2n ** 62n })
const text = range === undefined ? '' : Buffer.from(spool.read(range)).toString()
process.send?.({ staging, committing, full, text })
process.disconnect?.()
