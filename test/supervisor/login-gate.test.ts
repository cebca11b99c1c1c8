import { describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../src/core/errors.ts'
import { LoginGate } from '../../src/supervisor/login-gate.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { reportOfCode } from '../support/scripted-source.ts'

const refused = reportOfCode('login_refused')
const minuteMs = 60_000

/** A gate whose probes are answered by the script, the last answer for ever. */
function gateWith(answers: readonly (ErrorReport | undefined)[], random = 1, lastsMs = 0) {
  const clock = new FakeClock()
  const probesMs: number[] = []
  const told: string[] = []
  const left = [...answers]
  const gate = new LoginGate({
    clock,
    random: () => random,
    probe: async () => {
      probesMs.push(clock.monotonicMs())
      if (lastsMs > 0) await clock.sleep(lastsMs, new AbortController().signal)
      return left.length > 1 ? left.shift() : left[0]
    },
    onRefused: (error, probeMs) => told.push(`${error.code} ${probeMs / minuteMs}`),
    onAccepted: () => told.push('accepted'),
  })
  return { clock, gate, probesMs, told }
}

describe('the login gate', () => {
  it('is open until a login is refused', () => {
    expect(gateWith([refused]).gate.isOpen).toBe(true)
  })

  it('S-10: probes after 1 minute, doubling to 15', async () => {
    const { clock, gate, probesMs } = gateWith([refused])
    gate.refused(refused)
    await clock.advance(62 * minuteMs)
    expect(probesMs.map((ms) => ms / minuteMs)).toEqual([1, 3, 7, 15, 30, 45, 60])
  })

  it('S-10: is never probed sooner than a minute after the last try, whatever the jitter', async () => {
    const { clock, gate, probesMs } = gateWith([refused], 0)
    gate.refused(refused)
    await clock.advance(30 * minuteMs)
    expect(probesMs.map((ms) => ms / minuteMs)).toEqual([1, 2, 4, 8, 15.5, 23])
  })

  it('S-10: sends one probe, however many workers are refused meanwhile', async () => {
    const { clock, gate, probesMs, told } = gateWith([refused])
    for (let worker = 0; worker < 50; worker += 1) gate.refused(refused)
    await clock.advance(minuteMs)
    gate.refused(refused)
    await clock.advance(minuteMs)
    expect(probesMs).toHaveLength(1)
    expect(told).toEqual(['login_refused 1', 'login_refused 2'])
  })

  it.each(['database_unreachable', 'host_unavailable', 'query_timeout', 'internal'] as const)(
    'S-10: stays closed where a probe fails otherwise: %s',
    async (code) => {
      const { clock, gate, told } = gateWith([reportOfCode(code)])
      gate.refused(refused)
      await clock.advance(4 * minuteMs)
      expect(gate.isOpen).toBe(false)
      expect(told).toEqual(['login_refused 1', `${code} 2`, `${code} 4`])
    },
  )

  it('S-10: opens with the first login that works, and tells so once', async () => {
    const { clock, gate, told } = gateWith([refused, undefined])
    gate.refused(refused)
    await clock.advance(60 * minuteMs)
    expect(gate.isOpen).toBe(true)
    expect(told).toEqual(['login_refused 1', 'login_refused 2', 'accepted'])
  })

  it('S-10: begins anew with the next refusal', async () => {
    const { clock, gate, probesMs } = gateWith([undefined])
    gate.refused(refused)
    await clock.advance(10 * minuteMs)
    gate.refused(refused)
    await clock.advance(10 * minuteMs)
    expect(probesMs.map((ms) => ms / minuteMs)).toEqual([1, 11])
  })

  it('ends its probes when it is stopped, also during one', async () => {
    const waiting = gateWith([refused])
    waiting.gate.refused(refused)
    await waiting.clock.advance(1)
    waiting.gate.stop()
    await waiting.clock.advance(60 * minuteMs)
    expect(waiting.probesMs).toEqual([])

    const during = gateWith([undefined], 1, 1_000)
    during.gate.refused(refused)
    await during.clock.advance(minuteMs + 1)
    during.gate.stop()
    await during.clock.advance(minuteMs)
    expect(during.told).toEqual(['login_refused 1'])
    expect(during.clock.sleepers).toBe(0)
  })
})
