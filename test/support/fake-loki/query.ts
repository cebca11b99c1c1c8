// What the fake answers to readers: log queries by a plain selector, label names and values. Repeats, entries
// equal in time, line and metadata within a stream, are left out of a log query, as Loki's merging iterators
// do.

import { identityOf } from './checked-stream.ts'
import type { StoredStream } from './ingester.ts'
import type { FakeLimits } from './limits.ts'
import type { Label, PushedEntry } from './push-request.ts'
import { Rejection } from './rejection.ts'

export type LogQuery = {
  readonly selector: string
  readonly startNs: bigint
  /** Exclusive. */
  readonly endNs: bigint
  readonly limit: number
  readonly isForward: boolean
  /** Metadata apart from labels: the header `X-Loki-Response-Encoding-Flags: categorize-labels`. */
  readonly categorizes: boolean
}

type Found = { readonly labels: readonly Label[]; readonly entry: PushedEntry }
type Matcher = (labels: ReadonlyMap<string, string>) => boolean
type StreamAnswer = { readonly stream: Record<string, string>; readonly values: unknown[] }

const nsPerSecond = 1_000_000_000

/** The parameters of GET query_range, with Loki's defaults. */
export function logQueryOf(parameters: URLSearchParams, headers: { flags: string; nowMs: number }): LogQuery {
  const endNs = timeOf(parameters.get('end')) ?? BigInt(headers.nowMs) * 1_000_000n
  return {
    selector: parameters.get('query') ?? '',
    startNs: timeOf(parameters.get('start')) ?? endNs - 3_600_000_000_000n,
    endNs,
    limit: Number(parameters.get('limit') ?? 100),
    isForward: parameters.get('direction')?.toLowerCase() === 'forward',
    categorizes: headers.flags.includes('categorize-labels'),
  }
}

/** The `data` of the answer. */
export function queryLogs(streams: readonly StoredStream[], query: LogQuery, limits: FakeLimits): unknown {
  const { limit, categorizes } = query
  if (limit > limits.maxQueryEntries) {
    const figures = `(${limit} > ${limits.maxQueryEntries})`
    const words = 'max entries limit per query exceeded, limit > max_entries_limit_per_query'
    throw new Rejection(400, `${words} ${figures}`)
  }
  const matches = parseSelector(query.selector)
  const found = streams
    .filter(({ labels }) => matches(new Map(labels)))
    .flatMap((one) => entriesIn(one, query))
  found.sort((a, b) => order(a.entry.atNs, b.entry.atNs) * (query.isForward ? 1 : -1))
  const page = found.slice(0, limit)
  const bytes = page.reduce((sum, { entry }) => sum + entry.lineBytes, 0)
  if (bytes > limits.maxGrpcBytes) {
    const why = `grpc: received message larger than max (${bytes} vs. ${limits.maxGrpcBytes})`
    throw new Rejection(500, `rpc error: code = ResourceExhausted desc = ${why}`)
  }
  const flags = categorizes ? { encodingFlags: ['categorize-labels'] } : {}
  return { resultType: 'streams', ...flags, result: groupedByStream(page, categorizes), stats: {} }
}

export function labelNames(streams: readonly StoredStream[]): string[] {
  return [...new Set(streams.flatMap(({ labels }) => labels.map(([name]) => name)))].sort()
}

export function labelValues(streams: readonly StoredStream[], name: string): string[] {
  const pairs = streams.flatMap(({ labels }) => labels.filter(([other]) => other === name))
  return [...new Set(pairs.map(([, value]) => value))].sort()
}

function entriesIn({ labels, entries }: StoredStream, { startNs, endNs }: LogQuery): Found[] {
  const once = new Map(entries.map((entry) => [identityOf(entry), entry]))
  return [...once.values()]
    .filter(({ atNs }) => atNs >= startNs && atNs < endNs)
    .map((entry) => ({ labels, entry }))
}

function groupedByStream(page: readonly Found[], categorizes: boolean): StreamAnswer[] {
  const groups = new Map<string, StreamAnswer>()
  for (const { labels, entry } of page) {
    const stream = Object.fromEntries(categorizes ? labels : [...labels, ...entry.metadata])
    const key = JSON.stringify(stream)
    const group = groups.get(key) ?? { stream, values: [] }
    groups.set(key, group)
    const structuredMetadata = Object.fromEntries(entry.metadata)
    const extra = categorizes ? [entry.metadata.length === 0 ? {} : { structuredMetadata }] : []
    group.values.push([String(entry.atNs), entry.line, ...extra])
  }
  return [...groups.values()]
}

/** `{a="b", c=~"d.*", e!="f", g!~"h"}`; regular expressions match whole values. */
function parseSelector(text: string): Matcher {
  const inside = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1]
  if (inside === undefined)
    throw new Rejection(400, `parse error : syntax error: ${text} is no plain selector`)
  const pattern = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|`[^`]*`)\s*(?:,|$)/gy
  const matchers: Matcher[] = []
  let end = 0
  for (const match of inside.matchAll(pattern)) {
    end = match.index + match[0].length
    matchers.push(matcherOf(match[1] ?? '', match[2] ?? '', unquoted(match[3] ?? '')))
  }
  if (inside.slice(end).trim() !== '')
    throw new Rejection(400, `parse error : syntax error: unexpected ${inside}`)
  if (matchers.every((matches) => matches(new Map()))) {
    throw new Rejection(
      400,
      'parse error : queries require at least one regexp or equality matcher that does not have an ' +
        'empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will',
    )
  }
  return (labels) => matchers.every((matches) => matches(labels))
}

function matcherOf(name: string, operator: string, value: string): Matcher {
  const expression = new RegExp(`^(?:${operator.endsWith('~') ? value : ''})$`, 's')
  const test = (label: string): boolean => (operator.endsWith('~') ? expression.test(label) : label === value)
  const wanted = !operator.startsWith('!')
  return (labels) => test(labels.get(name) ?? '') === wanted
}

function unquoted(text: string): string {
  if (text.startsWith('`')) return text.slice(1, -1)
  const value: unknown = JSON.parse(text.replace(/\\x([0-9a-fA-F]{2})/g, '\\u00$1'))
  return String(value)
}

/** More than ten digits are nanoseconds, fewer or a fraction seconds, all else a date. */
function timeOf(text: string | null): bigint | undefined {
  if (text === null) return undefined
  if (/^\d{11,}$/.test(text)) return BigInt(text)
  const seconds = /^[\d.]+$/.test(text) ? Number(text) : Date.parse(text) / 1_000
  if (Number.isNaN(seconds)) throw new Rejection(400, `could not parse '${text}' as a time`)
  return BigInt(Math.round(seconds * nsPerSecond))
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
