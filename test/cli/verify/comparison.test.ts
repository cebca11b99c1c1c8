import { describe, expect, it } from 'vitest'
import { compare, noFinding } from '../../../src/cli/verify/comparison.ts'
import { clustersOf, stretchesOf } from '../../../src/cli/verify/pushes.ts'
import { lokiCodec } from '../../../src/sinks/loki/codec.ts'
import type { ShownEntry } from '../../../src/sinks/loki/query.ts'
import type { DeliveryRecord } from '../../../src/spool/reader.ts'
import { minuteMs, nowMs, nsOf, pushOf, rowsAt } from './deliveries.ts'

const atNs = nsOf(nowMs)

function findingOf(pushes: readonly DeliveryRecord[], shown: readonly ShownEntry[]) {
  const finding = noFinding()
  for (const stretch of stretchesOf(clustersOf(pushes), () => true)) {
    compare(stretch, shown, { finding, codec: lokiCodec, labels: { job: 'locks' }, nowMs })
  }
  return finding
}

const allThere = { missing: 0, notShown: 0, changed: 0, doubled: 0, extraNs: [] }

describe('what Loki shows of a push', () => {
  const rows = rowsAt(atNs, 3)
  const [first, second, third] = rows
  if (first === undefined || second === undefined || third === undefined) throw new Error('no rows')

  it('is all there when it is what was sent, in whatever order its metadata comes', () => {
    expect(findingOf([pushOf(rows)], rows)).toEqual({ ...allThere, pushes: 1, rows: 3 })
  })

  it('lacks the rows that are not there', () => {
    expect(findingOf([pushOf(rows)], [first, third])).toMatchObject({ missing: 1, rows: 2, changed: 0 })
    expect(findingOf([pushOf(rows)], [])).toMatchObject({ missing: 3, rows: 0 })
  })

  it('is changed where line, time or metadata of a row is another one', () => {
    const others = [
      { ...second, line: 'other' },
      { ...second, pairs: { ...second.pairs, run_id: 'r2' } },
    ]
    for (const other of others) {
      expect(findingOf([pushOf(rows)], [first, other, third])).toMatchObject({ missing: 0, changed: 1 })
    }
  })

  it('has a row twice that came from two shards', () => {
    const shard = { ...second, pairs: { ...second.pairs, __stream_shard__: '1' } }
    expect(findingOf([pushOf(rows)], [first, second, shard, third])).toMatchObject({
      ...allThere,
      doubled: 1,
    })
  })

  it('has rows too many within its times, and beside them', () => {
    const [later] = rowsAt(atNs + 1_000n, 1)
    const next = rowsAt(atNs + 2_000n, 2)
    const within = { ...second, line: 'another' }
    const shown = [first, second, within, third, ...(later === undefined ? [] : [later]), ...next]
    const { extraNs, ...found } = findingOf([pushOf(rows), pushOf(next, { id: 2 })], shown)
    expect(found).toMatchObject({ missing: 0, doubled: 0, rows: 5 })
    expect(extraNs).toEqual([third.atNs, atNs + 1_000n])
  })

  it('is not confused by streams that have further labels', () => {
    const foreign = { ...second, line: 'x', pairs: { ...second.pairs, region: 'eu' } }
    const named = rows.map((row) => ({ ...row, pairs: { ...row.pairs, service_name: 'locks' } }))
    expect(findingOf([pushOf(rows)], [...named, foreign])).toMatchObject(allThere)
  })

  it('keeps the first time of a row that was stamped anew', () => {
    const original = { ts_original: '5' }
    const stamped = rows.map((row) => ({ ...row, pairs: { ...row.pairs, ...original } }))
    expect(findingOf([pushOf(rows)], stamped)).toMatchObject({ changed: 1 })
  })

  it('counts where the times of pushes overlap, and compares no bytes there', () => {
    const other = rowsAt(atNs + 1n, 2).map((row) => ({ ...row, line: `other ${row.line}` }))
    const pushes = [pushOf(rows, { checksum: 1 }), pushOf(other, { id: 2, checksum: 2 })]
    const shown = [...rows, ...other].sort((left, right) => Number(left.atNs - right.atNs))
    expect(findingOf(pushes, shown)).toMatchObject({ ...allThere, pushes: 2, rows: 5 })
    expect(findingOf(pushes, rows)).toMatchObject({ missing: 2 })
  })
})

describe('rows that Loki may not show yet', () => {
  const missingOf = (ageMinutes: number, deliveredMinutesAgo: number) => {
    const rows = rowsAt(nsOf(nowMs - ageMinutes * minuteMs), 2)
    const { missing, notShown } = findingOf(
      [pushOf(rows, { atMs: nowMs - deliveredMinutesAgo * minuteMs })],
      [],
    )
    return { missing, notShown }
  }

  it('are older than 150 minutes and were delivered within 35', () => {
    expect(missingOf(151, 34)).toEqual({ missing: 0, notShown: 2 })
  })

  it('are missing at 150 minutes, or where Loki had 35 minutes to flush them', () => {
    expect(missingOf(150, 34)).toEqual({ missing: 2, notShown: 0 })
    expect(missingOf(151, 35)).toEqual({ missing: 2, notShown: 0 })
  })
})
