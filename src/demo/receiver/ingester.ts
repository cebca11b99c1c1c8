// The second half of Loki's way in: keeps streams, with their count, their rate and their window behind the
// newest entry. Like Loki it answers for the last stream of a request alone: what befell the others is stored
// or lost silently. Not imitated: splitting a stream over shards when it is fast.

import { type CheckedStream, entryBytes, identityOf } from './checked-stream.ts'
import { goBytes, goSeconds, goTime } from './go-text.ts'
import type { LokiLimits } from './limits.ts'
import type { PushedEntry } from './push-request.ts'
import { Rejection } from './rejection.ts'
import type { EntryStore, StoredStream } from './store.ts'
import { TokenBucket } from './token-bucket.ts'

type LiveStream = {
  readonly stored: StoredStream
  readonly text: string
  readonly rate: TokenBucket
  highestNs: bigint | undefined
  lastEntry: PushedEntry | undefined
}
type Failed = { readonly entry: PushedEntry; readonly why: string; readonly isRated: boolean }

const nsPerMs = 1_000_000n
const maxNamed = 10

export class Ingester {
  readonly #tenant: string
  readonly #limits: LokiLimits
  readonly #store: EntryStore
  readonly #streams: Map<string, LiveStream>

  constructor(tenant: string, limits: LokiLimits, store: EntryStore) {
    this.#tenant = tenant
    this.#limits = limits
    this.#store = store
    this.#streams = new Map(store.streams(tenant).map((stored) => [stored.text, this.#alive(stored)]))
  }

  push(streams: readonly CheckedStream[], nowMs: number): void {
    let last: Rejection | undefined
    for (const stream of streams) last = this.#pushStream(stream, nowMs)
    if (last !== undefined) throw last
  }

  #pushStream(pushed: CheckedStream, nowMs: number): Rejection | undefined {
    const stream = this.#streamOf(pushed)
    if (stream instanceof Rejection) return stream
    const { good, failed } = this.#sort(stream, pushed.entries, nowMs)
    this.#store.append(stream.stored, good)
    for (const entry of good) {
      stream.lastEntry = entry
      if (stream.highestNs === undefined || entry.atNs > stream.highestNs) stream.highestNs = entry.atNs
    }
    if (failed.length === 0) return undefined
    return this.#rejectionOf(stream, failed, pushed.entries.length)
  }

  #streamOf({ labels, text, entries }: CheckedStream): LiveStream | Rejection {
    const known = this.#streams.get(text)
    if (known !== undefined) return known
    const { maxStreams, schemaFromMs } = this.#limits
    if (this.#streams.size >= maxStreams) return tooManyStreams(text, this.#tenant)
    const oldestNs = entries.reduce(
      (oldest, { atNs }) => (atNs < oldest ? atNs : oldest),
      entries[0]?.atNs ?? 0n,
    )
    if (oldestNs < BigInt(schemaFromMs) * nsPerMs) {
      const time = String(oldestNs / nsPerMs)
      return new Rejection(500, `failed to create stream: no schema config found for time ${time}`)
    }
    const stream = this.#alive(this.#store.addStream(this.#tenant, { labels, text }))
    this.#streams.set(text, stream)
    return stream
  }

  #alive(stored: StoredStream): LiveStream {
    const { streamBytesPerSecond, streamBurstBytes } = this.#limits
    const newest = this.#store.newest(stored)
    return {
      stored,
      text: stored.text,
      rate: new TokenBucket(streamBytesPerSecond, streamBurstBytes),
      highestNs: newest?.highestNs,
      lastEntry: newest?.last,
    }
  }

  /** The window moves with each entry taken, inside the batch too; a repeat of the last is passed over. */
  #sort(stream: LiveStream, entries: readonly PushedEntry[], nowMs: number): Sorted {
    const { windowMs, shardsStreams } = this.#limits
    const good: PushedEntry[] = []
    const failed: Failed[] = []
    let highestNs = stream.highestNs
    let lastEntry = stream.lastEntry
    for (const entry of entries) {
      if (lastEntry !== undefined && identityOf(entry) === identityOf(lastEntry)) continue
      const oldestNs = highestNs === undefined ? undefined : highestNs - BigInt(windowMs) * nsPerMs
      if (!shardsStreams && !stream.rate.take(entryBytes(entry), nowMs)) {
        failed.push({ entry, isRated: true, why: this.#rateWords(stream, entryBytes(entry)) })
      } else if (oldestNs !== undefined && entry.atNs < oldestNs) {
        failed.push({ entry, isRated: false, why: behind(entry, oldestNs) })
      } else {
        good.push(entry)
        lastEntry = entry
        if (highestNs === undefined || entry.atNs > highestNs) highestNs = entry.atNs
      }
    }
    const bytes = good.reduce((sum, entry) => sum + entryBytes(entry), 0)
    if (!shardsStreams || stream.rate.take(bytes, nowMs)) return { good, failed }
    const limited = good.map((entry) => {
      return { entry, isRated: true, why: this.#rateWords(stream, entryBytes(entry)) }
    })
    return { good: [], failed: limited }
  }

  #rateWords({ text }: LiveStream, bytes: number): string {
    return (
      `Per stream rate limit exceeded (limit: ${goBytes(this.#limits.streamBytesPerSecond)}/sec) ` +
      `while attempting to ingest for stream '${text}' totaling ${goBytes(bytes)}, ` +
      'consider splitting a stream via additional labels or contact your Loki administrator ' +
      'to see if the limit can be increased'
    )
  }

  /** Ten are named; the last one's kind decides the status. */
  #rejectionOf(stream: LiveStream, failed: readonly Failed[], total: number): Rejection {
    const isRated = failed.at(-1)?.isRated === true
    const named = failed
      .slice(0, maxNamed)
      .map(({ entry, why }) => `entry with timestamp ${goTime(entry.atNs)} ignored, reason: '${why}',\n`)
    const counts = `total ignored: ${failed.length} out of ${total} for stream: ${stream.text}`
    return new Rejection(isRated ? 429 : 400, `${named.join('')}user '${this.#tenant}', ${counts}`)
  }
}

type Sorted = { readonly good: readonly PushedEntry[]; readonly failed: readonly Failed[] }

function behind({ atNs }: PushedEntry, oldestNs: bigint): string {
  const [time, oldest] = [goSeconds(atNs), goSeconds(oldestNs)]
  return `entry too far behind, entry timestamp is: ${time}, oldest acceptable timestamp is: ${oldest}`
}

function tooManyStreams(stream: string, tenant: string): Rejection {
  return new Rejection(
    429,
    `maximum active stream limit exceeded when trying to create stream ${stream}, ` +
      'reduce the number of active streams (reduce labels or reduce label values), or contact your ' +
      `Loki administrator to see if the limit can be increased, user: '${tenant}'`,
  )
}
