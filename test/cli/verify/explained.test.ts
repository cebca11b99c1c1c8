import { expect, it, onTestFinished, vi } from 'vitest'
import { explanationOf } from '../../../src/cli/verify/explained.ts'
import { lokiCodec } from '../../../src/sinks/loki/codec.ts'
import { SpoolReader } from '../../../src/spool/reader.ts'
import { singleEntryChunk } from '../../../src/worker/freeze.ts'
import { commitOf } from '../../spool/support/chunks.ts'
import { nothingRefused, takeRange, temporarySpool } from '../../spool/support/temporary-spool.ts'
import { pushOf, rowsAt } from './deliveries.ts'

// Every write waits for the disk, and a busy disk is no failure.
vi.setConfig({ testTimeout: 30_000 })

it('an entry beside all pushes is explained by what waits, a later record or a letter of its stream', () => {
  const { spool, path } = temporarySpool()
  const rows = spool.streamOf('{job="a"}', 'rows')
  const others = spool.streamOf('{job="b"}', 'rows')
  const add = (stream: number, atNs: bigint) => {
    const entry = { atNs, metadata: [], line: Buffer.from('x') }
    spool.commitRun(commitOf([singleEntryChunk(lokiCodec, stream, entry)]))
  }
  const record = (atNs: bigint) => {
    const { id: _id, stream: _stream, ...delivered } = pushOf(rowsAt(atNs, 1))
    return delivered
  }
  add(rows, 1n)
  spool.settle(takeRange(spool, rows), { ...nothingRefused, delivered: record(1n) })
  add(rows, 2n)
  spool.settle(takeRange(spool, rows), { ...nothingRefused, delivered: record(2n) })
  add(rows, 3n)
  const refused = takeRange(spool, rows)
  const letter = { entry: spool.read(refused), reason: 'too_old', said: 'no' } as const
  spool.settle(refused, { dead: [letter], restamped: [] })
  add(rows, 4n)
  add(others, 5n)
  const reader = new SpoolReader(path)
  onTestFinished(() => reader.close())
  const isExplained = explanationOf({ reader, stream: rows, afterId: 1, codec: lokiCodec })
  expect([1n, 2n, 3n, 4n, 5n].map(isExplained)).toEqual([false, true, true, true, false])
})
