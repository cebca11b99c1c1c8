// What the receiver answers to readers: log queries, counts over time, label names and values. Repeats,
// entries equal in time, line and metadata within a stream, are left out, as Loki's merging iterators do.

import { identityOf } from './checked-stream.ts'
import type { LokiLimits } from './limits.ts'
import type { CountQuery, LogQuery, Query, Row } from './logql.ts'
import type { PushedEntry } from './push-request.ts'
import { Rejection } from './rejection.ts'
import type { EntryStore, StoredStream, TimeRange } from './store.ts'

/** The streams of one tenant, and the limits on reading them. */
export type Shelf = { readonly name: string; readonly store: EntryStore; readonly limits: LokiLimits }

export type RangeQuestion = TimeRange & {
  readonly stepNs: bigint
  readonly limit: number
  readonly isForward: boolean
  /** Metadata apart from labels: the header `X-Loki-Response-Encoding-Flags: categorize-labels`. */
  readonly categorizes: boolean
}

export type Surroundings = { readonly categorizes: boolean; readonly nowMs: number }
export type Found = { readonly stream: StoredStream; readonly entry: PushedEntry; readonly row: Row }
type PageQuestion = Omit<RangeQuestion, 'stepNs' | 'categorizes'>
type StreamAnswer = { readonly stream: Record<string, string>; readonly values: unknown[] }
type Series = { readonly metric: Record<string, string>; readonly timesNs: bigint[] }

const nsPerSecond = 1_000_000_000n
/** How far back a question goes that names no start. */
export const hourNs = 3_600n * nsPerSecond
/** As Loki has it. */
const maxSteps = 11_000n

/** The parameters of GET query_range, with Loki's defaults. */
export function rangeQuestionOf(parameters: URLSearchParams, surroundings: Surroundings): RangeQuestion {
  const endNs = timeOf(parameters.get('end')) ?? BigInt(surroundings.nowMs) * 1_000_000n
  const startNs = timeOf(parameters.get('start')) ?? endNs - hourNs
  const smallestNs = (endNs - startNs) / 250n
  return {
    startNs,
    endNs,
    stepNs: stepOf(parameters.get('step')) ?? (smallestNs > nsPerSecond ? smallestNs : nsPerSecond),
    limit: Number(parameters.get('limit') ?? 100),
    isForward: parameters.get('direction')?.toLowerCase() === 'forward',
    categorizes: surroundings.categorizes,
  }
}

/** The moment that GET query asks about. */
export function instantQuestionOf(parameters: URLSearchParams, { nowMs }: Surroundings): bigint {
  return timeOf(parameters.get('time')) ?? BigInt(nowMs) * 1_000_000n
}

/** The `data` of the answer. */
export function queryRange(shelf: Shelf, query: Query, question: RangeQuestion): unknown {
  if (query.kind === 'logs') return queryLogs(shelf, query, question)
  if (query.kind === 'count') return countRange(shelf, query, question)
  return { resultType: 'matrix', result: [], stats: {} }
}

export function queryInstant(shelf: Shelf, query: Query, atNs: bigint): unknown {
  if (query.kind === 'logs') {
    const why = 'log queries are not supported as an instant query type'
    throw new Rejection(400, `${why}, please change your query to a range query type`)
  }
  const time = secondsOf(atNs)
  const result =
    query.kind === 'constant'
      ? [{ metric: {}, value: [time, String(query.value)] }]
      : seriesOf(shelf, query, { startNs: atNs, endNs: atNs }).map(({ metric, timesNs }) => {
          return { metric, value: [time, countText(query, timesNs.length)] }
        })
  return { resultType: 'vector', result, stats: {} }
}

export function labelNames(streams: readonly StoredStream[]): string[] {
  return [...new Set(streams.flatMap(({ labels }) => labels.map(([name]) => name)))].sort()
}

export function labelValues(streams: readonly StoredStream[], name: string): string[] {
  const pairs = streams.flatMap(({ labels }) => labels.filter(([other]) => other === name))
  return [...new Set(pairs.map(([, value]) => value))].sort()
}

function queryLogs(shelf: Shelf, query: LogQuery, question: RangeQuestion): unknown {
  const { categorizes } = question
  const flags = categorizes ? { encodingFlags: ['categorize-labels'] } : {}
  const result = groupedByStream(pageOf(shelf, query, question), categorizes)
  return { resultType: 'streams', ...flags, result, stats: {} }
}

/** The first rows of an answer, as many as were asked for and fit. */
export function pageOf(shelf: Shelf, query: LogQuery, question: PageQuestion): Found[] {
  const { limit, isForward } = question
  const { maxQueryEntries, maxGrpcBytes } = shelf.limits
  if (limit > maxQueryEntries) {
    const words = 'max entries limit per query exceeded, limit > max_entries_limit_per_query'
    throw new Rejection(400, `${words} (${limit} > ${maxQueryEntries})`)
  }
  const found = rowsOf(shelf, query, question)
  found.sort((a, b) => order(a.entry.atNs, b.entry.atNs) * (isForward ? 1 : -1))
  const page = found.slice(0, limit)
  const bytes = page.reduce((sum, { entry }) => sum + entry.lineBytes, 0)
  if (bytes > maxGrpcBytes) {
    const why = `grpc: received message larger than max (${bytes} vs. ${maxGrpcBytes})`
    throw new Rejection(500, `rpc error: code = ResourceExhausted desc = ${why}`)
  }
  return page
}

/** What the query lets through of each stream that it selects, repeats left out. */
function rowsOf({ name, store }: Shelf, query: LogQuery, range: TimeRange): Found[] {
  const selected = store.streams(name).filter(({ labels }) => query.matches(new Map(labels)))
  return selected.flatMap((stream) => {
    const once = new Map(store.entries(stream, range).map((entry) => [identityOf(entry), entry]))
    return passing(query, stream, [...once.values()])
  })
}

/** What the stages let through of a stream that is selected. */
export function passing(
  { stages }: LogQuery,
  stream: StoredStream,
  entries: readonly PushedEntry[],
): Found[] {
  return entries.flatMap((entry) => {
    let row: Row | undefined = {
      line: entry.line,
      labels: new Map([...stream.labels, ...entry.metadata]),
      parsed: new Map(),
    }
    for (const stage of stages) row = row === undefined ? undefined : stage(row)
    return row === undefined ? [] : [{ stream, entry, row }]
  })
}

export function groupedByStream(page: readonly Found[], categorizes: boolean): StreamAnswer[] {
  const groups = new Map<string, StreamAnswer>()
  for (const { stream: stored, entry, row } of page) {
    const stream = Object.fromEntries(categorizes ? stored.labels : [...row.labels, ...row.parsed])
    const key = JSON.stringify(stream)
    const group = groups.get(key) ?? { stream, values: [] }
    groups.set(key, group)
    group.values.push([String(entry.atNs), entry.line, ...(categorizes ? [categoriesOf(entry, row)] : [])])
  }
  return [...groups.values()]
}

function categoriesOf({ metadata }: PushedEntry, { parsed }: Row): object {
  return {
    ...(metadata.length === 0 ? {} : { structuredMetadata: Object.fromEntries(metadata) }),
    ...(parsed.size === 0 ? {} : { parsed: Object.fromEntries(parsed) }),
  }
}

/** A point for each step at which something was counted. */
function countRange(shelf: Shelf, query: CountQuery, { startNs, endNs, stepNs }: RangeQuestion): unknown {
  if (stepNs <= 0n || (endNs - startNs) / stepNs > maxSteps) {
    const said = 'exceeded maximum resolution of 11,000 points per time series.'
    throw new Rejection(400, `${said} Try increasing the value of the step parameter`)
  }
  const result = seriesOf(shelf, query, { startNs, endNs }).map(({ metric, timesNs }) => {
    return { metric, values: pointsOf(query, timesNs, { startNs, endNs, stepNs }) }
  })
  return { resultType: 'matrix', result: result.filter(({ values }) => values.length > 0), stats: {} }
}

/** Counts what lies between two indexes that move on with the steps. */
function pointsOf(
  query: CountQuery,
  timesNs: readonly bigint[],
  { startNs, endNs, stepNs }: Pick<RangeQuestion, 'startNs' | 'endNs' | 'stepNs'>,
): [seconds: number, count: string][] {
  const times = timesNs.toSorted(order)
  const points: [number, string][] = []
  let [from, to] = [0, 0]
  for (let atNs = startNs; atNs <= endNs; atNs += stepNs) {
    while (to < times.length && (times[to] ?? 0n) <= atNs) to += 1
    while (from < to && (times[from] ?? 0n) <= atNs - query.rangeNs) from += 1
    if (to > from) points.push([secondsOf(atNs), countText(query, to - from)])
  }
  return points
}

/** The times of what is counted for any moment of the range, by label set. */
function seriesOf(shelf: Shelf, query: CountQuery, { startNs, endNs }: TimeRange): Series[] {
  const range = { startNs: startNs - query.rangeNs + 1n, endNs: endNs + 1n }
  const series = new Map<string, Series>()
  for (const { entry, row } of rowsOf(shelf, query.logs, range)) {
    failOnError(row, query.by)
    const metric = metricOf(row, query.by)
    const key = JSON.stringify(metric)
    const one = series.get(key) ?? { metric, timesNs: [] }
    series.set(key, one)
    one.timesNs.push(entry.atNs)
  }
  return [...series.values()]
}

/**
 * Loki counts no line that a stage could not read, where the sum asks for what the stage should have read.
 */
function failOnError({ labels, parsed }: Row, by: CountQuery['by']): void {
  const error = parsed.get('__error__')
  if (error === undefined || by?.every((name) => labels.has(name)) === true) return
  throw new Rejection(
    400,
    `pipeline error: '${error}'.\nUse a label filter to intentionally skip this error. ` +
      `(e.g | __error__!="${error}").\n` +
      'To skip all potential errors you can match empty errors.(e.g __error__="")',
  )
}

function metricOf({ labels, parsed }: Row, by: CountQuery['by']): Record<string, string> {
  const all = [...labels, ...parsed].filter(([name]) => by === undefined || by.includes(name))
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function countText({ isRate, rangeNs }: CountQuery, count: number): string {
  return String(isRate ? count / (Number(rangeNs) / Number(nsPerSecond)) : count)
}

/** More than ten digits are nanoseconds, fewer or a fraction seconds, all else a date. */
export function timeOf(text: string | null): bigint | undefined {
  if (text === null) return undefined
  if (/^\d{11,}$/.test(text)) return BigInt(text)
  const seconds = /^[\d.]+$/.test(text) ? Number(text) : Date.parse(text) / 1_000
  if (Number.isNaN(seconds)) throw new Rejection(400, `could not parse '${text}' as a time`)
  return BigInt(Math.round(seconds * Number(nsPerSecond)))
}

/** Seconds, or a duration such as `15s`. */
function stepOf(text: string | null): bigint | undefined {
  if (text === null) return undefined
  const [, amount = '', unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  if (amount === '') throw new Rejection(400, `cannot parse "${text}" to a valid duration`)
  const seconds = { ms: 0.001, s: 1, m: 60, h: 3_600 }[unit] ?? 1
  return BigInt(Math.round(Number(amount) * seconds * Number(nsPerSecond)))
}

function secondsOf(atNs: bigint): number {
  return Number(atNs / 1_000_000n) / 1_000
}

export function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
