// The whole way from spools to a sink that fails at random: shipper, delivery loops, settling, real spools,
// workers that die and come back. At the end each row is in the sink once, or a dead letter; a failure
// names its seed.

import { expect, it, onTestFinished, vi } from 'vitest'
import { Shipper } from '../../src/shipper/shipper.ts'
import { type SeededRandom, seededRandom } from '../spool/support/seeded-random.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { ModelSink } from './model-sink.ts'
import { ModelWorker } from './model-worker.ts'

vi.setConfig({ testTimeout: 60_000 })

const hourMs = 3_600_000

function rowsOf(random: SeededRandom, run: number): string[] {
  return Array.from({ length: random.between(1, 12) }, (_, index) => {
    const word = random.chance(0.08) ? 'bad' : 'good'
    return `${word} ${run}-${index} ${'x'.repeat(random.chance(0.1) ? 30_000 : 20)}`
  })
}

it.each([1, 2, 3, 4, 5, 6])('every row arrives once whatever happens on its way: seed %d', async (seed) => {
  const random = seededRandom(seed)
  const clock = new FakeClock()
  const sink = new ModelSink(clock, random)
  const shipper = new Shipper({ sink, clock, random: () => random.fraction(), emit: () => undefined })
  onTestFinished(() => shipper.stop())
  const workers = ['{job="a"}', '{job="b"}', '{job="c"}'].map(
    (labels) => new ModelWorker(labels, shipper, clock),
  )
  for (let run = 0; run < 60; run += 1) {
    for (const worker of workers) {
      if (random.chance(0.7)) worker.add(rowsOf(random, run))
      if (random.chance(0.05)) await worker.restart()
    }
    await clock.advance(random.between(1, 5_000))
  }
  sink.isFailing = false
  await clock.advance(hourMs)

  for (const { labels, goodLines, badLines, spool } of workers) {
    const lines = [...(sink.stored.get(labels) ?? [])].map((entry) => entry.slice(entry.indexOf(' ') + 1))
    expect(lines.sort()).toEqual(goodLines.sort())
    expect(spool.depth()).toMatchObject({ rows: 0, deadLetters: badLines })
  }
  expect(sink.collisions).toBe(0)
  expect(sink.pushes).toBeGreaterThan(50)
})
