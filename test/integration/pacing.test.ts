// After an outage, against a real Loki with a low limit: what is refused, what goes first, and who waits when
// a gateway says how long. Rates in figures come from `npm run torture -- --measure pacing`.

import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type RecordedPush, RecordingLoki } from '../support/recording-loki.ts'
import { LokiServer } from '../support/servers/loki.ts'
import { sharedPostgres } from '../support/servers/shared.ts'
import type { RunningService } from '../support/service.ts'
import { startedServices } from '../support/services.ts'

const services = startedServices(afterEach)

/** Eight streams may send 8 MB/s together, and Loki takes 256 KiB/s: a busy machine exceeds that too. */
const limits = { limits_config: { ingestion_rate_mb: 0.25, ingestion_burst_size_mb: 1 } }

let loki: LokiServer
beforeAll(async () => {
  loki = await LokiServer.start({ overrides: limits })
})
afterAll(() => loki.remove())

/** Pushes that are in flight together. */
const slots = 4

const large = namesOf('large', 8)
const small = namesOf('small', 6)

function namesOf(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `pacing_${kind}_${index}`)
}

async function startedGateway(): Promise<RecordingLoki> {
  const gateway = await RecordingLoki.start(loki.baseUrl)
  onTestFinished(() => gateway.stop())
  return gateway
}

/** Metrics by name and the number of their rows of 1 KB; large ones run once. */
async function start(gateway: RecordingLoki, names: readonly string[]): Promise<RunningService> {
  const entryOf = (name: string) => {
    const [every, rows] = name.includes('large') ? ['1d', 600] : ['300ms', 2]
    const query = `select n, repeat(md5(n::text), 31) as pad from generate_series(1, ${rows}) as n`
    return { every, timeout: '30s', query }
  }
  const service = await services.start({
    metrics: Object.fromEntries(names.map((name) => [name, entryOf(name)])),
    flags: ['--loki_url', gateway.baseUrl],
    env: { ROWTAIL_CONNECTION_STRING: sharedPostgres().connectionString() },
  })
  return service.ready()
}

function isOf(name: string): (push: RecordedPush) => boolean {
  return ({ labels, status }) => labels.includes(`job="${name}"`) && status === 204
}

describe('backlogs after an outage', () => {
  it('D-12, D-14: heed the first 429 of Loki, and rows fetched meanwhile go before them', async () => {
    const gateway = await startedGateway()
    gateway.mode = { kind: 'away' }
    const service = await start(gateway, [...large, ...small])
    for (const name of large) await service.metric(name, ({ runs }) => runs.ok === 1, 60_000)
    gateway.mode = { kind: 'passing' }
    const backMs = Date.now()
    for (const name of large) await service.metric(name, ({ spool }) => spool.rows === 0, 60_000)
    const { pushes } = gateway
    const refused = pushes.filter(({ status }) => status !== 204)
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429]))
    // Those that were on their way with the first, and none of the dozens that follow.
    expect(refused.length).toBeLessThanOrEqual(slots)
    const lastOfBacklogs = Math.max(...large.map((name) => pushes.findLastIndex(isOf(name))))
    for (const name of small) {
      const liveOnes = pushes.slice(0, lastOfBacklogs).filter(isOf(name))
      // Not only what had gathered: rows of several polls since.
      expect(liveOnes.filter(({ firstMs }) => firstMs > backMs).length).toBeGreaterThan(2)
    }
  })
})

describe("a gateway's 429 that says when to come back", () => {
  it('D-14: is heeded by all streams: but for what was on its way, nothing comes before', async () => {
    const gateway = await startedGateway()
    await start(gateway, small)
    await expect.poll(() => small.every((name) => gateway.pushes.some(isOf(name)))).toBe(true)
    gateway.mode = { kind: 'limiting', retryAfterSeconds: 3 }
    const refusal = () => gateway.pushes.findIndex(({ status }) => status === 429)
    await expect.poll(refusal).toBeGreaterThan(-1)
    gateway.mode = { kind: 'passing' }
    const seen = gateway.pushes.length
    await expect.poll(() => gateway.pushes.length).toBeGreaterThan(seen + 4)
    const { answeredMs: refusedMs } = gateway.pushes[refusal()] ?? { answeredMs: 0 }
    const early = gateway.pushes.filter(({ atMs }) => atMs > refusedMs && atMs < refusedMs + 2_900)
    expect(early.length).toBeLessThan(slots)
  })
})
