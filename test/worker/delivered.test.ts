import { describe, expect, it, onTestFinished } from 'vitest'
import { checksumOf } from '../../src/core/checksum.ts'
import { SpoolReader } from '../../src/spool/reader.ts'
import { type DeliveryBench, deliveryBench, entriesIn } from './delivery-bench.ts'
import { delivered, noAnswer, refusalOf, refused } from './settling-support.ts'

const firstNs = 1_764_000_000_000_000_000n

function recordsOf({ path }: DeliveryBench) {
  const reader = new SpoolReader(path)
  onTestFinished(() => reader.close())
  return reader.deliveriesAfter(0)
}

describe('what the spool remembers of a delivery', () => {
  it('Q-25: is the push as it was sent, also after retries', () => {
    const bench = deliveryBench()
    bench.add(['a', 'b'], firstNs)
    bench.deliver(noAnswer())
    const { entries } = bench.push()
    const checksum = checksumOf(entries)
    const bytes = entries.length
    bench.answer(delivered)
    const times = { firstNs, lastNs: firstNs + 1n }
    expect(recordsOf(bench)).toEqual([
      {
        ...times,
        id: 1,
        stream: bench.stream,
        atMs: bench.clock.nowMs(),
        entries: 2,
        bytes,
        checksum,
        metadataNames: ['run_id'],
      },
    ])
  })

  it('Q-25: leaves out what Loki refused, and is nothing where that is all', () => {
    const bench = deliveryBench()
    bench.add(['a', 'b', 'c'], firstNs)
    const [first] = entriesIn(bench.push())
    expect(first?.line).toBe('a')
    bench.answer(refused('too_old', { named: [{ atNs: firstNs, refusal: refusalOf('too_old') }] }))
    const rest = bench.push().entries
    const checksum = checksumOf(rest)
    bench.answer(delivered)
    const [record] = recordsOf(bench)
    expect(record).toMatchObject({ firstNs: firstNs + 1n, lastNs: firstNs + 2n, entries: 2, checksum })
    bench.add(['d'])
    bench.deliver(refused('too_old', { isWhole: true }))
    expect(recordsOf(bench)).toHaveLength(1)
  })
})
