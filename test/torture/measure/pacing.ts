// After an outage: how fast 50 backlogs drain against the limit that a Loki has by default, how often it has
// to refuse, how long rows wait that are fetched meanwhile, and whether a gateway's Retry-After is heeded.

import { pause, waitFor } from '../../support/servers/waiting.ts'
import type { RecordedPush } from '../../support/recording-loki.ts'
import { type Extent, type Figure, latencies, type Measured } from './figures.ts'
import { type MetricEntry, onStage, rowsOf, type Stage } from './stage.ts'

export type Backlogs = {
  readonly large: number
  readonly small: number
  /** Of each large backlog. */
  readonly rows: number
  readonly padBytes: number
}

const wide: Backlogs = { large: 6, small: 44, rows: 45_000, padBytes: 970 }
/** Of short rows a push is half framing, which the pace of a stream counts and Loki's limit does not. */
const narrow: Backlogs = { large: 12, small: 38, rows: 120_000, padBytes: 70 }

/** Loki's default ingestion_rate_mb, as its 429 names it. */
const limitBytesPerSecond = 4_194_304
const minuteMs = 60_000
/** What was granted before an answer is on its way no longer than this. */
const inFlightMs = 200
const liveEverySeconds = 5
const retryAfterSeconds = 5

export async function measurePacing({ isShort }: Extent): Promise<Measured> {
  const figures: Figure[] = []
  const wideOnes: Backlogs = isShort ? { ...wide, rows: 10_000 } : wide
  figures.push(...(await figuresOf('rows of 1 KB', wideOnes)))
  if (!isShort) figures.push(...(await figuresOf('rows of 100 B', narrow)))
  figures.push(...(await onStage(obeyGateway)))
  const what =
    `Loki is away until ${wide.large} metrics have fetched ${wide.rows.toLocaleString('en')} rows of 1 KB ` +
    `each (then ${narrow.large} of ${narrow.rows.toLocaleString('en')} rows of 100 B), while all others ` +
    `of 50 poll every ${liveEverySeconds} s and go on. Bytes as Loki counts them, from the first 429 until ` +
    'the first large backlog is through.'
  return { what, figures }
}

async function figuresOf(name: string, backlogs: Backlogs): Promise<Figure[]> {
  const { backlogBytes, begunMs, pushes, large } = await onStage((stage) => drain(stage, backlogs))
  const drained = drainedOf(pushes, large)
  return [
    { name: `${name}: backlog`, value: backlogBytes / 1e6, unit: 'MB' },
    { name: `${name}: drained at, of Loki's limit`, value: drained.percent, unit: '%', bound: { least: 90 } },
    { name: `${name}: time drained`, value: drained.seconds, unit: 's' },
    {
      name: `${name}: 429 together with the first, of pushes in flight`,
      value: drained.refusedAtOnce,
      unit: 'count',
      bound: { most: 3 },
    },
    {
      name: `${name}: 429 in the minute after that`,
      value: drained.refusedLater,
      unit: 'count',
      bound: { most: 0 },
    },
    ...latencies(`${name}: live rows of small metrics in Loki after`, delaysMs(pushes, begunMs)),
  ]
}

/** How fast backlogs drained, and what Loki refused meanwhile. */
export type Drained = {
  /** Of Loki's default limit, from its first refusal until the first large backlog was through. */
  readonly percent: number
  readonly seconds: number
  /** Refusals of pushes that were in flight at the first one. */
  readonly refusedAtOnce: number
  /** Further refusals in the minute after. */
  readonly refusedLater: number
}

/** Fills backlogs while Loki is away and lets them drain; also what works of the benchmark call. */
export async function drain({ gateway, start }: Stage, backlogs: Backlogs) {
  gateway.mode = { kind: 'away' }
  const service = await start(metricsOf(backlogs), ['--max_rows', '1000000'])
  await service.ready(60_000)
  const large = namesOf('large', backlogs.large)
  for (const name of large) await service.metric(name, ({ runs }) => runs.ok > 0, 180_000)
  const backlogBytes = (await service.status()).spool.bytes
  const begunMs = performance.now()
  gateway.mode = { kind: 'passing' }
  for (const name of large) await service.metric(name, ({ spool }) => spool.rows === 0, 240_000)
  await service.stop()
  return { backlogBytes, begunMs, pushes: gateway.pushes, large }
}

function metricsOf({ large, small, rows, padBytes }: Backlogs): Record<string, MetricEntry> {
  const big = { every: '1d', timeout: '170s', query: rowsOf(rows, padBytes) }
  const live = { every: `${liveEverySeconds}s`, query: rowsOf(3, 100) }
  return Object.fromEntries([
    ...namesOf('large', large).map((name) => [name, big] as const),
    ...namesOf('small', small).map((name) => [name, live] as const),
  ])
}

function namesOf(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${kind}_${index}`)
}

/** Throws where Loki refused nothing. */
export function drainedOf(pushes: readonly RecordedPush[], large: readonly string[]): Drained {
  const refused = pushes.filter(({ status }) => status === 429)
  const first = refused[0]
  if (first === undefined) throw new Error('Loki never refused: the backlogs are too small')
  const endMs = Math.min(...large.map((metric) => lastPushMs(pushes, metric)))
  const taken = pushes.filter(
    ({ status, answeredMs }) => status === 204 && answeredMs > first.answeredMs && answeredMs <= endMs,
  )
  const bytes = taken.reduce((sum, { countedBytes }) => sum + countedBytes, 0)
  const seconds = (endMs - first.answeredMs) / 1_000
  const sinceMs = refused.map(({ atMs }) => atMs - first.answeredMs)
  return {
    percent: (100 * bytes) / seconds / limitBytesPerSecond,
    seconds,
    refusedAtOnce: sinceMs.filter((ms) => ms <= inFlightMs).length - 1,
    refusedLater: sinceMs.filter((ms) => ms > inFlightMs && ms < minuteMs).length,
  }
}

function lastPushMs(pushes: readonly RecordedPush[], metric: string): number {
  const own = pushes.filter(({ labels, status }) => status === 204 && labels.includes(`job="${metric}"`))
  return own.at(-1)?.answeredMs ?? 0
}

/** From when a run's first row came to when Loki had it, of rows that came after the outage. */
function delaysMs(pushes: readonly RecordedPush[], begunMs: number): number[] {
  const wallMs = performance.timeOrigin
  return pushes
    .filter(({ status, labels }) => status === 204 && labels.includes('job="small_'))
    .filter(({ firstMs }) => firstMs > wallMs + begunMs)
    .map(({ answeredMs, firstMs }) => wallMs + answeredMs - firstMs)
}

/** The gateway says 429 for a moment, and when to come back: nothing is to come before. */
async function obeyGateway({ gateway, start }: Stage): Promise<Figure[]> {
  const service = await start(metricsOf({ large: 0, small: 50, rows: 0, padBytes: 0 }))
  await service.ready(60_000)
  await waitFor(() => gateway.pushes.length > 100, { what: '100 pushes', timeoutMs: 30_000 })
  gateway.mode = { kind: 'limiting', retryAfterSeconds }
  const isRefused = () => gateway.pushes.find(({ status }) => status === 429)
  const first = await waitFor(isRefused, { what: 'a 429', timeoutMs: 10_000, everyMs: 1 })
  gateway.mode = { kind: 'passing' }
  const backMs = first.answeredMs + retryAfterSeconds * 1_000
  await pause(backMs + 3_000 - performance.now())
  await service.stop()
  // Three more pushes may have been on their way.
  const early = gateway.pushes.filter(
    ({ atMs }) => atMs > first.answeredMs + inFlightMs && atMs < backMs - 20,
  )
  const after = gateway.pushes.filter(({ atMs }) => atMs >= backMs - 20)
  const wait = `a gateway's Retry-After of ${retryAfterSeconds} s`
  return [
    { name: `pushes within ${wait}`, value: early.length, unit: 'count', bound: { most: 0 } },
    { name: `pushes in the 3 s after ${wait}`, value: after.length, unit: 'count', bound: { least: 1 } },
  ]
}
