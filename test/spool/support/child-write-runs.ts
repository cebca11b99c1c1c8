// Writes runs of four chunks into a spool without end and reports each one twice: when three of its chunks
// are staged, and when it is committed. Parameters: path, and the step after which to stand still ('staged',
// 'committed', or 'never').

import { openSpool } from '../../../src/spool/open.ts'
import { chunkOf, commitOf, roomyBounds } from './chunks.ts'

const [path = '', standStillAfter = 'never'] = process.argv.slice(2)
const { spool } = openSpool(path, { bounds: roomyBounds, nowMs: 0 })
const rows = spool.streamOf('{job="a"}', 'rows')

function report(step: string, run: number): boolean {
  process.send?.({ step, run })
  return step === standStillAfter
}

function writeRun(run: number): boolean {
  for (const part of ['a', 'b', 'c']) spool.stage(chunkOf(rows, `${run}${part} `, BigInt(run)))
  if (report('staged', run)) return true
  spool.commitRun(commitOf([chunkOf(rows, `${run}d `, BigInt(run))], run))
  return report('committed', run)
}

// Messages leave between turns of the event loop.
function writeFrom(run: number): void {
  if (!writeRun(run)) setImmediate(writeFrom, run + 1)
}

process.on('disconnect', () => process.exit())
writeFrom(1)
