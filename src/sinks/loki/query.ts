// One page of a log query: the entries that Loki shows of a stream between two times. Called by lookup.ts and
// view.ts; what an answer without entries means is theirs to say.

import type { Answer, LokiClient, NoAnswer } from './client.ts'

/** One entry as Loki shows it. Labels and metadata are in one: older Lokis do not tell them apart. */
export type ShownEntry = {
  readonly atNs: bigint
  readonly line: string
  readonly pairs: Readonly<Record<string, unknown>>
}

export type PageQuestion = {
  readonly pushUrl: string
  /** The stream's text, which is a selector as well: streams with more labels match too. */
  readonly stream: string
  readonly fromNs: bigint
  /** Exclusive. */
  readonly untilNs: bigint
  readonly limit: number
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export type PageAnswer = {
  readonly answer: Answer | NoAnswer
  /** Oldest first; none where the answer is another one, is cut, or warns that it is not whole. */
  readonly shown?: readonly ShownEntry[]
}

/** Loki's own bound of an answer (4 MiB), with the escapes of JSON. */
const maxPageBytes = 8 * 1024 * 1024

export async function askPage(client: LokiClient, question: PageQuestion): Promise<PageAnswer> {
  const { timeoutMs, signal } = question
  const answer = await client.ask({
    url: queryUrl(question),
    headers: { 'cache-control': 'no-store', 'x-loki-response-encoding-flags': 'categorize-labels' },
    maxAnswerBytes: maxPageBytes,
    timeoutMs,
    signal,
  })
  const shown = answer.kind === 'answer' && answer.status === 200 ? shownIn(answer.body) : undefined
  return shown === undefined ? { answer } : { answer, shown }
}

function queryUrl({ pushUrl, stream, fromNs, untilNs, limit }: PageQuestion): string {
  const url = new URL('query_range', pushUrl)
  const range = { start: String(fromNs), end: String(untilNs), limit: String(limit) }
  url.search = String(new URLSearchParams({ query: stream, ...range, direction: 'forward' }))
  return url.href
}

function shownIn(body: string): ShownEntry[] | undefined {
  try {
    const answer: unknown = JSON.parse(body)
    const data = isRecord(answer) ? answer['data'] : undefined
    if (!isRecord(answer) || !isRecord(data) || answer['warnings'] !== undefined) return undefined
    const { resultType, result } = data
    if (resultType !== 'streams' || !Array.isArray(result)) return undefined
    return result.flatMap(entriesOfStream).sort((left, right) => Number(left.atNs - right.atNs))
  } catch {
    return undefined // cut, or no JSON, or a time that is no number
  }
}

function entriesOfStream(stream: unknown): ShownEntry[] {
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
