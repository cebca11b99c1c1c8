// A strict Loki for fast tests: the demo's receiver behind an HTTP server that notes every push and does on
// demand what a Loki in trouble does. What it holds survives stop and start, like Loki's data directory.

import type { IncomingHttpHeaders } from 'node:http'
import { type AnswerHeaders, type Asked, Listener, type Reply } from '../../src/demo/receiver/listener.ts'
import { LokiApi, type LokiApiOptions, textHeaders } from '../../src/demo/receiver/loki-api.ts'
import { decodePush, type PushedStream } from '../../src/demo/receiver/push-request.ts'
import { type LokiEntry, type LokiRange, queryLoki } from './servers/loki-client.ts'

export type FakeLokiOptions = LokiApiOptions

/** What becomes of a push instead of, or after, its being taken. */
export type Fault =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly body?: string
      readonly headers?: AnswerHeaders
    }
  /** Neither stores nor answers until the server stops. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset_before_storing' }
  | { readonly kind: 'reset_after_storing' }

/** One push that came, in the order of arrival. */
export type PushRecord = {
  readonly atMs: number
  readonly tenant: string
  readonly headers: IncomingHttpHeaders
  readonly bodyBytes: number
  /** Empty where the body could not be read. */
  readonly streams: readonly PushedStream[]
  /** 204, what it was refused with, or how the connection was treated. */
  readonly result: number | 'hang' | 'reset'
}

export class FakeLoki {
  /** Every push, faults included; tests count and read them. */
  readonly pushes: PushRecord[] = []
  readonly #api: LokiApi
  readonly #listener: Listener
  readonly #faults: Fault[] = []

  private constructor(options: FakeLokiOptions) {
    const api = new LokiApi(options)
    this.#api = api
    this.#listener = new Listener({
      handle: (asked) => this.#handle(asked),
      upgrade: (asked, connection) => api.upgrade(asked, connection),
      maxBodyBytes: api.limits.maxBodyBytes,
      nowMs: () => api.nowMs(),
    })
  }

  static async start(options: FakeLokiOptions = {}): Promise<FakeLoki> {
    const loki = new FakeLoki(options)
    await loki.start()
    return loki
  }

  get baseUrl(): string {
    return this.#listener.baseUrl
  }

  /** Listens, on the same port as before a stop. */
  start(): Promise<void> {
    return this.#listener.start()
  }

  /** Cuts all connections; nobody listens afterwards. */
  stop(): Promise<void> {
    return this.#listener.stop()
  }

  /** The next `times` pushes meet this instead. */
  failNext(fault: Fault, times = 1): void {
    for (let index = 0; index < times; index += 1) this.#faults.push(fault)
  }

  /** GET /ready answers 503 with this text; undefined: 200. */
  setNotReady(text: string | undefined): void {
    this.#api.setNotReady(text)
  }

  /** At most 5,000 entries, oldest first, as a reader gets them: without repeats. */
  query(logql: string, range: LokiRange = {}): Promise<LokiEntry[]> {
    return queryLoki(this.baseUrl, logql, range)
  }

  /** Entries as they were taken, repeats included. */
  storedEntries(tenant = 'fake'): number {
    return this.#api.storedEntries(tenant)
  }

  #handle(asked: Asked): Reply {
    const isPush = asked.url.pathname === '/loki/api/v1/push' && asked.method === 'POST'
    if (!isPush) return this.#api.answer(asked)
    const atMs = this.#api.nowMs()
    const reply = this.#replyToPush(asked)
    const { headers, bodyBytes } = asked
    const tenant = [headers['x-scope-orgid']].flat()[0] ?? 'fake'
    const result = typeof reply === 'string' ? reply : reply.status
    this.pushes.push({ atMs, tenant, headers, bodyBytes, streams: streamsOf(asked), result })
    return reply
  }

  #replyToPush(asked: Asked): Reply {
    const fault = this.#faults.shift()
    if (fault === undefined) return this.#api.answer(asked)
    if (fault.kind === 'hang') return 'hang'
    if (fault.kind === 'answer') {
      return { status: fault.status, body: fault.body ?? '', headers: { ...textHeaders, ...fault.headers } }
    }
    if (fault.kind === 'reset_after_storing') this.#api.answer(asked)
    return 'reset'
  }
}

function streamsOf({ body, headers }: Asked): PushedStream[] {
  const contentEncoding = [headers['content-encoding']].flat()[0] ?? ''
  try {
    return decodePush(body, { contentType: headers['content-type'] ?? '', contentEncoding })
  } catch {
    return []
  }
}
