// A worker asks the sink through the shipper which of its entries are stored.

import { expect, it } from 'vitest'
import { shipperBench } from './shipper-bench.ts'

const known = { kind: 'known', stored: [0], absent: [] } as const

it('D-22: a question goes to the sink in the slot of a push, and its answer to who asked', async () => {
  const { clock, sink, worker, sent } = shipperBench()
  sink.lookup = known
  const asking = worker('a')
  asking.isAsking = true
  asking.add(100)
  await clock.advance(9)
  expect([sink.lookups, asking.lookups, sent()]).toEqual([['a'], [], []])
  await clock.advance(1)
  expect([asking.lookups, sent()]).toEqual([[known], ['a']])
})

it('D-11: questions and pushes are at most 4 at a time', async () => {
  const { clock, sink, worker, sent } = shipperBench()
  for (const name of ['a', 'b', 'c', 'd']) {
    const asking = worker(name)
    asking.isAsking = true
    asking.add(100)
  }
  worker('e', 100)
  await clock.advance(9)
  expect([sink.lookups.length, sent()]).toEqual([4, []])
  await clock.advance(1)
  expect(sent()).toContain('e')
})

it('D-19: the answer to a question of a worker that has ended reaches nobody', async () => {
  const { clock, worker } = shipperBench()
  const asking = worker('a')
  asking.isAsking = true
  asking.add(100)
  await asking.seat.leave()
  await clock.advance(10)
  expect(asking.lookups).toEqual([])
})

it('a sink that cannot be asked leaves it unknown', async () => {
  const { clock, sink, worker } = shipperBench()
  Object.defineProperty(sink, 'lookUp', { value: undefined })
  const asking = worker('a')
  asking.isAsking = true
  asking.add(100)
  await clock.advance(0)
  expect(asking.lookups).toEqual([{ kind: 'unknown' }])
})
