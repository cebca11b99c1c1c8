// A proxy in front of a real Loki that can hold the pushes of one stream while all others pass: they are
// answered once the hold ends, as those of a Loki that has become slow for a while.

import type { ServerResponse } from 'node:http'
import { uncompressSync } from 'snappy'
import { type Asked, LokiProxy, sendAnswer } from './loki-proxy.ts'

export class HeldLoki {
  readonly #proxy: LokiProxy
  #held: string | undefined
  #release = Promise.withResolvers<void>()

  private constructor(proxy: LokiProxy) {
    this.#proxy = proxy
    proxy.serve((asked, answer) => this.#pass(asked, answer))
  }

  static async start(target: string): Promise<HeldLoki> {
    return new HeldLoki(await LokiProxy.start(target))
  }

  get baseUrl(): string {
    return this.#proxy.baseUrl
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
    await this.#proxy.stop()
  }

  async #pass(asked: Asked, answer: ServerResponse): Promise<void> {
    if (this.#isHeld(asked.body)) await this.#release.promise
    sendAnswer(answer, await this.#proxy.forward(asked))
  }

  #isHeld(body: Buffer): boolean {
    return this.#held !== undefined && body.length > 0 && uncompressSync(body).includes(this.#held)
  }
}
