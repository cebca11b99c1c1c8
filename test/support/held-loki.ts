// A proxy in front of a real Loki that can hold the pushes of one stream while all others pass: they are
// answered once the hold ends, as those of a Loki that has become slow for a while.

import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { uncompressSync } from 'snappy'

export class HeldLoki {
  readonly baseUrl: string
  readonly #server: Server
  readonly #target: string
  #held: string | undefined
  #release = Promise.withResolvers<void>()

  private constructor(server: Server, target: string) {
    const { port } = server.address() as AddressInfo // a TCP listener has no other kind of address
    this.baseUrl = `http://127.0.0.1:${port}`
    this.#server = server
    this.#target = target
    server.on('request', (incoming, answer) => void this.#pass(incoming, answer))
  }

  static async start(target: string): Promise<HeldLoki> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new HeldLoki(server, target)
  }

  /** Pushes of streams with this label (`job="show_locks"`) wait from now on; rowtail waits 10 s for one. */
  hold(label: string): void {
    this.#held = label
  }

  release(): void {
    this.#held = undefined
    this.#release.resolve()
    this.#release = Promise.withResolvers<void>()
  }

  async stop(): Promise<void> {
    this.release()
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await buffer(incoming)
    if (this.#isHeld(body)) await this.#release.promise
    const { method, headers, url = '/' } = incoming
    const outgoing = request(`${this.#target}${url}`, { method: method ?? 'GET', headers })
    outgoing.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    })
    outgoing.on('error', () => answer.destroy())
    outgoing.end(body)
  }

  #isHeld(body: Buffer): boolean {
    return this.#held !== undefined && body.length > 0 && uncompressSync(body).includes(this.#held)
  }
}
