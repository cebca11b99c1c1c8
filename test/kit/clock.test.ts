import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/kit/clock.ts'

const never = new AbortController().signal

describe("the system's clock", () => {
  it('tells ns within the millisecond that it tells in ms', () => {
    for (let count = 0; count < 10_000; count += 1) {
      const beforeMs = systemClock.nowMs()
      const ms = Number(systemClock.nowNs() / 1_000_000n)
      expect(ms).toBeGreaterThanOrEqual(beforeMs)
      expect(ms).toBeLessThanOrEqual(systemClock.nowMs())
    }
  })

  it('tells moments within a millisecond apart', () => {
    const seen = new Set<bigint>()
    for (let count = 0; count < 1_000; count += 1) seen.add(systemClock.nowNs() % 1_000_000n)
    expect(seen.size).toBeGreaterThan(100)
  })

  it('has a monotonic side that never goes back', () => {
    const first = systemClock.monotonicMs()
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(first)
  })
})

describe('its sleep', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('ends after its time', async () => {
    vi.useFakeTimers()
    const ended = vi.fn<() => void>()
    const sleep = systemClock.sleep(1_000, never).then(ended)
    await vi.advanceTimersByTimeAsync(999)
    expect(ended).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    await sleep
    expect(ended).toHaveBeenCalledOnce()
  })

  it('may be longer than a timer can wait', async () => {
    vi.useFakeTimers()
    const ended = vi.fn<() => void>()
    const thirtyDaysMs = 30 * 86_400_000
    const sleep = systemClock.sleep(thirtyDaysMs, never).then(ended)
    await vi.advanceTimersByTimeAsync(thirtyDaysMs - 1)
    expect(ended).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    await sleep
    expect(ended).toHaveBeenCalledOnce()
  })

  it('ends at once with the reason of its signal, and leaves no timer', async () => {
    vi.useFakeTimers()
    const stop = new AbortController()
    const sleep = systemClock.sleep(1_000, stop.signal)
    stop.abort(new Error('stopping'))
    await expect(sleep).rejects.toThrow('stopping')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not begin where its signal is aborted already', async () => {
    await expect(systemClock.sleep(1_000, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
  })
})
