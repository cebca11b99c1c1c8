// Asks Loki which entries of a push it has, where the answer to that push was lost and a retry was refused:
// a log query of the stream over the time of the entries. Called by the sink. What is found is stored; what
// is not found is absent only where Loki would show it for sure. Whatever goes wrong is "unknown" or "later".

import type { Lookup, Metadata, PushBody } from '../../core/sink.ts'
import type { Answer, LokiClient, NoAnswer } from './client.ts'
import { lokiCodec } from './codec.ts'
import { askPage, type ShownEntry } from './query.ts'
import type { SinkClock } from './sink.ts'

export type Asked = {
  readonly client: LokiClient
  readonly pushUrl: string
  readonly clock: SinkClock
}

const pageEntries = 1_000
/** More than that are of other writers to the same labels. */
const maxPages = 20
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
  const shown: ShownEntry[] = []
  let startNs = entries[0]?.atNs ?? 0n
  for (let page = 0; page < maxPages; page += 1) {
    const timeoutMs = Math.max(1, Math.ceil(deadlineMs - clock.monotonicMs()))
    const question = { pushUrl: asked.pushUrl, stream: body.stream, fromNs: startNs, untilNs: endNs }
    const read = await askPage(client, { ...question, limit: pageEntries, timeoutMs, signal })
    if (read.shown === undefined) return withoutEntries(read.answer)
    shown.push(...read.shown)
    if (read.shown.length < pageEntries) return verdictOn(entries, shown, nowNsOf(read.answer, clock))
    const latestNs = read.shown.at(-1)?.atNs ?? startNs
    if (latestNs === startNs) break // a page of one nanosecond: the next one would be the same
    startNs = latestNs
  }
  return { kind: 'unknown' }
}

type Own = { readonly atNs: bigint; readonly line: string; readonly metadata: Metadata }

/** Another entry at the time of ours may be ours in another form, so it proves nothing. */
function verdictOn(entries: readonly Own[], shown: readonly ShownEntry[], nowNs: bigint): Lookup {
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

function isSame({ line, metadata }: Own, shown: ShownEntry): boolean {
  return line === shown.line && metadata.every(([name, value]) => shown.pairs[name] === value)
}

/** By Loki's clock, where it tells: ours may be the reason for the refusal. */
function nowNsOf(answer: Answer | NoAnswer, clock: SinkClock): bigint {
  const dateMs = answer.kind === 'answer' ? Date.parse(answer.date ?? '') : Number.NaN
  return BigInt(Math.round(Number.isNaN(dateMs) ? clock.nowMs() : dateMs)) * 1_000_000n
}

function withoutEntries(answer: Answer | NoAnswer): Exclude<Lookup, { kind: 'known' }> {
  if (answer.kind === 'no_answer') return { kind: 'later' }
  const { status, body } = answer
  // gRPC's words about the answer to be: the next one would be as large.
  if (status >= 500 && body.includes('larger than max')) return { kind: 'unknown' }
  return { kind: status === 408 || status === 429 || status >= 500 ? 'later' : 'unknown' }
}
