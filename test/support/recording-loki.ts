// A gateway before a real Loki that notes every push: when it came, whose it was, what Loki said, and how
// many bytes Loki's rate limit counts of it. It can be away, and it can answer 429 by itself as gateways do.
// For measurements of pacing and for tests of the order of pushes.

import type { ServerResponse } from 'node:http'
import type { PushedEntry } from '../../src/demo/receiver/push-request.ts'
import { type Answer, type Asked, isPush, LokiProxy, sendAnswer, streamsOf } from './loki-proxy.ts'

export type RecordedPush = {
  /** When it had arrived as a whole, and when its answer went back; `performance.now()`. */
  readonly atMs: number
  readonly answeredMs: number
  readonly status: number
  /** The stream's labels as text. */
  readonly labels: string
  readonly lines: number
  /** Lines and structured metadata: what the tenant's limit counts. */
  readonly countedBytes: number
  /** Time of its first and its last entry, ms since the epoch. */
  readonly firstMs: number
  readonly lastMs: number
}

/**
 * How it treats what comes. `away`: pushes get no answer, questions do, so that a service can start.
 * `limiting`: it answers 429 to all pushes in Loki's place.
 */
export type GatewayMode =
  | { readonly kind: 'passing' }
  | { readonly kind: 'away' }
  | { readonly kind: 'limiting'; readonly retryAfterSeconds: number }

export class RecordingLoki {
  readonly pushes: RecordedPush[] = []
  mode: GatewayMode = { kind: 'passing' }
  readonly #proxy: LokiProxy

  private constructor(proxy: LokiProxy) {
    this.#proxy = proxy
    proxy.serve((asked, answer) => this.#serve(asked, answer))
  }

  static async start(lokiUrl: string): Promise<RecordingLoki> {
    return new RecordingLoki(await LokiProxy.start(lokiUrl, { keepAlive: true }))
  }

  get baseUrl(): string {
    return this.#proxy.baseUrl
  }

  stop(): Promise<void> {
    return this.#proxy.stop()
  }

  async #serve(asked: Asked, answer: ServerResponse): Promise<void> {
    const atMs = performance.now()
    if (!isPush(asked)) {
      sendAnswer(answer, await this.#proxy.forward(asked))
      return
    }
    if (this.mode.kind === 'away') {
      answer.destroy()
      return
    }
    const told =
      this.mode.kind === 'limiting'
        ? tooManyRequests(this.mode.retryAfterSeconds)
        : await this.#proxy.forward(asked)
    sendAnswer(answer, told)
    this.#note(asked, { atMs, answeredMs: performance.now(), status: told.status })
  }

  #note(asked: Asked, seen: Pick<RecordedPush, 'atMs' | 'answeredMs' | 'status'>): void {
    for (const { labels, entries } of streamsOf(asked)) {
      const times = entries.map(({ atNs }) => Number(atNs / 1_000_000n))
      const countedBytes = entries.reduce((sum, entry) => sum + countedBytesOf(entry), 0)
      const [firstMs = 0, lastMs = 0] = [times[0], times.at(-1)]
      this.pushes.push({ ...seen, labels, lines: entries.length, countedBytes, firstMs, lastMs })
    }
  }
}

function tooManyRequests(retryAfterSeconds: number): Answer {
  const headers = { 'retry-after': String(retryAfterSeconds), 'content-type': 'text/plain' }
  return { status: 429, headers, body: 'too many requests\n' }
}

function countedBytesOf({ lineBytes, metadata }: PushedEntry): number {
  const pairs = metadata.map(([name, value]) => Buffer.byteLength(name) + Buffer.byteLength(value))
  return pairs.reduce((sum, bytes) => sum + bytes, lineBytes)
}
