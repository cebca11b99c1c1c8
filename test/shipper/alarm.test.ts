// When the shipper is woken.

import { expect, it } from 'vitest'
import { Alarm } from '../../src/shipper/alarm.ts'
import { FakeClock } from '../support/fake-clock.ts'

function alarmBench() {
  const clock = new FakeClock()
  const rungMs: number[] = []
  const alarm = new Alarm(clock, () => rungMs.push(clock.monotonicMs()))
  return { clock, rungMs, alarm }
}

it('an alarm rings once, at the time that was set last', async () => {
  const { clock, rungMs, alarm } = alarmBench()
  alarm.set(500)
  alarm.set(200)
  alarm.set(300)
  await clock.advance(1_000)
  expect(rungMs).toEqual([300])
})

it('an alarm that is set to the same time sleeps on, and rings again if set so later', async () => {
  const { clock, rungMs, alarm } = alarmBench()
  alarm.set(300)
  alarm.set(300)
  expect(clock.sleepsAskedMs).toEqual([300])
  await clock.advance(300)
  alarm.set(300)
  await clock.advance(0)
  expect(rungMs).toEqual([300, 300])
})

it('an alarm that is taken back does not ring', async () => {
  const { clock, rungMs, alarm } = alarmBench()
  alarm.set(300)
  alarm.set(undefined)
  await clock.advance(1_000)
  expect([rungMs, clock.sleepers]).toEqual([[], 0])
})
