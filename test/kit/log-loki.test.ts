import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import winston from 'winston'
import WinstonLoki from 'winston-loki'
import { createLog } from '../../src/kit/log.ts'
import { Gate } from '../../src/kit/log-gate.ts'
import { openLogLoki } from '../../src/kit/log-loki.ts'
import { startConnectProxy } from '../support/connect-proxy.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type LokiReceiver, startLokiReceiver } from './loki-receiver.ts'

let receiver: LokiReceiver
beforeEach(async () => {
  receiver = await startLokiReceiver()
})
afterEach(() => receiver.close())

/** winston-loki sends once a second. */
const patience = { timeout: 4_000 }

function setUp(maxWaitingBytes: number) {
  const clock = new FakeClock()
  const settings = { url: receiver.url, labels: { host: 'db1' } }
  const gate = new Gate({ clock, maxWaitingBytes, restMs: 60_000, name: 'Loki' }, (events) =>
    openLogLoki({ winston, WinstonLoki }, settings, events),
  )
  return { clock, gate }
}

const lineOf = (index: number) =>
  `${JSON.stringify({ level: 'info', time: '2026-01-02T03:04:05.067Z', msg: `line ${index}.` })}\n`

describe('the log in Loki', () => {
  it('goes through the proxy that Loki is reached by', async () => {
    const proxy = await startConnectProxy()
    const toLoki = { url: receiver.url, labels: {}, proxy: { HTTP_PROXY: proxy.url } }
    const log = await createLog({ level: 'info', format: 'auto', toLoki }, { terminal: new PassThrough() })
    log.write({ atMs: 0, level: 'info', event: 'service.ready', message: 'ready', fields: {} })
    await vi.waitFor(() => expect(log.counts().loki).toMatchObject({ taken: 1 }), patience)
    await log.close()
    expect(proxy.asked).toEqual([`POST ${receiver.url}/loki/api/v1/push`])
  })

  it('arrives under its labels, tenant and login, as JSON lines at their time', async () => {
    const toLoki = {
      url: `${receiver.url}/loki/api/v1/push`,
      tenant: 'ops',
      user: 'jürgen',
      password: 'pä:ss',
      labels: { host: 'db1' },
    }
    const log = await createLog({ level: 'info', format: 'auto', toLoki }, { terminal: new PassThrough() })
    const atMs = Date.UTC(2026, 0, 2, 3, 4, 5, 67)
    log.write({
      atMs,
      level: 'warn',
      metric: 'show_locks',
      event: 'run.failed',
      message: 'failed',
      fields: {},
    })
    await vi.waitFor(() => expect(log.counts().loki).toMatchObject({ taken: 1, waitingLines: 0 }), patience)
    await log.close()
    expect(receiver.pushes).toHaveLength(1)
    expect(receiver.pushes[0]).toMatchObject({
      path: '/loki/api/v1/push',
      headers: {
        'x-scope-orgid': 'ops',
        authorization: `Basic ${Buffer.from('jürgen:pä:ss').toString('base64')}`,
      },
    })
    const body = receiver.pushes[0]?.body ?? ''
    expect(body).toContain('{level="warn",job="rowtail_log",host="db1"}')
    expect(body).toContain(
      '{"level":"warn","time":"2026-01-02T03:04:05.067Z",' +
        '"metric":"show_locks","event":"run.failed","msg":"failed"}',
    )
  })

  it('sends what waits when it is closed', async () => {
    const { gate } = setUp(10_000)
    gate.write(lineOf(1))
    await gate.close(AbortSignal.timeout(3_000))
    expect(receiver.pushes.map(({ body }) => body).join('')).toContain('line 1.')
  })

  it('that refuses a batch does not get it for ever, and hears how many lines are missing', async () => {
    const { clock, gate } = setUp(10_000)
    receiver.answer = 400
    gate.write(lineOf(1))
    await vi.waitFor(() => expect(gate.counts()).toMatchObject({ leftOut: 1, waitingLines: 0 }), patience)
    for (let index = 2; index <= 1_000; index += 1) gate.write(lineOf(index))
    expect(gate.counts()).toEqual({ waitingLines: 0, waitingBytes: 0, taken: 0, leftOut: 1_000 })

    receiver.answer = 204
    await clock.advance(60_000)
    gate.write(lineOf(1_001))
    await vi.waitFor(() => expect(gate.counts()).toMatchObject({ taken: 2, waitingLines: 0 }), patience)
    const last = receiver.pushes.at(-1)?.body ?? ''
    expect(last).toContain(
      '1,000 log lines missing here, for Loki did not take them: Server returned HTTP 400',
    )
    expect(last).toContain('line 1001.')
    await gate.close(AbortSignal.timeout(1_000))
  })

  it('that fails for now holds no more than the bound in memory', async () => {
    const { gate } = setUp(10_000)
    receiver.answer = 500
    for (let index = 0; index < 10_000; index += 1) gate.write(lineOf(index))
    await vi.waitFor(() => expect(receiver.pushes.length).toBeGreaterThan(0), patience)
    const { waitingLines, waitingBytes, taken, leftOut } = gate.counts()
    expect(taken).toBe(0)
    expect(waitingBytes).toBeGreaterThanOrEqual(10_000)
    expect(waitingBytes).toBeLessThan(10_000 + lineOf(9_999).length)
    expect(waitingLines + leftOut).toBe(10_000)
    await gate.close(AbortSignal.timeout(1_000))
  })

  it('that does not answer does not hold up the end', async () => {
    receiver.answer = 'silence'
    const toLoki = { url: receiver.url, labels: {} }
    const log = await createLog({ level: 'info', format: 'auto', toLoki }, { terminal: new PassThrough() })
    log.write({ atMs: 0, level: 'info', event: 'x', message: 'unheard', fields: {} })
    await vi.waitFor(() => expect(receiver.pushes).toHaveLength(1), patience)
    await log.close() // would wait for the receiver's answer, which never comes
    expect(log.counts().loki).toMatchObject({ taken: 0, waitingLines: 1 })
  })
})
