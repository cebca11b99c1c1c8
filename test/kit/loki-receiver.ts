// A small true HTTP server that takes pushes as Loki does, as far as rowtail's own log goes, and can refuse
// them.

import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { uncompressSync } from 'snappy'

export type Push = { readonly headers: IncomingHttpHeaders; readonly path: string; readonly body: string }

export type LokiReceiver = {
  readonly url: string
  readonly pushes: Push[]
  /** What the next pushes are answered with; `silence` is no answer at all. */
  answer: number | 'silence'
  close(): Promise<void>
}

export async function startLokiReceiver(): Promise<LokiReceiver> {
  const pushes: Push[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = uncompressSync(Buffer.concat(parts)).toString()
      pushes.push({ headers: request.headers, path: request.url ?? '', body })
      if (receiver.answer !== 'silence') response.writeHead(receiver.answer).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  const receiver: LokiReceiver = {
    url: `http://127.0.0.1:${port}`,
    pushes,
    answer: 204,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return receiver
}
