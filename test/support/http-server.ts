// An HTTP server of a test's own on a free loopback port, for answers that no Loki gives. Gone when the test
// ends.

import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type TestServer = { readonly baseUrl: string; readonly server: Server }

export function serveHttp(answer: RequestListener): Promise<TestServer> {
  return listening(createServer(answer), 'http')
}

export function serveHttps(options: ServerOptions, answer: RequestListener): Promise<TestServer> {
  return listening(createTlsServer(options, answer), 'https')
}

async function listening(server: Server, scheme: 'http' | 'https'): Promise<TestServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  })
  const { port } = server.address() as AddressInfo // a TCP server has an object as its address
  return { baseUrl: `${scheme}://127.0.0.1:${port}`, server }
}
