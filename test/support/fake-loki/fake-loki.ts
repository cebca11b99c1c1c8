// A strict Loki for fast tests: an HTTP server that takes and refuses pushes by Loki's rules, in Loki's
// words, answers log queries, and does on demand what a Loki in trouble does. It passes the contract suite of
// sinks beside the real one; where they differ, this one is wrong. What it holds survives stop and start,
// like Loki's data directory.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type LokiEntry, type LokiRange, queryLoki } from '../servers/loki-client.ts'
import { Distributor } from './distributor.ts'
import { Ingester } from './ingester.ts'
import { defaultLimits, type FakeLimits } from './limits.ts'
import { decodePush, type PushedStream } from './push-request.ts'
import { labelNames, labelValues, logQueryOf, queryLogs } from './query.ts'
import { Rejection } from './rejection.ts'

export type FakeLokiOptions = {
  readonly limits?: Partial<FakeLimits>
  /** True: requests name their tenant in X-Scope-OrgID; false: all belong to `fake`. */
  readonly isAuthOn?: boolean
  /** What a gateway in front asks for in the Authorization header; all else is 401. */
  readonly authorization?: string
  /** Wall clock, ms since the epoch; default: the system's. */
  readonly nowMs?: () => number
}

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
  readonly headers: IncomingMessage['headers']
  readonly bodyBytes: number
  /** Empty where the body could not be read. */
  readonly streams: readonly PushedStream[]
  /** 204, what it was refused with, or how the connection was treated. */
  readonly result: number | 'hang' | 'reset'
}

type AnswerHeaders = Readonly<Record<string, string>>
type Tenant = { readonly ingester: Ingester; readonly distributor: Distributor }
type Answer = { readonly status: number; readonly body: string; readonly headers?: AnswerHeaders }

const textHeaders = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }

export class FakeLoki {
  /** Every push, faults included; tests count and read them. */
  readonly pushes: PushRecord[] = []
  readonly limits: FakeLimits
  readonly #options: FakeLokiOptions
  readonly #tenants = new Map<string, Tenant>()
  readonly #faults: Fault[] = []
  #server: Server | undefined
  #port = 0
  #notReady: string | undefined

  private constructor(options: FakeLokiOptions) {
    this.#options = options
    this.limits = { ...defaultLimits, ...options.limits }
  }

  static async start(options: FakeLokiOptions = {}): Promise<FakeLoki> {
    const loki = new FakeLoki(options)
    await loki.start()
    return loki
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Listens, on the same port as before a stop. */
  async start(): Promise<void> {
    const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      void this.#handle(request, response)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    // A TCP server has an object as its address.
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** Cuts all connections; nobody listens afterwards. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  /** The next `times` pushes meet this instead. */
  failNext(fault: Fault, times = 1): void {
    for (let index = 0; index < times; index += 1) this.#faults.push(fault)
  }

  /** GET /ready answers 503 with this text; undefined: 200. */
  setNotReady(text: string | undefined): void {
    this.#notReady = text
  }

  /** At most 5,000 entries, oldest first, as a reader gets them: without repeats. */
  query(logql: string, range: LokiRange = {}): Promise<LokiEntry[]> {
    return queryLoki(this.baseUrl, logql, range)
  }

  /** Entries as they were taken, repeats included. */
  storedEntries(tenant = 'fake'): number {
    const streams = this.#tenants.get(tenant)?.ingester.streams ?? []
    return streams.reduce((sum, { entries }) => sum + entries.length, 0)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    if (body === undefined) return // the client went away
    const url = new URL(request.url ?? '/', this.baseUrl)
    if (url.pathname === '/loki/api/v1/push' && request.method === 'POST') {
      this.#handlePush(request, response, body)
      return
    }
    this.#write(
      response,
      this.#attempt(() => this.#read(request, url)),
    )
  }

  #handlePush(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const tenant = header(request, 'x-scope-orgid')
    const base = {
      atMs: this.#nowMs(),
      tenant: tenant ?? 'fake',
      headers: request.headers,
      bodyBytes: body.length,
    }
    const streams = attempt(() => decodePush(body, codingOf(request)))
    const record = (result: PushRecord['result']): void => {
      this.pushes.push({ ...base, streams: streams instanceof Rejection ? [] : streams, result })
    }
    const fault = this.#faults.shift()
    if (fault?.kind === 'hang') return record('hang')
    if (fault?.kind === 'answer') {
      record(fault.status)
      const { status, body = '', headers = {} } = fault
      return this.#write(response, { status, body, headers: { ...textHeaders, ...headers } })
    }
    const answer =
      fault?.kind === 'reset_before_storing'
        ? undefined
        : this.#attempt(() => this.#push(request, streams, body))
    if (fault !== undefined || answer === undefined) {
      record('reset')
      request.socket.resetAndDestroy()
      return
    }
    record(answer.status)
    this.#write(response, answer)
  }

  #push(request: IncomingMessage, streams: PushedStream[] | Rejection, body: Buffer): Answer {
    const tenant = this.#tenantOf(request)
    const { maxBodyBytes } = this.limits
    if (body.length > maxBodyBytes) {
      const why = `message size too large than max (${body.length} vs ${maxBodyBytes})`
      throw new Rejection(413, `request body too large: ${why}`)
    }
    if (streams instanceof Rejection) throw streams
    tenant.distributor.push(streams, this.#nowMs())
    return { status: 204, body: '' }
  }

  #read(request: IncomingMessage, url: URL): Answer {
    const path = url.pathname
    if (path === '/loki/api/v1/push') return { status: 405, body: '' }
    if (path === '/ready') return this.#readiness()
    if (path === '/loki/api/v1/status/buildinfo') return json({ version: '', revision: '', goVersion: '' })
    if (!path.startsWith('/loki/api/v1/')) throw new Rejection(404, '404 page not found')
    const { streams } = this.#tenantOf(request).ingester
    const values = /^\/loki\/api\/v1\/label\/([^/]+)\/values$/.exec(path)?.[1]
    if (values !== undefined) return success(labelValues(streams, decodeURIComponent(values)))
    if (path === '/loki/api/v1/labels') return success(labelNames(streams))
    if (path !== '/loki/api/v1/query_range') throw new Rejection(404, '404 page not found')
    const flags = header(request, 'x-loki-response-encoding-flags') ?? ''
    const query = logQueryOf(url.searchParams, { flags, nowMs: this.#nowMs() })
    return success(queryLogs(streams, query, this.limits))
  }

  #readiness(): Answer {
    if (this.#notReady === undefined) return { status: 200, body: 'ready\n', headers: textHeaders }
    throw new Rejection(503, this.#notReady)
  }

  #tenantOf(request: IncomingMessage): Tenant {
    const { authorization, isAuthOn } = this.#options
    if (authorization !== undefined && request.headers.authorization !== authorization) {
      throw new Rejection(401, 'unauthorized')
    }
    const asked = header(request, 'x-scope-orgid')
    if (isAuthOn === true && asked === undefined) throw new Rejection(401, 'no org id')
    if (isAuthOn === true && asked?.includes('|')) throw new Rejection(400, 'multiple org IDs present')
    const name = isAuthOn === true ? (asked ?? '') : 'fake'
    const known = this.#tenants.get(name)
    if (known !== undefined) return known
    const ingester = new Ingester(name, this.limits)
    const tenant = { ingester, distributor: new Distributor(name, this.limits, ingester) }
    this.#tenants.set(name, tenant)
    return tenant
  }

  #attempt(work: () => Answer): Answer {
    const answer = attempt(work)
    if (!(answer instanceof Rejection)) return answer
    return { status: answer.status, body: `${answer.message}\n`, headers: textHeaders }
  }

  #write(response: ServerResponse, { status, body, headers = {} }: Answer): void {
    response.writeHead(status, { ...headers, date: new Date(this.#nowMs()).toUTCString() })
    response.end(body)
  }

  #nowMs(): number {
    return this.#options.nowMs?.() ?? Date.now()
  }
}

function attempt<T>(work: () => T): T | Rejection {
  try {
    return work()
  } catch (error) {
    if (error instanceof Rejection) return error
    throw error
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
    return Buffer.concat(chunks)
  } catch {
    return undefined
  }
}

function codingOf(request: IncomingMessage): { contentType: string; contentEncoding: string } {
  return {
    contentType: header(request, 'content-type') ?? '',
    contentEncoding: header(request, 'content-encoding') ?? '',
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  return [request.headers[name]].flat()[0]
}

function success(data: unknown): Answer {
  return json({ status: 'success', data })
}

function json(value: unknown): Answer {
  return { status: 200, body: JSON.stringify(value), headers: { 'content-type': 'application/json' } }
}
