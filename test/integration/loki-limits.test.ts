// A real Loki whose limits are set low, and what stands before it: each limit has its own handling, and
// whatever it is, every row is stored once or a dead letter with its reason.

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { DeliveryLine } from '../support/delivery-line.ts'
import { type Line, linesFrom } from '../support/entries.ts'
import { Gateway, type GatewayDeed } from '../support/gateway.ts'
import { type LokiConfig, LokiServer } from '../support/servers/loki.ts'

type Place = { loki: LokiServer }

function lokiWith(overrides: LokiConfig): Place {
  const place: Partial<Place> = {}
  beforeAll(async () => {
    place.loki = await LokiServer.start({ overrides })
  })
  afterAll(() => place.loki?.remove())
  return {
    get loki() {
      if (place.loki === undefined) throw new Error('Loki has not been started')
      return place.loki
    },
  }
}

/** Lines of `bytes` each that no compression makes smaller, numbered. */
function largeLines(count: number, bytes: number): Line[] {
  const texts = Array.from({ length: count }, (_, index) => {
    const number = `${String(index).padStart(4, '0')} `
    return number + randomBytes(bytes).toString('base64').slice(number.length, bytes)
  })
  return linesFrom(nowNs(), texts)
}

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n
}

/** The numbers of the lines that a log query finds, in order. */
async function numbersIn({ loki }: Place, job: string): Promise<number[]> {
  // The lines may be larger than one answer of this Loki.
  const found = await loki.query(`{job="${job}"} | line_format "{{ __line__ | trunc 4 }}"`)
  return found.map(({ line }) => Number(line)).sort((a, b) => a - b)
}

function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

describe('the limit of a tenant', () => {
  const place = lokiWith({ limits_config: { ingestion_rate_mb: 0.25, ingestion_burst_size_mb: 0.5 } })

  it('D-14: is kept after the first refusals, which lose nothing and lose no sink', async () => {
    const line = new DeliveryLine(place.loki.baseUrl)
    const jobs = ['tenant-a', 'tenant-b', 'tenant-c', 'tenant-d', 'tenant-e', 'tenant-f']
    for (const job of jobs) line.add(job, largeLines(25, 10_000))
    await line.drained()
    for (const job of jobs) expect(await numbersIn(place, job)).toEqual(numbersTo(25))

    const refused = line.pushes.filter(({ outcome }) => outcome.kind === 'retry')
    const learntMs = Math.min(...refused.map(({ answeredMs }) => answeredMs))
    expect(refused.length).toBeGreaterThan(0)
    // Nothing goes for four seconds now; what had its slot before may still be under way.
    const later = refused.filter(({ sentMs }) => sentMs > learntMs + 500)
    expect(later.map(({ job, sentMs }) => `${job} after ${sentMs - learntMs} ms`)).toEqual([])
    expect(line.events).toContainEqual({ type: 'sink.limited', bytesPerSecond: Math.round(262_144 * 0.97) })
    expect(line.types()).not.toContain('sink.lost')
    expect(line.deadLetters()).toEqual([])
  })
})

describe('the limit of a stream', () => {
  const place = lokiWith({
    limits_config: { per_stream_rate_limit: '300KB', per_stream_rate_limit_burst: '100KB' },
  })

  it('D-15: slows that stream only; a push above its burst goes in halves, and all is stored', async () => {
    const line = new DeliveryLine(place.loki.baseUrl)
    line.add('stream-heavy', largeLines(30, 10_000))
    await line.pushed(({ outcome }) => outcome.kind === 'retry', 'the stream to be limited')
    line.add('stream-light', largeLines(1, 100))
    await line.drained()
    expect(await numbersIn(place, 'stream-heavy')).toEqual(numbersTo(30))
    expect(await numbersIn(place, 'stream-light')).toEqual([0])
    expect(line.outcomes('stream-light')).toEqual(['delivered'])
    const places = line.pushes.map(({ job }) => job)
    expect(places.indexOf('stream-light')).toBeLessThan(places.lastIndexOf('stream-heavy'))
    expect(new Set(line.outcomes('stream-heavy'))).toEqual(new Set(['retry: loki_rate_limited', 'delivered']))
    expect(line.types()).not.toContain('sink.limited')
    expect(line.types()).not.toContain('sink.lost')
    expect(line.deadLetters()).toEqual([])
  })
})

describe('the number of streams', () => {
  const place = lokiWith({ limits_config: { max_global_streams_per_user: 2 } })

  it('D-15: keeps the rows of one stream too many, while those that exist go on', async () => {
    const line = new DeliveryLine(place.loki.baseUrl)
    for (const job of ['count-a', 'count-b']) line.add(job, largeLines(3, 100))
    await line.drained()
    line.add('count-c', largeLines(3, 100))
    const { outcome } = await line.pushed(({ job }) => job === 'count-c', 'the third stream to be pushed')
    expect(outcome).toMatchObject({ kind: 'retry', scope: 'stream', afterMs: 30_000 })
    line.add('count-a', [{ atNs: nowNs(), line: '0003' }])
    await line.pushed(({ lines }) => lines.includes('0003'), 'the first stream to go on')
    expect(await numbersIn(place, 'count-a')).toEqual(numbersTo(4))
    expect(line.of('count-c')).toHaveLength(1)
    expect(line.spool.depth()).toMatchObject({ rows: 3, deadLetters: 0 })
    expect(line.types()).not.toContain('sink.lost')
    expect(line.types()).not.toContain('sink.limited')
  })
})

describe('the size of a message', () => {
  const place = lokiWith({
    distributor: { max_recv_msg_size: 120_000 },
    server: { grpc_server_max_recv_msg_size: 70_000 },
  })

  it('D-4: halves what 413 or ResourceExhausted refuses; one line above it is a dead letter', async () => {
    const line = new DeliveryLine(place.loki.baseUrl)
    const lines = largeLines(19, 10_000)
    line.add('size', [
      ...lines.slice(0, 18),
      ...largeLines(1, 80_000).map(behind),
      ...lines.slice(18).map(behind),
    ])
    await line.drained()
    const said = line.pushes.flatMap(({ outcome }) =>
      outcome.kind === 'split' ? [outcome.error.said ?? ''] : [],
    )
    expect(said.filter((words) => words.includes('request body too large'))).not.toEqual([])
    expect(said.filter((words) => words.includes('ResourceExhausted'))).not.toEqual([])
    expect(await numbersIn(place, 'size')).toEqual(numbersTo(19))
    expect(line.deadLetters()).toEqual([expect.stringMatching(/^too_long: 0000 /)])
    expect(line.types()).not.toContain('sink.lost')
  })

  /** The second after the lines that are made now. */
  function behind({ atNs, line }: Line): Line {
    return { atNs: atNs + 1_000_000_000n, line }
  }
})

describe('a Loki that blocks ingestion', () => {
  const place = lokiWith({ limits_config: { block_ingestion_until: '2199-01-01T00:00:00Z' } })

  it('D-17: has delivered nothing by its 260: all is kept', async () => {
    const line = new DeliveryLine(place.loki.baseUrl)
    line.add('blocked', largeLines(3, 100))
    const { outcome } = await line.pushed(() => true, 'a push')
    expect(outcome).toMatchObject({ kind: 'blocked', error: { code: 'loki_blocked' } })
    await expect.poll(() => line.types()).toContain('sink.lost')
    expect(line.spool.depth()).toMatchObject({ rows: 3, deadLetters: 0 })
    expect(await numbersIn(place, 'blocked')).toEqual([])
  })
})

describe('a gateway before Loki', () => {
  const place = lokiWith({})

  async function through(...deeds: GatewayDeed[]) {
    const gateway = await Gateway.start(place.loki.baseUrl)
    onTestFinished(() => gateway.stop())
    gateway.next(...deeds)
    return { gateway, line: new DeliveryLine(gateway.baseUrl) }
  }

  const html = { 'content-type': 'text/html' }
  it.each<GatewayDeed & { kind: 'answer' }>([
    { kind: 'answer', status: 302, headers: { location: 'https://login.invalid/' } },
    { kind: 'answer', status: 307, headers: { location: 'https://login.invalid/' } },
    { kind: 'answer', status: 200, headers: html, body: '<html>Log in</html>' },
    { kind: 'answer', status: 200, body: '{"ok":true}' },
    { kind: 'answer', status: 400, headers: html, body: '<html>Bad request</html>' },
    { kind: 'answer', status: 401 },
  ])('D-17: that answers $status $body has delivered nothing: all is kept', async (deed) => {
    const { line } = await through(deed)
    line.add(`page-${deed.status}-${deed.body?.length ?? 0}`, largeLines(3, 100))
    const { outcome } = await line.pushed(() => true, 'a push')
    expect(outcome.kind).toBe('blocked')
    await expect.poll(() => line.types()).toContain('push.failed')
    expect(line.types()).not.toContain('push.delivered')
    expect(line.spool.depth()).toMatchObject({ rows: 3, deadLetters: 0 })
  })

  it.each([429, 503])('D-16: that asks for time in its Retry-After (%i) is given it', async (status) => {
    const { line } = await through({ kind: 'answer', status, headers: { 'retry-after': '2' } })
    line.add(`later-${status}`, largeLines(3, 100))
    await line.drained()
    const [first, second] = line.pushes
    expect(line.outcomes()).toEqual([expect.stringContaining('retry: '), 'delivered'])
    expect((second?.sentMs ?? 0) - (first?.answeredMs ?? 0)).toBeGreaterThanOrEqual(2_000)
    expect(await numbersIn(place, `later-${status}`)).toEqual(numbersTo(3))
  })

  it('D-3: a push that outlives its timeout goes again, and its rows are there once', async () => {
    const { gateway, line } = await through({ kind: 'store and hang' })
    line.add('timeout', largeLines(15, 10_000))
    await line.drained()
    expect(gateway.unanswered).toBe(1)
    expect(line.outcomes()).toEqual(['retry: loki_unreachable', 'delivered'])
    expect(line.pushes[1]?.lines).toEqual(line.pushes[0]?.lines)
    expect(await numbersIn(place, 'timeout')).toEqual(numbersTo(15))
  })

  it('D-13: loses answers; at its pace the stream is not sharded, nor anything stored twice', async () => {
    const lost: GatewayDeed = { kind: 'store and reset' }
    const { gateway, line } = await through(lost, lost, lost)
    line.add('paced', largeLines(400, 10_000))
    await line.drained()
    expect(gateway.unanswered).toBe(3)
    expect(await numbersIn(place, 'paced')).toEqual(numbersTo(400))
    expect(await shardsOf(place.loki.baseUrl)).toBe(0)
    const gaps = line.pushes.slice(1).map(({ sentMs }, index) => {
      const before = line.pushes[index]
      return { ms: sentMs - (before?.sentMs ?? 0), bytes: 10_000 * (before?.lines.length ?? 0) }
    })
    expect(gaps.length).toBeGreaterThanOrEqual(21)
    // In all, not each: what one was handed over late by, the next comes closer to it.
    const [ms, bytes] = (['ms', 'bytes'] as const).map((one) => gaps.reduce((sum, gap) => sum + gap[one], 0))
    expect(ms).toBeGreaterThan((0.99 * (bytes ?? 0)) / 1_000)
  })

  it('D-13: loses answers of a burst, which is not sharded, nor anything stored twice', async () => {
    const pass: GatewayDeed = { kind: 'pass' }
    const lost: GatewayDeed = { kind: 'store and reset' }
    const { gateway, line } = await through(pass, pass, pass, lost, lost)
    line.add('burst', largeLines(95, 10_000))
    await line.drained()
    expect(gateway.unanswered).toBe(2)
    expect(line.outcomes().slice(0, 4)).toEqual([
      'delivered',
      'delivered',
      'delivered',
      'retry: loki_unreachable',
    ])
    expect(await numbersIn(place, 'burst')).toEqual(numbersTo(95))
    expect(await shardsOf(place.loki.baseUrl)).toBe(0)
  })
})

/** How often this Loki has sharded a stream: none of its counters means never. */
async function shardsOf(baseUrl: string): Promise<number> {
  const text = await (await fetch(`${baseUrl}/metrics`)).text()
  const counters = [...text.matchAll(/^loki_stream_sharding_count(?:\{[^}]*\})? (\S+)$/gm)]
  return counters.reduce((sum, [, count]) => sum + Number(count), 0)
}
