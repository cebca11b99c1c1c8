import { afterEach, describe, expect, it } from 'vitest'
import { sameSignalMs, stopOnSignal } from '../../src/kit/stop-signal.ts'

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

afterEach(() => {
  for (const name of names) process.removeAllListeners(name)
})

function start() {
  let nowMs = 1_000
  let ends = 0
  const stop = stopOnSignal({ nowMs: () => nowMs, end: () => (ends += 1) })
  const send = (name: NodeJS.Signals, afterMs: number) => {
    nowMs += afterMs
    process.emit(name)
  }
  return { stop, send, ends: () => ends }
}

describe('a signal', () => {
  it.each(names)('%s asks for a clean stop', async (name) => {
    const { stop, send, ends } = start()
    expect(stop.signal.aborted).toBe(false)
    send(name, 0)
    await stop.asked
    expect([stop.signal.aborted, stop.cause(), ends()]).toEqual([true, name, 0])
  })

  it('that comes again within 100 ms is the same, as from npm at Ctrl+C', () => {
    const { stop, send, ends } = start()
    send('SIGINT', 0)
    send('SIGTERM', sameSignalMs)
    expect([stop.cause(), ends()]).toEqual(['SIGINT', 0])
  })

  it('that comes later ends at once', () => {
    const { send, ends } = start()
    send('SIGINT', 0)
    send('SIGINT', sameSignalMs + 1)
    expect(ends()).toBe(1)
  })
})
