import { describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../src/core/errors.ts'
import type { ServiceEvent } from '../../src/core/events.ts'
import type { Finding } from '../../src/startup/finding.ts'
import { runStartupChecks, type StartupCheck } from '../../src/startup/run-startup-checks.ts'
import { FakeClock } from '../support/fake-clock.ts'

const passed: Finding = { kind: 'passed', detail: 'Fine.' }
const report: ErrorReport = { code: 'database_unreachable', message: 'No.', hint: 'Start it.' }
const warned: Finding = { kind: 'warned', error: { code: 'query_failed', message: 'Odd.' } }
const unreachable: Finding = { kind: 'failed', error: report, exitCode: 3, isWorthWaiting: true }
const refused: Finding = {
  kind: 'failed',
  error: { code: 'login_refused', message: 'No.' },
  exitCode: 3,
  isWorthWaiting: false,
}

function named(name: string, finding: Finding, needs?: string): StartupCheck {
  return { name, check: async () => finding, ...(needs === undefined ? {} : { needs }) }
}

type History = { readonly hasDeliveredBefore?: boolean; readonly isStrict?: boolean }

/** Runs them with a wait of 10 s, all of which passes. */
async function run(checks: readonly StartupCheck[], history: History = {}) {
  const clock = new FakeClock()
  const events: ServiceEvent[] = []
  const found = runStartupChecks(checks, {
    emit: (event) => events.push(event),
    clock,
    waitMs: 10_000,
    hasDeliveredBefore: false,
    isStrict: false,
    signal: new AbortController().signal,
    ...history,
  })
  await clock.advance(10_000)
  const told = events.map((event) => ('check' in event ? `${event.type} ${event.check}` : event.type))
  return { failure: await found, events, told, clock }
}

describe('running the startup checks', () => {
  it('runs them in order and tells of each', async () => {
    const { failure, told } = await run([
      named('metrics', passed),
      named('database', warned),
      named('loki', passed),
    ])
    expect(failure).toBeUndefined()
    expect(told).toEqual(['check.passed metrics', 'check.warned database', 'check.passed loki'])
  })

  it('asks the servers side by side, and the one that needs another after that', async () => {
    const asked: string[] = []
    const check = (name: string, needs?: string): StartupCheck => ({
      ...named(name, passed, needs),
      check: async () => {
        asked.push(name)
        await Promise.resolve()
        asked.push(`${name} answered`)
        return passed
      },
    })
    const { told } = await run([check('database'), check('cpu', 'database'), check('loki')])
    expect(asked.slice(0, 2)).toEqual(['database', 'loki'])
    expect(asked.indexOf('cpu')).toBeGreaterThan(asked.indexOf('database answered'))
    expect(told).toEqual(['check.passed database', 'check.passed cpu', 'check.passed loki'])
  })

  it('ends the others where one fails', async () => {
    const ended: unknown[] = []
    const endless: StartupCheck = {
      name: 'loki',
      check: (signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => ended.push(signal.reason), { once: true })
        }),
    }
    const { failure } = await run([named('database', refused), endless])
    expect(failure).toBe(refused)
    expect(ended).toHaveLength(1)
  })

  it('stops at the first that fails and returns what it found', async () => {
    const { failure, told } = await run([named('database', refused), named('loki', passed)])
    expect(failure).toBe(refused)
    expect(told).toEqual(['check.failed database'])
  })

  it('waits for an unreachable server, tells so once, and fails in the end', async () => {
    const { failure, events, told } = await run([named('database', unreachable), named('loki', passed)])
    expect(failure).toBe(unreachable)
    expect(told).toEqual(['check.waiting database', 'check.failed database'])
    expect(events[0]).toMatchObject({ error: report, waitMs: 10_000 })
  })
})

describe('starting where rows have been delivered before', () => {
  it('goes on past an unreachable server at once, with a loud warning that keeps the cure', async () => {
    const checks = [named('database', unreachable), named('loki', passed)]
    const { failure, events, told, clock } = await run(checks, { hasDeliveredBefore: true })
    expect(failure).toBeUndefined()
    expect(told).toEqual(['check.warned database', 'check.passed loki'])
    expect(events[0]).toMatchObject({
      error: { message: 'No.', hint: expect.stringMatching(/^Start it\. ROWTAIL STARTS WITHOUT IT/) },
    })
    expect(clock.sleepsAskedMs).toEqual([])
  })

  it('leaves out the checks that need the server which is not there', async () => {
    const checks = [
      named('database', unreachable),
      named('cpu', refused, 'database'),
      named('queries', refused, 'cpu'),
      named('loki', passed),
    ]
    const { failure, told } = await run(checks, { hasDeliveredBefore: true })
    expect(failure).toBeUndefined()
    expect(told).toEqual(['check.warned database', 'check.passed loki'])
  })

  it('runs them where it is there', async () => {
    const checks = [named('database', passed), named('cpu', passed, 'database')]
    const { told } = await run(checks, { hasDeliveredBefore: true })
    expect(told).toEqual(['check.passed database', 'check.passed cpu'])
  })

  it('still fails where the login is refused', async () => {
    const { failure } = await run([named('database', refused)], { hasDeliveredBefore: true })
    expect(failure).toBe(refused)
  })

  it('waits and fails all the same under --strict_start', async () => {
    const history = { hasDeliveredBefore: true, isStrict: true }
    const { failure, told } = await run([named('database', unreachable)], history)
    expect(failure).toBe(unreachable)
    expect(told).toEqual(['check.waiting database', 'check.failed database'])
  })
})
