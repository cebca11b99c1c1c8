import { describe, expect, it } from 'vitest'
import { Gate } from '../../src/worker/gate.ts'

const never = new AbortController().signal

describe('a gate', () => {
  it('is closed at first, and lets all go who wait when it opens', async () => {
    const gate = new Gate()
    const passed = Promise.all([gate.opened(never), gate.opened(never)])
    expect(gate.isOpen).toBe(false)
    gate.open()
    await expect(passed).resolves.toHaveLength(2)
    await expect(gate.opened(never)).resolves.toBeUndefined()
  })

  it('that closes again before they could go keeps them', async () => {
    const gate = new Gate()
    const order: string[] = []
    const passed = gate.opened(never).then(() => order.push('passed'))
    gate.open()
    gate.close()
    await Promise.resolve()
    order.push('opened again')
    gate.open()
    await passed
    expect(order).toEqual(['opened again', 'passed'])
  })

  it('rejects with the reason of a signal, before and while it is waited for', async () => {
    const gate = new Gate()
    const stop = new AbortController()
    const waiting = gate.opened(stop.signal)
    stop.abort(new Error('stop'))
    await expect(waiting).rejects.toThrow('stop')
    await expect(gate.opened(stop.signal)).rejects.toThrow('stop')
  })

  it('that is open lets also those go whose signal is aborted', async () => {
    const gate = new Gate()
    gate.open()
    await expect(gate.opened(AbortSignal.abort())).resolves.toBeUndefined()
  })
})
