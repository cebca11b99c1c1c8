// A real Loki with its default limits, and entries that it may refuse: for their time, their length, their
// metadata. Whatever it is, every row is stored once, with its own time or a new one, or is a dead letter
// with its reason.

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { DeliveryLine } from '../support/delivery-line.ts'
import { linesFrom } from '../support/entries.ts'
import { Gateway } from '../support/gateway.ts'
import { LokiServer } from '../support/servers/loki.ts'
import type { LokiEntry } from '../support/servers/loki-client.ts'

let loki: LokiServer
beforeAll(async () => {
  loki = await LokiServer.start()
})
afterAll(() => loki.remove())

const minuteNs = 60_000_000_000n
const hourNs = 60n * minuteNs
const dayNs = 24n * hourNs

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n
}

/** All that Loki holds of a job, also what it would not show before it has flushed. */
async function storedOf(job: string): Promise<LokiEntry[]> {
  await fetch(`${loki.baseUrl}/flush`, { method: 'POST' })
  return loki.query(`{job="${job}"}`, { startNs: nowNs() - 6n * dayNs })
}

async function linesOf(job: string): Promise<string[]> {
  return (await storedOf(job)).map(({ line }) => line)
}

function numbered(count: number, word = 'row'): string[] {
  return Array.from({ length: count }, (_, index) => `${word} ${index}`)
}

describe('entries that Loki refuses', () => {
  it('D-5: are dead letters, each with its reason, also where Loki only counts them', async () => {
    const line = new DeliveryLine(loki.baseUrl)
    const tooLong = 'x'.repeat(262_145)
    const tooMany = Array.from({ length: 129 }, (_, index) => [`name${index}`, 'v'] as const)
    const texts = numbered(40)
    const lines = linesFrom(nowNs(), texts).map((one, index) => {
      if (index % 17 === 3) return { ...one, line: `${index} ${tooLong}`.slice(0, 262_145) }
      return index % 19 === 5 ? { ...one, metadata: tooMany } : one
    })
    line.add('refused', lines)
    await line.drained()
    expect(line.deadLetters()).toEqual([
      'too_long: 3 xxxxxxxxxxxxxxxxxx',
      'metadata: row 5',
      'too_long: 20 xxxxxxxxxxxxxxxxx',
      'metadata: row 24',
      'too_long: 37 xxxxxxxxxxxxxxxxx',
    ])
    const good = texts.filter((_, index) => index % 17 !== 3 && index % 19 !== 5)
    expect(await linesOf('refused')).toEqual(good)
  })

  it('D-5: older than 7 days are dead letters, and what is younger is stored behind them', async () => {
    const line = new DeliveryLine(loki.baseUrl)
    line.add('week', linesFrom(nowNs() - 7n * dayNs - hourNs, numbered(50, 'old')))
    line.add('week', linesFrom(nowNs() - 2n * hourNs, numbered(50, 'young')))
    await line.drained()
    expect(line.deadLetters()).toEqual(numbered(50, 'old').map((text) => `too_old: ${text}`))
    expect(await linesOf('week')).toEqual(numbered(50, 'young'))
    expect(line.outcomes()).toEqual(['refused: loki_too_old', 'delivered'])
  })
})

describe('a backlog of hours', () => {
  it('D-1: goes oldest first, what is live behind it, and nothing is too far behind', async () => {
    const line = new DeliveryLine(loki.baseUrl)
    const startNs = nowNs() - 5n * hourNs
    const texts = numbered(301)
    for (const [minute, text] of texts.entries()) {
      const atNs = minute === 300 ? nowNs() : startNs + BigInt(minute) * minuteNs
      line.add('hours', [{ atNs, line: text }])
    }
    await line.drained()
    expect(line.pushes.flatMap(({ lines }) => lines)).toEqual(texts)
    expect(new Set(line.outcomes())).toEqual(new Set(['delivered']))
    expect(await linesOf('hours')).toEqual(texts)
  })

  it('D-1: has each of its pushes sent again where its answer was lost, and is stored once', async () => {
    const gateway = await Gateway.start(loki.baseUrl)
    onTestFinished(() => gateway.stop())
    const line = new DeliveryLine(gateway.baseUrl)
    gateway.next(...Array.from({ length: 6 }, () => ({ kind: 'store and reset' }) as const))
    const texts = numbered(61)
    const startNs = nowNs() - 3n * hourNs
    for (const [index, text] of texts.entries()) {
      line.add('again', [{ atNs: startNs + BigInt(index) * 3n * minuteNs, line: text }])
    }
    await line.drained()
    expect(gateway.unanswered).toBe(6)
    expect(new Set(line.outcomes())).toEqual(new Set(['retry: loki_unreachable', 'delivered']))
    expect(await linesOf('again')).toEqual(texts)
  })
})

describe('a clock that was wrong', () => {
  it('D-6: by two hours ahead: the rows get a new time, keep the first, and are stored once', async () => {
    const line = new DeliveryLine(loki.baseUrl)
    const aheadNs = nowNs() + 2n * hourNs
    const startNs = nowNs()
    line.add('ahead', linesFrom(startNs, ['before']))
    line.add('ahead', linesFrom(aheadNs, numbered(20)))
    line.add('ahead', linesFrom(nowNs(), ['after']))
    await line.drained()
    const stored = await storedOf('ahead')
    expect(stored.map((entry) => entry.line).sort()).toEqual(['after', 'before', ...numbered(20)].sort())
    const restamped = stored.filter(({ metadata }) => metadata['ts_original'] !== undefined)
    expect(restamped.map((entry) => [entry.line, entry.metadata['ts_original']])).toEqual(
      numbered(20).map((text, index) => [text, String(aheadNs + BigInt(index))]),
    )
    expect(BigInt(restamped.at(-1)?.atNs ?? 0)).toBeLessThan(nowNs() + minuteNs)
    expect(line.deadLetters()).toEqual([])
  })

  it('D-6: by two hours behind: the rows get a new time, keep the first, and are stored once', async () => {
    const line = new DeliveryLine(loki.baseUrl)
    const behindNs = nowNs() - 2n * hourNs
    line.add('behind', linesFrom(nowNs(), ['before']))
    line.add('behind', linesFrom(behindNs, numbered(20)))
    await line.drained()
    const stored = await storedOf('behind')
    expect(stored.map((entry) => [entry.line, entry.metadata['ts_original']])).toEqual([
      ['before', undefined],
      ...numbered(20).map((text, index) => [text, String(behindNs + BigInt(index))]),
    ])
    expect(line.deadLetters()).toEqual([])
    expect(line.types()).toContain('push.restamped')
  })
})

describe('a Loki that is killed', () => {
  it('D-18: gets nothing of a heavy stream until its replay is forgotten; light ones at once', async () => {
    const line = new DeliveryLine(loki.baseUrl)
    line.add(
      'heavy',
      linesFrom(
        nowNs(),
        numbered(160).map((text) => text.padEnd(10_000, '.')),
      ),
    )
    await line.drained()
    await loki.kill()
    line.add('heavy', linesFrom(nowNs(), ['after']))
    line.add('light', linesFrom(nowNs(), ['after']))
    // Of either: where the light stream meets it first, the heavy one is held without a try.
    await line.pushed(({ outcome }) => outcome.kind === 'retry', 'the loss of Loki')
    await loki.start()
    const readyMs = performance.now()
    await line.drained()
    const [light, heavy] = ['light', 'heavy'].map((job) => line.of(job).at(-1))
    expect(light?.outcome.kind).toBe('delivered')
    expect((heavy?.sentMs ?? 0) - readyMs).toBeGreaterThan(18_000)
    expect(light?.sentMs).toBeLessThan(heavy?.sentMs ?? 0)
    const words = (await linesOf('heavy')).map((text) => text.replace(/\.+$/, ''))
    expect(words).toEqual([...numbered(160), 'after'])
    expect(await linesOf('light')).toEqual(['after'])
  })
})
