// The receiver's HTTP server, on loopback alone: reads requests of a bounded size, hands each to a handler
// and writes its answer, or lets the handler take over the connection. It can be stopped and started again on
// the same port, which is how Loki goes away.

import { createServer, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

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

/** What an upgrade takes over: the request, its connection, and what came after the request. */
export type Connection = {
  readonly request: IncomingMessage
  readonly socket: Socket
  readonly head: Buffer
}

/** `hang`: no answer until the server stops. `reset`: the connection is cut. */
export type Reply = Answer | 'hang' | 'reset'

export type ListenerOptions = {
  readonly handle: (asked: Asked) => Reply
  /** A request that wants another protocol: takes its connection over (undefined), or answers it. */
  readonly upgrade: (asked: Asked, connection: Connection) => Promise<Answer | undefined>
  readonly maxBodyBytes: number
  /** Wall clock of the `Date` header, ms since the epoch. */
  readonly nowMs: () => number
  /** 0, the default, is any free one. */
  readonly port?: number
}

const host = '127.0.0.1'

export class Listener {
  readonly #options: ListenerOptions
  readonly #upgraded = new Set<Socket>()
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
    server.on('upgrade', (request, duplex, head) => {
      const socket = duplex as Socket // a plain HTTP server has no other connections
      void this.#upgrade({ request, socket, head })
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
    for (const socket of this.#upgraded) socket.destroy()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const content = await contentOf(request, this.#options.maxBodyBytes)
    if (content === undefined) return // the client went away
    const reply = this.#reply({ ...this.#head(request), ...content })
    if (reply === 'hang') return
    if (reply === 'reset') return void request.socket.resetAndDestroy()
    this.#write(response, reply)
  }

  async #upgrade(connection: Connection): Promise<void> {
    const { request, socket } = connection
    this.#upgraded.add(socket)
    socket.once('close', () => this.#upgraded.delete(socket))
    socket.on('error', () => socket.destroy()) // HTTP's own handlers are gone by now
    const asked = { ...this.#head(request), body: Buffer.alloc(0), bodyBytes: 0 }
    try {
      const answer = await this.#options.upgrade(asked, connection)
      if (answer === undefined) return
      const response = new ServerResponse(request)
      response.shouldKeepAlive = false
      response.assignSocket(socket)
      response.once('finish', () => socket.end())
      this.#write(response, answer)
    } catch {
      socket.destroy()
    }
  }

  #head(request: IncomingMessage): Pick<Asked, 'method' | 'url' | 'headers'> {
    const { method = 'GET', headers } = request
    return { method, url: new URL(request.url ?? '/', this.baseUrl), headers }
  }

  #write(response: ServerResponse, { status, headers, body }: Answer): void {
    const date = new Date(this.#options.nowMs()).toUTCString()
    response.writeHead(status, { ...headers, date }).end(body)
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
