// A gateway before a real Loki that notes every push: when it came, whose it was, what Loki said, and how
// many bytes Loki's rate limit counts of it. It can be away, and it can answer 429 by itself as gateways do.
// For measurements of pacing and for tests of the order of pushes.

import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodePush, type PushedEntry } from '../../src/demo/receiver/push-request.ts'

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

const pushPath = '/loki/api/v1/push'
const protobuf = { contentType: 'application/x-protobuf', contentEncoding: '' } as const

export class RecordingLoki {
  readonly pushes: RecordedPush[] = []
  mode: GatewayMode = { kind: 'passing' }
  readonly #target: URL
  readonly #server: Server
  readonly #agent = new Agent({ keepAlive: true })

  private constructor(target: URL, server: Server) {
    this.#target = target
    this.#server = server
  }

  static async start(lokiUrl: string): Promise<RecordingLoki> {
    const server = createServer()
    const recording = new RecordingLoki(new URL(lokiUrl), server)
    server.on('request', (asked, answer) => {
      recording.#serve(asked, answer).catch(() => answer.destroy()) // Loki is away: so is this
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return recording
  }

  get baseUrl(): string {
    const { port } = this.#server.address() as AddressInfo // it listens on a TCP port
    return `http://127.0.0.1:${port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#agent.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await bodyOf(asked)
    const atMs = performance.now()
    const isPush = asked.url === pushPath && body.length > 2
    if (isPush && this.mode.kind === 'away') {
      answer.destroy()
      return
    }
    const { status, headers, text } =
      isPush && this.mode.kind === 'limiting'
        ? tooManyRequests(this.mode.retryAfterSeconds)
        : await this.#forward(asked, body)
    answer.writeHead(status, headers).end(text)
    if (isPush) this.#note(body, { atMs, answeredMs: performance.now(), status })
  }

  #note(body: Buffer, seen: Pick<RecordedPush, 'atMs' | 'answeredMs' | 'status'>): void {
    for (const { labels, entries } of decodePush(body, protobuf)) {
      const times = entries.map(({ atNs }) => Number(atNs / 1_000_000n))
      const countedBytes = entries.reduce((sum, entry) => sum + countedBytesOf(entry), 0)
      const [firstMs = 0, lastMs = 0] = [times[0], times.at(-1)]
      this.pushes.push({ ...seen, labels, lines: entries.length, countedBytes, firstMs, lastMs })
    }
  }

  #forward(asked: IncomingMessage, body: Buffer): Promise<Forwarded> {
    const { hostname, port, host } = this.#target
    const { method = 'GET', url: path = '/', headers } = asked
    return new Promise((resolve, reject) => {
      const options = { hostname, port, path, method, agent: this.#agent, headers: { ...headers, host } }
      const outgoing = request(options, (response) => {
        const { statusCode: status = 502 } = response
        bodyOf(response).then((text) => resolve({ status, headers: response.headers, text }), reject)
      })
      outgoing.once('error', reject)
      outgoing.end(body)
    })
  }
}

type Forwarded = {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: Buffer
}

function tooManyRequests(retryAfterSeconds: number): Forwarded {
  const headers = { 'retry-after': String(retryAfterSeconds), 'content-type': 'text/plain' }
  return { status: 429, headers, text: Buffer.from('too many requests\n') }
}

function countedBytesOf({ lineBytes, metadata }: PushedEntry): number {
  const pairs = metadata.map(([name, value]) => Buffer.byteLength(name) + Buffer.byteLength(value))
  return pairs.reduce((sum, bytes) => sum + bytes, lineBytes)
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer) // no encoding is set
  return Buffer.concat(parts)
}
