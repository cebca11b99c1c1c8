// Rows whose first push had no answer, and whose retry a real Loki refuses as too far behind, because another
// writer of the same labels was faster: each is in Loki once, or a dead letter that says that nobody knows.

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { sinkFor } from '../contract/sink-subject.ts'
import { DeliveryLine } from '../support/delivery-line.ts'
import { linesFrom, pushOf } from '../support/entries.ts'
import { Gateway, type GatewayDeed } from '../support/gateway.ts'
import { LokiServer } from '../support/servers/loki.ts'

const minuteNs = 60_000_000_000n
/** A next try that comes later than the row of the other writer. */
const later: GatewayDeed = { kind: 'answer', status: 503, headers: { 'retry-after': '2' } }

describe('a row that may be stored, and is refused as too far behind', () => {
  const place: { loki?: LokiServer } = {}
  beforeAll(async () => {
    place.loki = await LokiServer.start({})
  })
  afterAll(() => place.loki?.remove())

  it('D-22: is delivered where Loki has it', async () => {
    const { line, rows } = await refusedRow('stored', { ageMinutes: 70n, first: { kind: 'store and reset' } })
    expect(await rows()).toEqual(['row as it was sent'])
    expect(line.deadLetters()).toEqual([])
  })

  it('D-22: gets a new time where Loki has it not', async () => {
    const { line, rows } = await refusedRow('absent', { ageMinutes: 70n, first: later })
    expect(await rows()).toEqual(['row with another time'])
    expect(line.deadLetters()).toEqual([])
  })

  it('D-22: is a dead letter where it is so old that Loki may not show it', async () => {
    const { line, rows } = await refusedRow('old', { ageMinutes: 150n, first: later })
    expect(await rows()).toEqual([])
    expect(line.deadLetters()).toEqual(['too_far_behind: row'])
    expect(line.spool.deadLetters(1)[0]?.said).toMatch(/^It may be stored already/)
  })

  /** A row's way from its first push, which meets `first`, to its end. */
  async function refusedRow(job: string, { ageMinutes, first }: { ageMinutes: bigint; first: GatewayDeed }) {
    const loki = place.loki
    if (loki === undefined) throw new Error('Loki has not been started')
    const gateway = await Gateway.start(loki.baseUrl)
    onTestFinished(() => gateway.stop())
    gateway.next(first, later)
    const line = new DeliveryLine(gateway.baseUrl)
    const atNs = BigInt(Date.now()) * 1_000_000n
    line.add(job, linesFrom(atNs - ageMinutes * minuteNs, ['row']))
    await line.pushed((push) => push.job === job, 'the first push to fail')
    await pushOfOther(loki, job, atNs)
    await line.drained()
    expect(line.outcomes(job)).toContain('refused: loki_refused_entries')
    const rows = async (): Promise<string[]> => {
      const found = await loki.query(`{job="${job}"} != "other"`)
      return found.map(({ line, metadata }) => {
        return `${line} ${'ts_original' in metadata ? 'with another time' : 'as it was sent'}`
      })
    }
    return { line, rows }
  }

  async function pushOfOther(loki: LokiServer, job: string, atNs: bigint): Promise<void> {
    const sink = sinkFor(loki.baseUrl, {})
    onTestFinished(() => sink.close())
    const { outcome } = await sink.push(
      pushOf({ job }, linesFrom(atNs, ['other'])),
      AbortSignal.timeout(5_000),
    )
    expect(outcome).toEqual({ kind: 'delivered' })
  }
})
