// What may stand before a Loki: passes all on, until a test tells it to answer a push in Loki's place, or to
// keep an answer of Loki's to itself.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type GatewayDeed =
  /** Loki never sees the push. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly body?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** Loki stores the push, and the sender waits for ever. */
  | { readonly kind: 'store and hang' }
  /** Loki stores the push, and the connection breaks. */
  | { readonly kind: 'store and reset' }

export class Gateway {
  readonly #lokiUrl: string
  readonly #server: Server
  readonly #deeds: GatewayDeed[] = []
  /** Pushes that Loki has stored and nobody was told of. */
  unanswered = 0

  private constructor(lokiUrl: string) {
    this.#lokiUrl = lokiUrl
    this.#server = createServer((asked, answer) => {
      this.#serve(asked, answer).catch(() => answer.destroy()) // Loki is away: so is this
    })
  }

  static async start(lokiUrl: string): Promise<Gateway> {
    const gateway = new Gateway(lokiUrl)
    await new Promise<void>((resolve) => gateway.#server.listen(0, '127.0.0.1', resolve))
    return gateway
  }

  get baseUrl(): string {
    const { port } = this.#server.address() as AddressInfo // it listens on a TCP port
    return `http://127.0.0.1:${port}`
  }

  /** What happens to the next pushes, one deed each. */
  next(...deeds: readonly GatewayDeed[]): void {
    this.#deeds.push(...deeds)
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of asked) if (Buffer.isBuffer(part)) parts.push(part)
    const isPush = asked.url === '/loki/api/v1/push'
    const deed = isPush ? this.#deeds.shift() : undefined
    if (deed?.kind === 'answer') {
      answer.writeHead(deed.status, deed.headers).end(deed.body)
      return
    }
    const told = await this.#ask(asked, Buffer.concat(parts))
    if (deed === undefined) {
      const headers = { 'content-type': told.headers.get('content-type') ?? 'text/plain' }
      answer.writeHead(told.status, headers).end(await told.text())
      return
    }
    if (told.status !== 204) throw new Error(`Loki has not stored it: ${told.status} ${await told.text()}`)
    this.unanswered += 1
    if (deed.kind === 'store and reset') answer.destroy()
  }

  #ask({ method = 'GET', url = '/', headers }: IncomingMessage, body: Buffer): Promise<Response> {
    const type = headers['content-type']
    return fetch(`${this.#lokiUrl}${url}`, {
      method,
      redirect: 'manual',
      ...(type === undefined ? {} : { headers: { 'content-type': type } }),
      ...(method === 'POST' ? { body: Uint8Array.from(body) } : {}),
    })
  }
}
