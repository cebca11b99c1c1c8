// What all proxies before a real Loki share: a server on a free loopback port that hands over each request
// with its body, and a way to pass one on. Where Loki is away, the connection breaks.

import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { decodePush, type PushedStream } from '../../src/demo/receiver/push-request.ts'

export const pushPath = '/loki/api/v1/push'

export type Asked = {
  readonly method: string
  readonly path: string
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Buffer
}

export type Answer = {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Buffer | string
}

export class LokiProxy {
  readonly #target: URL
  readonly #server: Server
  readonly #agent: Agent

  private constructor(lokiUrl: string, server: Server, { keepAlive }: { readonly keepAlive: boolean }) {
    this.#target = new URL(lokiUrl)
    this.#server = server
    this.#agent = new Agent({ keepAlive })
  }

  /** Without `keepAlive` each request has a connection of its own: none that Loki closed on a kill. */
  static async start(lokiUrl: string, { keepAlive = false } = {}): Promise<LokiProxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new LokiProxy(lokiUrl, server, { keepAlive })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port // it listens on a TCP port
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** What becomes of each request; called once, before the first. */
  serve(handle: (asked: Asked, answer: ServerResponse) => Promise<void>): void {
    this.#server.on('request', (incoming, answer) => {
      serveOne(incoming, answer, handle).catch(() => answer.destroy()) // Loki is away: so is this
    })
  }

  /** Loki's answer. */
  forward({ method, path, headers, body }: Asked): Promise<Answer> {
    const { hostname, port, host } = this.#target
    const options = { hostname, port, path, method, agent: this.#agent, headers: { ...headers, host } }
    return new Promise((resolve, reject) => {
      const outgoing = request(options, (response) => {
        const { statusCode: status = 502 } = response
        buffer(response).then((text) => resolve({ status, headers: response.headers, body: text }), reject)
      })
      outgoing.once('error', reject)
      outgoing.end(body)
    })
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    this.#agent.destroy()
    await closed
  }
}

/** A push, and not the empty one that asks whether pushes are taken. */
export function isPush({ path, body }: Asked): boolean {
  return path === pushPath && body.length > 2
}

/** What is pushed, by the request's own headers; throws where it is no push. */
export function streamsOf({ body, headers }: Asked): PushedStream[] {
  const [contentType = ''] = [headers['content-type']].flat()
  const [contentEncoding = ''] = [headers['content-encoding']].flat()
  return decodePush(body, { contentType, contentEncoding })
}

export function sendAnswer(answer: ServerResponse, { status, headers, body }: Answer): void {
  answer.writeHead(status, headers).end(body)
}

async function serveOne(
  incoming: IncomingMessage,
  answer: ServerResponse,
  handle: (asked: Asked, answer: ServerResponse) => Promise<void>,
): Promise<void> {
  const { method = 'GET', url: path = '/', headers } = incoming
  await handle({ method, path, headers, body: await buffer(incoming) }, answer)
}
