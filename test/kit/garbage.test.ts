// What nobody holds is gone after a collection, which comes by itself, in its thread's turn.

import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { collectGarbageRegularly } from '../../src/kit/garbage.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] }))
afterEach(() => void vi.useRealTimers())

/** Of an object that nobody holds; V8 keeps it until the end of the turn. */
async function droppedObject(): Promise<WeakRef<object>> {
  const dropped = new WeakRef({})
  await setImmediate()
  return dropped
}

it('garbage goes every 5 minutes, at the place that a thread has within them', async () => {
  collectGarbageRegularly(0.5)
  const first = await droppedObject()
  vi.advanceTimersByTime(150_000)
  expect(first.deref()).toBeUndefined()
  const second = await droppedObject()
  vi.advanceTimersByTime(300_000)
  expect(second.deref()).toBeUndefined()
})
