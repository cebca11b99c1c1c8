// What the contract suite does not try of the receiver: its own bounds, and LogQL that it does not know.

import { describe, expect, it, onTestFinished } from 'vitest'
import { FakeLoki } from '../../support/fake-loki.ts'

const nowNs = BigInt(Date.now()) * 1_000_000n

async function started(options: Parameters<typeof FakeLoki.start>[0] = {}): Promise<FakeLoki> {
  const loki = await FakeLoki.start(options)
  onTestFinished(() => loki.stop())
  return loki
}

async function push(loki: FakeLoki, lines: readonly string[]): Promise<number> {
  const values = lines.map((line, index) => [String(nowNs + BigInt(index)), line])
  const body = JSON.stringify({ streams: [{ stream: { job: 'x' }, values }] })
  const headers = { 'content-type': 'application/json' }
  return (await fetch(`${loki.baseUrl}/loki/api/v1/push`, { method: 'POST', body, headers })).status
}

async function asked(loki: FakeLoki, path: string, parameters: Record<string, string>) {
  const query = new URLSearchParams(parameters).toString()
  const response = await fetch(`${loki.baseUrl}/loki/api/v1${path}?${query}`)
  return [response.status, await response.text()] as const
}

describe('the receiver', () => {
  it('takes a body of exactly its bound, and answers 413 to one byte more', async () => {
    const bare = JSON.stringify({ streams: [{ stream: { job: 'x' }, values: [[String(nowNs), '']] }] }).length
    const loki = await started({ limits: { maxBodyBytes: bare + 10 } })
    expect(await push(loki, ['x'.repeat(10)])).toBe(204)
    expect(await push(loki, ['x'.repeat(11)])).toBe(413)
    expect(loki.storedEntries()).toBe(1)
  })

  it('goes on with its windows after a start from its file', async () => {
    const loki = await started()
    expect(await push(loki, ['a'])).toBe(204)
    await loki.stop()
    await loki.start()
    expect(await push(loki, ['a'])).toBe(204)
    expect(loki.storedEntries()).toBe(1) // the repeat of the last entry is passed over
  })

  it.each([
    ['{job="x"} | logfmt', 'known here'],
    ['topk(3, sum by (job) (count_over_time({job="x"}[1m])))', 'known here'],
    ['sum(count_over_time({job="x"}[0s]))', 'a range of nothing'],
    ['{job="x"', 'no , or }'],
    ['', 'unexpected here'],
  ])('says what it knows where a query is beyond it: %s', async (query, words) => {
    const [status, text] = await asked(await started(), '/query_range', { query })
    expect([status, text]).toEqual([400, expect.stringContaining(words)])
  })

  it('counts at 11,000 steps after the first, and at no more', async () => {
    const loki = await started()
    const query = 'sum(count_over_time({job="x"}[1s]))'
    const range = (seconds: number) => ({
      query,
      start: '1700000000',
      end: String(1_700_000_000 + seconds),
      step: '1',
    })
    expect((await asked(loki, '/query_range', range(11_000)))[0]).toBe(200)
    const [status, text] = await asked(loki, '/query_range', range(11_001))
    expect([status, text]).toEqual([400, expect.stringContaining('11,000 points')])
  })
})
