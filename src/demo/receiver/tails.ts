// Loki's live tail, by which `logcli query --tail` and Grafana's live mode follow a query: over a WebSocket
// come the newest entries since a start, and then each entry once, as it is stored. Bounded: so many tails at
// once, and a client that does not read is cut off. ws is loaded for the first of them.

import type { WebSocket, WebSocketServer } from 'ws'
import type { Connection } from './listener.ts'
import { parseQuery, type LogQuery, type Query } from './logql.ts'
import {
  type Found,
  groupedByStream,
  hourNs,
  order,
  pageOf,
  passing,
  type Shelf,
  type Surroundings,
  timeOf,
} from './query.ts'
import { Rejection } from './rejection.ts'

export type TailQuestion = {
  readonly shelf: Shelf
  readonly query: Query
  readonly startNs: bigint
  /** How many entries of before come first. */
  readonly limit: number
  /** How long entries wait for others with an earlier time. */
  readonly delayMs: number
  readonly categorizes: boolean
}

/** The largest time that the store holds. */
const latestNs = 2n ** 63n - 1n
/** These two are Loki's. */
const maxTails = 10
const maxDelaySeconds = 5
/** Two pushes as large as Loki takes; what the kernel holds comes on top. */
const maxUnsentBytes = 8 * 1024 * 1024
/** Nothing that a client says is read. */
const maxMessageBytes = 1_024
const pingMs = 1_000
/** What a WebSocket is closed with: the server ends, and it cannot do what it was asked to. */
const goingAway = 1_001
const refused = 1_011

/** The parameters of GET tail, with Loki's defaults; throws the Rejection that comes before the WebSocket. */
export function tailQuestionOf(
  shelf: Shelf,
  parameters: URLSearchParams,
  { categorizes, nowMs }: Surroundings,
): TailQuestion {
  const query = parseQuery(parameters.get('query') ?? '')
  const limit = Number(parameters.get('limit') ?? 100)
  if (!Number.isInteger(limit) || limit <= 0) throw new Rejection(400, 'limit must be a positive value')
  const delaySeconds = Number(parameters.get('delay_for') ?? 0)
  if (!Number.isInteger(delaySeconds) || delaySeconds < 0) {
    throw new Rejection(400, 'delay_for must be a number of seconds')
  }
  if (delaySeconds > maxDelaySeconds) {
    throw new Rejection(400, `delay_for can't be greater than ${maxDelaySeconds}`)
  }
  const startNs = timeOf(parameters.get('start')) ?? BigInt(Math.round(nowMs)) * 1_000_000n - hourNs
  return { shelf, query, startNs, limit, delayMs: delaySeconds * 1_000, categorizes }
}

export class Tails {
  readonly #open = new Set<WebSocket>()
  #server: WebSocketServer | undefined

  /** Resolves when the connection is a WebSocket; why a query cannot be tailed is said in its close. */
  async open(question: TailQuestion, { request, socket, head }: Connection): Promise<void> {
    const ws = await import('ws')
    this.#server ??= new ws.WebSocketServer({ noServer: true, maxPayload: maxMessageBytes })
    this.#server.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => client.terminate())
      try {
        this.#follow(client, question)
      } catch (error) {
        if (!(error instanceof Rejection)) throw error
        client.close(refused, error.message)
      }
    })
  }

  end(): void {
    for (const client of this.#open) client.close(goingAway)
  }

  #follow(client: WebSocket, question: TailQuestion): void {
    const { query } = question
    if (query.kind !== 'logs') throw new Rejection(400, 'only log selector is supported')
    if (this.#open.size >= maxTails) {
      const counts = `count > limit (${maxTails + 1} > ${maxTails})`
      throw new Rejection(400, `max concurrent tail requests limit exceeded, ${counts}`)
    }
    const stop = follow(client, question, query)
    this.#open.add(client)
    client.once('close', () => {
      this.#open.delete(client)
      stop()
    })
  }
}

/** Nothing is stored between the look at what is there and the watch, so nothing is missed or told twice. */
function follow(client: WebSocket, question: TailQuestion, query: LogQuery): () => void {
  const { shelf, startNs, delayMs, categorizes } = question
  const limit = Math.min(question.limit, shelf.limits.maxQueryEntries)
  const newest = pageOf(shelf, query, { startNs, endNs: latestNs, limit, isForward: false })
  send(client, inTime(newest), categorizes)
  let waiting: Found[] = []
  let delay: NodeJS.Timeout | undefined
  const sendWaiting = (): void => {
    delay = undefined
    send(client, inTime(waiting), categorizes)
    waiting = []
  }
  const unwatch = shelf.store.watch((stream, entries) => {
    if (stream.tenant !== shelf.name || !query.matches(new Map(stream.labels))) return
    waiting = waiting.concat(passing(query, stream, entries))
    delay ??= setTimeout(sendWaiting, delayMs)
  })
  const pings = setInterval(() => client.ping(), pingMs)
  return () => {
    unwatch()
    clearTimeout(delay)
    clearInterval(pings)
  }
}

function inTime(rows: readonly Found[]): Found[] {
  return rows.toSorted((a, b) => order(a.entry.atNs, b.entry.atNs))
}

function send(client: WebSocket, rows: readonly Found[], categorizes: boolean): void {
  if (rows.length === 0) return
  if (client.bufferedAmount > maxUnsentBytes) return client.terminate()
  // Each entry for itself, so that entries of several streams come in the order of their times.
  const streams = rows.flatMap((row) => groupedByStream([row], categorizes))
  client.send(JSON.stringify({ streams, ...(categorizes && { encodingFlags: ['categorize-labels'] }) }))
}
