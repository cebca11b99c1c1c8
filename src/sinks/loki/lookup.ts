// Asks Loki which entries of a push it has, where the answer to that push was lost and a retry was refused:
// a log query of the stream over the time of the entries. Called by the sink. What is found is stored; what
// is not found is absent only where Loki would show it for sure. Whatever goes wrong is "unknown" or "later".

import type { Lookup, Metadata, PushBody } from '../../core/sink.ts'
import type { Answer, LokiClient, NoAnswer } from './client.ts'
import { lokiCodec } from './codec.ts'
import type { SinkClock } from './sink.ts'

export type Asked = {
  readonly client: LokiClient
  readonly pushUrl: string
  readonly clock: SinkClock
}

/** One entry as Loki shows it. Labels and metadata are in one: older Lokis do not tell them apart. */
type Shown = { readonly atNs: bigint; readonly line: string; readonly pairs: Record<string, unknown> }
type Page = { readonly kind: 'page'; readonly shown: readonly Shown[] }

const pageEntries = 1_000
/** More than that are of other writers to the same labels. */
const maxPages = 20
/** Loki's own bound of an answer, with the escapes of JSON. */
const maxPageBytes = 8 * 1024 * 1024
/** For all pages. */
const lookupTimeoutMs = 20_000
/**
 * Queries reach Loki's ingesters for the last 3 h (query_ingesters_within). An older entry that was pushed
 * just now is in no answer until its chunk is flushed.
 */
const shownForSureNs = 2n * 3_600_000_000_000n

export async function lookUp(asked: Asked, body: PushBody, signal: AbortSignal): Promise<Lookup> {
  const { client, clock } = asked
  const deadlineMs = clock.monotonicMs() + lookupTimeoutMs
  const entries = lokiCodec
    .entriesOf(body.entries)
    .map(({ start, end }) => lokiCodec.decode(body.entries.subarray(start, end)))
  const endNs = (entries.at(-1)?.atNs ?? 0n) + 1n
  const shown: Shown[] = []
  let startNs = entries[0]?.atNs ?? 0n
  for (let page = 0; page < maxPages; page += 1) {
    const answer = await client.ask({
      url: queryUrl(asked.pushUrl, { query: body.stream, start: startNs, end: endNs }),
      headers: { 'cache-control': 'no-store', 'x-loki-response-encoding-flags': 'categorize-labels' },
      maxAnswerBytes: maxPageBytes,
      timeoutMs: Math.max(1, Math.ceil(deadlineMs - clock.monotonicMs())),
      signal,
    })
    const read = readAnswer(answer)
    if (read.kind !== 'page') return read
    shown.push(...read.shown)
    if (read.shown.length < pageEntries) return verdictOn(entries, shown, nowNsOf(answer, clock))
    const latestNs = read.shown.reduce((latest, { atNs }) => (atNs > latest ? atNs : latest), startNs)
    if (latestNs === startNs) break // a page of one nanosecond: the next one would be the same
    startNs = latestNs
  }
  return { kind: 'unknown' }
}

function queryUrl(pushUrl: string, parameters: { query: string; start: bigint; end: bigint }): string {
  const { query, start, end } = parameters
  const url = new URL('query_range', pushUrl)
  const limit = String(pageEntries)
  url.search = String(
    new URLSearchParams({ query, start: String(start), end: String(end), limit, direction: 'forward' }),
  )
  return url.href
}

type Own = { readonly atNs: bigint; readonly line: string; readonly metadata: Metadata }

/** Another entry at the time of ours may be ours in another form, so it proves nothing. */
function verdictOn(entries: readonly Own[], shown: readonly Shown[], nowNs: bigint): Lookup {
  const byTime = Map.groupBy(shown, ({ atNs }) => atNs)
  const stored: number[] = []
  const absent: number[] = []
  for (const [index, entry] of entries.entries()) {
    const there = byTime.get(entry.atNs) ?? []
    if (there.some((one) => isSame(entry, one))) stored.push(index)
    else if (there.length === 0 && entry.atNs > nowNs - shownForSureNs) absent.push(index)
  }
  return { kind: 'known', stored, absent }
}

function isSame({ line, metadata }: Own, shown: Shown): boolean {
  return line === shown.line && metadata.every(([name, value]) => shown.pairs[name] === value)
}

/** By Loki's clock, where it tells: ours may be the reason for the refusal. */
function nowNsOf(answer: Answer | NoAnswer, clock: SinkClock): bigint {
  const dateMs = answer.kind === 'answer' ? Date.parse(answer.date ?? '') : Number.NaN
  return BigInt(Math.round(Number.isNaN(dateMs) ? clock.nowMs() : dateMs)) * 1_000_000n
}

function readAnswer(answer: Answer | NoAnswer): Page | Exclude<Lookup, { kind: 'known' }> {
  if (answer.kind === 'no_answer') return { kind: 'later' }
  const { status, body } = answer
  if (status >= 500 && body.includes('larger than max')) return { kind: 'unknown' } // so it will always be
  if (status === 408 || status === 429 || status >= 500) return { kind: 'later' }
  const shown = status === 200 ? shownIn(body) : undefined
  return shown === undefined ? { kind: 'unknown' } : { kind: 'page', shown }
}

/** The entries of a log query's answer; undefined for anything else, and for one that warns. */
function shownIn(body: string): Shown[] | undefined {
  try {
    const answer: unknown = JSON.parse(body)
    const data = isRecord(answer) ? answer['data'] : undefined
    if (!isRecord(answer) || !isRecord(data) || answer['warnings'] !== undefined) return undefined
    const { resultType, result } = data
    return resultType === 'streams' && Array.isArray(result) ? result.flatMap(entriesOfStream) : undefined
  } catch {
    return undefined // cut, or no JSON, or a time that is no number
  }
}

function entriesOfStream(stream: unknown): Shown[] {
  const { stream: labels, values } = isRecord(stream) ? stream : {}
  if (!isRecord(labels) || !Array.isArray(values)) throw new TypeError('not a stream of a log query')
  return values.map((value: unknown) => {
    const [time, line, more]: unknown[] = Array.isArray(value) ? value : []
    if (typeof time !== 'string' || typeof line !== 'string') throw new TypeError('not an entry')
    const metadata = isRecord(more) ? more['structuredMetadata'] : undefined
    return { atNs: BigInt(time), line, pairs: { ...labels, ...(isRecord(metadata) ? metadata : {}) } }
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
