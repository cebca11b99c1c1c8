// A stream's pace, whatever it is asked to send: what Loki may count of it in a second.

import { expect, it } from 'vitest'
import { defaultStreamRate } from '../../src/shipper/pace.ts'
import { StreamPace } from '../../src/shipper/stream-pace.ts'
import { maxChunkBytes } from '../../src/spool/types.ts'
import { seededRandom } from '../spool/support/seeded-random.ts'

type Sent = { readonly atMs: number; readonly bytes: number }

it.each(Array.from({ length: 50 }, (_, index) => index))(
  'D-13: no second has more than the pace and the push behind it (seed %i)',
  (seed) => {
    const sent = sentAtRandom(seed)
    const most = Math.max(...sent.map(({ atMs }) => bytesIn(sent, atMs)))
    expect(most).toBeLessThanOrEqual(defaultStreamRate + maxChunkBytes)
    expect(sent.filter(({ atMs }, index) => atMs - (sent[index - 1]?.atMs ?? 0) < 20).length).toBeGreaterThan(
      5,
    )
  },
)

/** Runs of up to two megabytes, a moment or some seconds apart, each sent as soon as the pace lets it. */
function sentAtRandom(seed: number): Sent[] {
  const random = seededRandom(seed)
  const pace = new StreamPace(defaultStreamRate)
  const sent: Sent[] = []
  let nowMs = 5_000
  for (let run = 0; run < 100; run += 1) {
    nowMs += random.between(0, random.chance(0.5) ? 300 : 3_000)
    for (let bytes = random.between(1, 2_000_000); bytes > 0; ) {
      nowMs = Math.max(nowMs + random.between(1, 15), pace.nextMs)
      const push = Math.min(bytes, random.chance(0.3) ? random.between(1, maxChunkBytes) : maxChunkBytes)
      pace.sent(nowMs, push)
      sent.push({ atMs: nowMs, bytes: push })
      bytes -= push
    }
  }
  return sent
}

/** Of the second that begins then. */
function bytesIn(sent: readonly Sent[], fromMs: number): number {
  const within = sent.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + 1_000)
  return within.reduce((sum, { bytes }) => sum + bytes, 0)
}
