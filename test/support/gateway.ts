// What may stand before a Loki: passes all on, until a test tells it to answer a push in Loki's place, or to
// keep an answer of Loki's to itself.

import type { ServerResponse } from 'node:http'
import { type Asked, LokiProxy, pushPath, sendAnswer } from './loki-proxy.ts'

export type GatewayDeed =
  /** Loki never sees the push. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly body?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** As a push that nothing is planned for. */
  | { readonly kind: 'pass' }
  /** Loki stores the push, and the sender waits for ever. */
  | { readonly kind: 'store and hang' }
  /** Loki stores the push, and the connection breaks. */
  | { readonly kind: 'store and reset' }

export class Gateway {
  readonly #proxy: LokiProxy
  readonly #deeds: GatewayDeed[] = []
  /** Pushes that Loki has stored and nobody was told of. */
  unanswered = 0

  private constructor(proxy: LokiProxy) {
    this.#proxy = proxy
    proxy.serve((asked, answer) => this.#serve(asked, answer))
  }

  static async start(lokiUrl: string): Promise<Gateway> {
    return new Gateway(await LokiProxy.start(lokiUrl))
  }

  get baseUrl(): string {
    return this.#proxy.baseUrl
  }

  /** What happens to the next pushes, one deed each. */
  next(...deeds: readonly GatewayDeed[]): void {
    this.#deeds.push(...deeds)
  }

  stop(): Promise<void> {
    return this.#proxy.stop()
  }

  async #serve(asked: Asked, answer: ServerResponse): Promise<void> {
    const deed = asked.path === pushPath ? this.#deeds.shift() : undefined
    if (deed?.kind === 'answer') {
      answer.writeHead(deed.status, deed.headers).end(deed.body)
      return
    }
    const told = await this.#proxy.forward(asked)
    if (deed === undefined || deed.kind === 'pass') {
      sendAnswer(answer, told)
      return
    }
    if (told.status !== 204) throw new Error(`Loki has not stored it: ${told.status} ${String(told.body)}`)
    this.unanswered += 1
    if (deed.kind === 'store and reset') answer.destroy()
  }
}
