import { describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../src/core/errors.ts'
import type { FailedFinding, Finding } from '../../src/startup/finding.ts'
import { type Check, waitFor } from '../../src/startup/wait-for.ts'
import { FakeClock } from '../support/fake-clock.ts'

const passed: Finding = { kind: 'passed', detail: 'Here.' }

function unreachable(said = 'Connection refused'): FailedFinding {
  const error: ErrorReport = { code: 'database_unreachable', message: 'No.', said }
  return { kind: 'failed', error, exitCode: 3, isWorthWaiting: true }
}

/** Finds these one after the other, the last one again and again, and counts. */
function checkFinding(...findings: Finding[]): Check & { attempts: number } {
  const check = async () => {
    const finding = findings[Math.min(check.attempts, findings.length - 1)]
    check.attempts += 1
    if (finding === undefined) throw new Error('the test gave no finding')
    return finding
  }
  check.attempts = 0
  return check
}

function start(check: Check, waitMs: number) {
  const clock = new FakeClock()
  const told: string[] = []
  const abort = new AbortController()
  const found = waitFor(check, {
    waitMs,
    clock,
    signal: abort.signal,
    random: () => 0.999_999,
    onWaiting: (error, leftMs) => told.push(`${error.said}, ${leftMs} ms left`),
  })
  return { clock, told, abort, found }
}

describe('waiting for a startup check', () => {
  it('asks once and tells nothing where the check passes', async () => {
    const check = checkFinding(passed)
    const { found, told } = start(check, 30_000)
    expect(await found).toEqual(passed)
    expect({ attempts: check.attempts, told }).toEqual({ attempts: 1, told: [] })
  })

  it('asks again, at growing intervals, until the check passes', async () => {
    const check = checkFinding(unreachable(), unreachable(), unreachable(), passed)
    const { clock, found } = start(check, 30_000)
    await clock.advance(30_000)
    expect(await found).toEqual(passed)
    expect(clock.sleepsAskedMs.map((ms) => Math.round(ms))).toEqual([500, 1_000, 2_000])
  })

  it('never waits longer than 5 s between two attempts', async () => {
    const { clock, abort, found } = start(checkFinding(unreachable()), 120_000)
    await clock.advance(60_000)
    expect(Math.max(...clock.sleepsAskedMs)).toBeLessThanOrEqual(5_000)
    expect(Math.max(...clock.sleepsAskedMs)).toBeGreaterThan(4_999)
    abort.abort(new Error('enough'))
    await expect(found).rejects.toThrow('enough')
  })

  it('gives up at the end of the wait, not before, with a last attempt there', async () => {
    const check = checkFinding(unreachable())
    const { clock, found } = start(check, 10_000)
    let isSettled = false
    void found.finally(() => {
      isSettled = true
    })
    await clock.advance(9_999)
    expect(isSettled).toBe(false)
    const attemptsBefore = check.attempts
    await clock.advance(1)
    expect(await found).toEqual(unreachable())
    expect(check.attempts).toBe(attemptsBefore + 1)
  })

  it('makes a single attempt where the wait is 0', async () => {
    const check = checkFinding(unreachable())
    const { found, told } = start(check, 0)
    expect(await found).toEqual(unreachable())
    expect({ attempts: check.attempts, told }).toEqual({ attempts: 1, told: [] })
  })

  it('does not wait for what a person must mend', async () => {
    const refused: Finding = { ...unreachable(), isWorthWaiting: false }
    const check = checkFinding(unreachable(), refused, passed)
    const { clock, found } = start(check, 30_000)
    await clock.advance(500)
    expect(await found).toEqual(refused)
  })

  it('tells each different reason once, with the time that is left', async () => {
    const check = checkFinding(
      unreachable(),
      unreachable(),
      unreachable('starting up'),
      unreachable(),
      passed,
    )
    const { clock, told, found } = start(check, 30_000)
    await clock.advance(30_000)
    await found
    expect(told).toEqual([
      'Connection refused, 30000 ms left',
      expect.stringMatching(/^starting up, 28500\.\d+ ms left$/),
    ])
  })

  it('ends at once, with the reason, when the process is told to stop', async () => {
    const { abort, clock, found } = start(checkFinding(unreachable()), 30_000)
    await clock.advance(0)
    abort.abort(new Error('SIGTERM'))
    await expect(found).rejects.toThrow('SIGTERM')
    expect(clock.sleepers).toBe(0)
  })

  it('does not wait for a check that hangs when it is to end', async () => {
    const { abort, found } = start(() => new Promise(() => undefined), 30_000)
    abort.abort(new Error('SIGTERM'))
    await expect(found).rejects.toThrow('SIGTERM')
  })
})
