import { describe, expect, it } from 'vitest'
import { clustersOf, stretchesOf } from '../../../src/cli/verify/pushes.ts'
import type { DeliveryRecord } from '../../../src/spool/reader.ts'
import { pushOf, rowsAt } from './deliveries.ts'

/** A push from one time to another, by their last digits. */
function push(firstNs: number, lastNs: number, given: Partial<DeliveryRecord> = {}): DeliveryRecord {
  return pushOf(rowsAt(BigInt(firstNs), 1), { lastNs: BigInt(lastNs), ...given })
}

function stretches(
  pushes: readonly DeliveryRecord[],
  isWanted: (push: DeliveryRecord) => boolean = () => true,
) {
  return stretchesOf(clustersOf(pushes), isWanted).map(({ fromNs, untilNs }) => [
    Number(fromNs),
    Number(untilNs),
  ])
}

describe('pushes', () => {
  it('are brought in the order of their times; those that overlap are one cluster', () => {
    const clusters = clustersOf([push(30, 40), push(0, 10), push(40, 45), push(5, 20), push(46, 50)])
    expect(clusters.map(({ firstNs, lastNs }) => [Number(firstNs), Number(lastNs)])).toEqual([
      [0, 20],
      [30, 45],
      [46, 50],
    ])
  })

  it('are asked for with what lies between them, and nothing behind the last one', () => {
    expect(stretches([push(0, 10), push(20, 30)])).toEqual([[0, 31]])
  })

  it('are left out where they are not wanted, and with them what lies beside them', () => {
    const pushes = [push(0, 10, { atMs: 1 }), push(20, 30, { atMs: 2 }), push(40, 50, { atMs: 1 })]
    expect(stretches(pushes, ({ atMs }) => atMs === 1)).toEqual([
      [0, 11],
      [40, 51],
    ])
  })

  it('share an answer of at most 512 KiB or 2,000 entries; the next one begins where the first ends', () => {
    const half = 256 * 1024
    expect(stretches([push(0, 1, { bytes: half }), push(5, 6, { bytes: half })])).toEqual([[0, 7]])
    expect(stretches([push(0, 1, { bytes: half }), push(5, 6, { bytes: half + 1 })])).toEqual([
      [0, 5],
      [5, 7],
    ])
    expect(stretches([push(0, 1, { entries: 1_000 }), push(5, 6, { entries: 1_000 })])).toEqual([[0, 7]])
    expect(stretches([push(0, 1, { entries: 1_000 }), push(5, 6, { entries: 1_001 })])).toEqual([
      [0, 5],
      [5, 7],
    ])
  })
})
