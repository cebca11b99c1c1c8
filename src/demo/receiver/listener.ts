// The receiver's HTTP server, on loopback alone: reads requests of a bounded size, hands each to a handler
// and writes its answer. It can be stopped and started again on the same port, which is how Loki goes away.

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Asked = {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  /** Empty where it was larger than the bound. */
  readonly body: Buffer
  readonly bodyBytes: number
}

export type AnswerHeaders = Readonly<Record<string, string>>
export type Answer = { readonly status: number; readonly body: string; readonly headers?: AnswerHeaders }

/** `hang`: no answer until the server stops. `reset`: the connection is cut. */
export type Reply = Answer | 'hang' | 'reset'

export type ListenerOptions = {
  readonly handle: (asked: Asked) => Reply
  readonly maxBodyBytes: number
  /** Wall clock of the `Date` header, ms since the epoch. */
  readonly nowMs: () => number
  /** 0, the default, is any free one. */
  readonly port?: number
}

const host = '127.0.0.1'

export class Listener {
  readonly #options: ListenerOptions
  #server: Server | undefined
  #port: number

  constructor(options: ListenerOptions) {
    this.#options = options
    this.#port = options.port ?? 0
  }

  get baseUrl(): string {
    return `http://${host}:${this.#port}`
  }

  get isListening(): boolean {
    return this.#server !== undefined
  }

  /** Listens, on the same port as before a stop; rejects where that is taken. */
  async start(): Promise<void> {
    const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      void this.#serve(request, response)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, host, resolve)
    })
    this.#port = (server.address() as AddressInfo).port // a TCP server has an object as its address
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

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const content = await contentOf(request, this.#options.maxBodyBytes)
    if (content === undefined) return // the client went away
    const { method = 'GET', headers } = request
    const reply = this.#reply({ method, url: new URL(request.url ?? '/', this.baseUrl), headers, ...content })
    if (reply === 'hang') return
    if (reply === 'reset') return void request.socket.resetAndDestroy()
    const date = new Date(this.#options.nowMs()).toUTCString()
    response.writeHead(reply.status, { ...reply.headers, date }).end(reply.body)
  }

  #reply(asked: Asked): Reply {
    try {
      return this.#options.handle(asked)
    } catch (error) {
      return { status: 500, body: `${error instanceof Error ? error.message : String(error)}\n` }
    }
  }
}

/** What is over the bound is read and dropped, so that the client hears why. */
async function contentOf(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Pick<Asked, 'body' | 'bodyBytes'> | undefined> {
  const chunks: Buffer[] = []
  let bodyBytes = 0
  try {
    for await (const chunk of request) {
      const bytes = chunk as Buffer // no encoding is set
      bodyBytes += bytes.length
      if (bodyBytes <= maxBytes) chunks.push(bytes)
    }
  } catch {
    return undefined
  }
  return { body: bodyBytes > maxBytes ? Buffer.alloc(0) : Buffer.concat(chunks), bodyBytes }
}
