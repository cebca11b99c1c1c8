// A client of Loki's live tail, as logcli and Grafana are: gathers the frames that come over its WebSocket.
// Tests wait for its entries or its end.

import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

export type TailFrame = {
  readonly streams: readonly {
    readonly stream: Readonly<Record<string, string>>
    readonly values: readonly (readonly [atNs: string, line: string, categories?: object])[]
  }[]
  readonly encodingFlags?: readonly string[]
}

export type TailEnd = { readonly code: number; readonly reason: string }

export class Tail {
  readonly frames: TailFrame[] = []
  readonly socket: WebSocket
  /** Undefined as long as it goes on. */
  end: TailEnd | undefined

  private constructor(socket: WebSocket) {
    this.socket = socket
    // The shape of a tail's frames; the tests look at what is in it.
    socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString()) as TailFrame))
    socket.once('close', (code, reason) => {
      this.end = { code, reason: reason.toString() }
    })
  }

  /** Rejects where the server answers without a WebSocket; ends with the test. */
  static async open(
    baseUrl: string,
    parameters: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Tail> {
    const query = new URLSearchParams(parameters).toString()
    const url = `${baseUrl.replace('http', 'ws')}/loki/api/v1/tail?${query}`
    const tail = new Tail(new WebSocket(url, { headers }))
    await once(tail.socket, 'open')
    onTestFinished(() => tail.socket.terminate())
    return tail
  }

  /** In the order in which they came. */
  get lines(): string[] {
    const streams = this.frames.flatMap((frame) => frame.streams)
    return streams.flatMap(({ values }) => values.map(([, line]) => line))
  }
}
