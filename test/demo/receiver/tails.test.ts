// The bounds and the ends of the receiver's live tails. What they tell is tried by the sink's contract.

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openReceiver, type Receiver } from '../../../src/demo/receiver/receiver.ts'
import { FakeLoki } from '../../support/fake-loki.ts'
import { Tail } from '../../support/tail.ts'

const query = '{job="x"}'
const nowNs = BigInt(Date.now()) * 1_000_000n
const mebibyte = 1024 * 1024
const patient = { timeout: 10_000 }

async function started(options: Parameters<typeof FakeLoki.start>[0] = {}): Promise<FakeLoki> {
  const loki = await FakeLoki.start(options)
  onTestFinished(() => loki.stop())
  return loki
}

async function push(baseUrl: string, entries: readonly (readonly [bigint, string])[], tenant = 'a') {
  const values = entries.map(([offsetNs, line]) => [String(nowNs + offsetNs), line])
  const body = JSON.stringify({ streams: [{ stream: { job: 'x' }, values }] })
  const headers = { 'content-type': 'application/json', 'x-scope-orgid': tenant }
  const { status } = await fetch(`${baseUrl}/loki/api/v1/push`, { method: 'POST', body, headers })
  expect(status).toBe(204)
}

/** A push of 2 MiB for each of these numbers, in lines of 128 KiB. */
async function pushLarge({ baseUrl }: FakeLoki, numbers: readonly number[]): Promise<void> {
  const text = 'x'.repeat(mebibyte / 8)
  for (const number of numbers) {
    await push(
      baseUrl,
      Array.from({ length: 16 }, (_, line) => [BigInt(number * 16 + line), text]),
    )
  }
}

async function receiverOnDisk(): Promise<Receiver> {
  const directory = mkdtempSync(path.join(tmpdir(), 'rowtail-tails-'))
  const receiver = await openReceiver(path.join(directory, 'loki.sqlite'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return receiver
}

describe('a live tail', () => {
  it('is one of ten at most, until one of them ends', async () => {
    const { baseUrl } = await started()
    const ten = await Promise.all(Array.from({ length: 10 }, () => Tail.open(baseUrl, { query })))
    const eleventh = await Tail.open(baseUrl, { query })
    const reason = 'max concurrent tail requests limit exceeded, count > limit (11 > 10)'
    await expect.poll(() => eleventh.end).toEqual({ code: 1_011, reason })
    expect(ten.map(({ end }) => end)).toEqual(Array<undefined>(10).fill(undefined))
    ten[0]?.socket.close()
    await expect.poll(() => ten[0]?.end).toBeDefined()
    await push(baseUrl, [[0n, 'there']])
    const next = await Tail.open(baseUrl, { query })
    await expect.poll(() => next.lines).toEqual(['there'])
  })

  it('tells each entry once, however often it is pushed', async () => {
    const { baseUrl } = await started()
    const before = [
      [0n, 'old 1'],
      [1n, 'old 2'],
    ] as const
    const after = [
      [2n, 'new 1'],
      [3n, 'new 2'],
      [2n, 'new 1'],
    ] as const
    await push(baseUrl, before)
    const tail = await Tail.open(baseUrl, { query })
    await expect.poll(() => tail.lines).toEqual(['old 1', 'old 2'])
    for (const entries of [after, before, after, [[4n, 'last']] as const]) await push(baseUrl, entries)
    await expect.poll(() => tail.lines).toContain('last')
    expect(tail.lines).toEqual(['old 1', 'old 2', 'new 1', 'new 2', 'last'])
  })

  it('holds entries back for as long as it is told to, so that earlier times come first', async () => {
    const { baseUrl } = await started()
    const tail = await Tail.open(baseUrl, { query, delay_for: '1' })
    await push(baseUrl, [[9n, 'later']])
    await push(baseUrl, [[1n, 'earlier']])
    await expect.poll(() => tail.lines, patient).toEqual(['earlier', 'later'])
    expect(tail.frames).toHaveLength(1)
  })

  it('takes a delay of 5 s and a limit of 1, the largest and the smallest', async () => {
    const { baseUrl } = await started()
    await push(baseUrl, [
      [0n, 'older'],
      [1n, 'newest'],
    ])
    const tail = await Tail.open(baseUrl, { query, delay_for: '5', limit: '1' })
    await expect.poll(() => tail.lines).toEqual(['newest'])
  })

  it.each([
    [{ delay_for: '-1' }, 'delay_for'],
    [{ delay_for: 'x' }, 'delay_for'],
    [{ limit: '1.5' }, 'limit'],
    [{ start: 'yesterday' }, 'yesterday'],
  ])('is refused with %o', async (parameters, words) => {
    const { baseUrl } = await started()
    const asked = new URLSearchParams({ query, ...parameters }).toString()
    const response = await fetch(`${baseUrl}/loki/api/v1/tail?${asked}`)
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(words)])
  })

  it('waits for a client that does not read, and cuts it off when too much waits', async () => {
    const bytes = 100 * mebibyte
    const loki = await started({
      limits: { tenantBurstBytes: bytes, streamBurstBytes: bytes, tenantBytesPerSecond: bytes },
    })
    const [slow, stuck] = [await Tail.open(loki.baseUrl, { query }), await Tail.open(loki.baseUrl, { query })]
    for (const { socket } of [slow, stuck]) socket.pause()
    await pushLarge(loki, [0, 1, 2])
    slow.socket.resume()
    await expect.poll(() => slow.lines.length, patient).toBe(3 * 16)
    await pushLarge(loki, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
    stuck.socket.resume()
    await expect.poll(() => stuck.end?.code, patient).toBe(1_006)
    expect(slow.end).toBeUndefined()
  }, 20_000)

  it('tells nothing of other tenants', async () => {
    const { baseUrl } = await started({ isAuthOn: true })
    const tail = await Tail.open(baseUrl, { query }, { 'X-Scope-OrgID': 'a' })
    await push(baseUrl, [[0n, 'theirs']], 'b')
    await push(baseUrl, [[1n, 'mine']], 'a')
    await expect.poll(() => tail.lines).toEqual(['mine'])
    await expect(Tail.open(baseUrl, { query })).rejects.toThrow('401')
  })

  it('is pinged', async () => {
    const tail = await Tail.open((await started()).baseUrl, { query })
    await once(tail.socket, 'ping')
    expect(tail.end).toBeUndefined()
  })

  it('takes 1,024 bytes from its client, and ends at one more', async () => {
    const { baseUrl } = await started()
    const tail = await Tail.open(baseUrl, { query })
    tail.socket.send('x'.repeat(1_024))
    await push(baseUrl, [[0n, 'goes on']])
    await expect.poll(() => tail.lines).toEqual(['goes on'])
    tail.socket.send('x'.repeat(1_025))
    await expect.poll(() => tail.end).toBeDefined()
    await push(baseUrl, [[1n, 'so does the receiver']])
  })

  it('is told when the receiver ends, and is cut off when it goes away', async () => {
    const receiver = await receiverOnDisk()
    const first = await Tail.open(receiver.baseUrl, { query })
    await receiver.leave()
    await expect.poll(() => first.end?.code).toBe(1_006)
    await receiver.comeBack()
    const second = await Tail.open(receiver.baseUrl, { query })
    await receiver.close()
    await expect.poll(() => second.end?.code).toBe(1_001)
  })
})
