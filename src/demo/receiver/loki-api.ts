// Loki's HTTP interface as a function from request to answer: pushes by Loki's rules and in Loki's words, and
// the questions of a person's first steps and of Grafana's data source. It passes the contract suite of sinks
// beside the real Loki; where they differ, this one is wrong. The demo serves it, and so does the tests'
// fake.

import { Distributor } from './distributor.ts'
import { Ingester } from './ingester.ts'
import { defaultLimits, type LokiLimits } from './limits.ts'
import type { Answer, Asked, Connection } from './listener.ts'
import { parseQuery, parseSelector } from './logql.ts'
import { decodePush } from './push-request.ts'
import {
  instantQuestionOf,
  labelNames,
  labelValues,
  queryInstant,
  queryRange,
  rangeQuestionOf,
  type Shelf,
  type Surroundings,
} from './query.ts'
import { Rejection } from './rejection.ts'
import { EntryStore } from './store.ts'
import { tailQuestionOf, Tails } from './tails.ts'

export type LokiApiOptions = {
  readonly limits?: Partial<LokiLimits>
  /** True: requests name their tenant in X-Scope-OrgID; false: all belong to `fake`. */
  readonly isAuthOn?: boolean
  /** What a gateway in front asks for in the Authorization header; all else is 401. */
  readonly authorization?: string
  /** Wall clock, ms since the epoch; default: the system's. */
  readonly nowMs?: () => number
  /** Where entries are kept; default: in memory. */
  readonly file?: string
  /** Bytes of entries that are kept; default: 256 MiB. */
  readonly maxStoredBytes?: number
}

type Tenant = Shelf & { readonly distributor: Distributor }

export const textHeaders = {
  'content-type': 'text/plain; charset=utf-8',
  'x-content-type-options': 'nosniff',
}

const defaultStoredBytes = 256 * 1024 * 1024
const prefix = '/loki/api/v1'

export class LokiApi {
  readonly limits: LokiLimits
  readonly #options: LokiApiOptions
  readonly #store: EntryStore
  readonly #tenants = new Map<string, Tenant>()
  readonly #tails = new Tails()
  #notReady: string | undefined

  constructor(options: LokiApiOptions = {}) {
    this.#options = options
    this.limits = { ...defaultLimits, ...options.limits }
    this.#store = new EntryStore(options.file ?? ':memory:', options.maxStoredBytes ?? defaultStoredBytes)
  }

  answer(asked: Asked): Answer {
    try {
      const isPush = asked.url.pathname === `${prefix}/push` && asked.method === 'POST'
      return isPush ? this.#push(asked) : this.#read(asked)
    } catch (error) {
      return refusal(error)
    }
  }

  /** Makes the connection of a request for a live tail a WebSocket; all else is answered. */
  async upgrade(asked: Asked, connection: Connection): Promise<Answer | undefined> {
    if (asked.url.pathname !== `${prefix}/tail`) return this.answer(asked)
    try {
      const shelf = this.#tenantOf(asked)
      await this.#tails.open(
        tailQuestionOf(shelf, asked.url.searchParams, this.#surroundings(asked)),
        connection,
      )
      return undefined
    } catch (error) {
      return refusal(error)
    }
  }

  /** Tells those who tail that it ends. */
  endTails(): void {
    this.#tails.end()
  }

  /** GET /ready answers 503 with this text; undefined: 200. */
  setNotReady(text: string | undefined): void {
    this.#notReady = text
  }

  /** Entries as they were taken, repeats included. */
  storedEntries(tenant = 'fake'): number {
    return this.#store.count(tenant)
  }

  close(): void {
    this.#store.close()
  }

  nowMs(): number {
    return this.#options.nowMs?.() ?? Date.now()
  }

  #push(asked: Asked): Answer {
    const tenant = this.#tenantOf(asked)
    const { maxBodyBytes } = this.limits
    if (asked.bodyBytes > maxBodyBytes) {
      const why = `message size too large than max (${asked.bodyBytes} vs ${maxBodyBytes})`
      throw new Rejection(413, `request body too large: ${why}`)
    }
    const coding = {
      contentType: header(asked, 'content-type') ?? '',
      contentEncoding: header(asked, 'content-encoding') ?? '',
    }
    tenant.distributor.push(decodePush(asked.body, coding), this.nowMs())
    return { status: 204, body: '' }
  }

  #read(asked: Asked): Answer {
    const path = asked.url.pathname
    if (path === `${prefix}/push`) return { status: 405, body: '' }
    if (path === '/ready') return this.#readiness()
    if (path === `${prefix}/status/buildinfo`) return json({ version: '', revision: '', goVersion: '' })
    if (!path.startsWith(`${prefix}/`)) throw new Rejection(404, '404 page not found')
    const tenant = this.#tenantOf(asked)
    const data = this.#dataOf(path.slice(prefix.length), asked, tenant)
    return json({ status: 'success', data })
  }

  #dataOf(path: string, asked: Asked, tenant: Tenant): unknown {
    const { searchParams } = asked.url
    const surroundings = this.#surroundings(asked)
    const streams = tenant.store.streams(tenant.name)
    const named = /^\/label\/([^/]+)\/values$/.exec(path)?.[1]
    if (named !== undefined) return labelValues(streams, decodeURIComponent(named))
    switch (path) {
      case '/labels':
        return labelNames(streams)
      case '/series': {
        const matchers = searchParams.getAll('match[]').map(parseSelector)
        const isAsked = (labels: ReadonlyMap<string, string>) => matchers.some((matches) => matches(labels))
        return streams
          .map(({ labels }) => new Map(labels))
          .filter(isAsked)
          .map(plain)
      }
      case '/query_range': {
        const query = parseQuery(searchParams.get('query') ?? '')
        return queryRange(tenant, query, rangeQuestionOf(searchParams, surroundings))
      }
      case '/query': {
        const query = parseQuery(searchParams.get('query') ?? '')
        return queryInstant(tenant, query, instantQuestionOf(searchParams, surroundings))
      }
      case '/tail': {
        tailQuestionOf(tenant, searchParams, surroundings)
        throw new Rejection(400, 'Bad Request') // it is no WebSocket
      }
      default:
        throw new Rejection(404, '404 page not found')
    }
  }

  #surroundings(asked: Asked): Surroundings {
    const flags = header(asked, 'x-loki-response-encoding-flags') ?? ''
    return { categorizes: flags.includes('categorize-labels'), nowMs: this.nowMs() }
  }

  #readiness(): Answer {
    if (this.#notReady === undefined) return { status: 200, body: 'ready\n', headers: textHeaders }
    throw new Rejection(503, this.#notReady)
  }

  #tenantOf(asked: Asked): Tenant {
    const { authorization, isAuthOn } = this.#options
    if (authorization !== undefined && asked.headers.authorization !== authorization) {
      throw new Rejection(401, 'unauthorized')
    }
    const named = header(asked, 'x-scope-orgid')
    if (isAuthOn === true && named === undefined) throw new Rejection(401, 'no org id')
    if (isAuthOn === true && named?.includes('|')) throw new Rejection(400, 'multiple org IDs present')
    const name = isAuthOn === true ? (named ?? '') : 'fake'
    const known = this.#tenants.get(name)
    if (known !== undefined) return known
    const { limits } = this
    const ingester = new Ingester(name, limits, this.#store)
    const distributor = new Distributor(name, limits, ingester)
    const tenant = { name, store: this.#store, limits, distributor }
    this.#tenants.set(name, tenant)
    return tenant
  }
}

function header({ headers }: Asked, name: string): string | undefined {
  return [headers[name]].flat()[0]
}

function refusal(error: unknown): Answer {
  if (!(error instanceof Rejection)) throw error
  return { status: error.status, body: `${error.message}\n`, headers: textHeaders }
}

function plain(labels: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(labels)
}

function json(value: unknown): Answer {
  return { status: 200, body: JSON.stringify(value), headers: { 'content-type': 'application/json' } }
}
