import { describe, expect, it } from 'vitest'
import { FakeClock } from './fake-clock.ts'

const signal = new AbortController().signal

/** Sleeps for each of these in turn and notes when it woke. */
async function sleepAll(clock: FakeClock, sleepsMs: readonly number[], woken: number[]): Promise<void> {
  for (const ms of sleepsMs) {
    await clock.sleep(ms, signal)
    woken.push(clock.monotonicMs())
  }
}

describe('FakeClock', () => {
  it('wakes a sleeper when it is due and not a millisecond earlier', async () => {
    const clock = new FakeClock()
    const woken: number[] = []
    void sleepAll(clock, [1_000], woken)
    await clock.advance(999)
    expect(woken).toEqual([])
    await clock.advance(1)
    expect(woken).toEqual([1_000])
  })

  it('plays a chain of sleeps in one advance, each at its own time', async () => {
    const clock = new FakeClock()
    const woken: number[] = []
    void sleepAll(clock, [300, 400, 500], woken)
    await clock.advance(1_000)
    expect(woken).toEqual([300, 700])
    expect(clock.sleepers).toBe(1)
  })

  it('moves both clocks, and the wall clock alone when it steps', async () => {
    const clock = new FakeClock(1_000)
    await clock.advance(500)
    clock.stepWall(-200)
    expect([clock.nowMs(), clock.nowNs(), clock.monotonicMs()]).toEqual([1_300, 1_300_000_000n, 500])
  })

  it('rejects a sleep with the reason of its signal, before and during it', async () => {
    const clock = new FakeClock()
    const abort = new AbortController()
    const during = clock.sleep(1_000, abort.signal)
    abort.abort(new Error('stop'))
    await expect(during).rejects.toThrow('stop')
    await expect(clock.sleep(1, abort.signal)).rejects.toThrow('stop')
    expect(clock.sleepers).toBe(0)
  })

  it('goes straight to the next sleeper and tells how long that took', async () => {
    const clock = new FakeClock()
    const woken: number[] = []
    void sleepAll(clock, [250, 10], woken)
    expect(await clock.advanceToNextSleeper()).toBe(250)
    expect(woken).toEqual([250])
  })
})
