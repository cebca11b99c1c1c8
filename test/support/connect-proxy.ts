// An HTTP proxy of a test's own: tunnels what asks for one (CONNECT), passes on what is plain http, and
// remembers what it was asked and by whom. Gone when the test ends.

import { request as ask } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { onTestFinished } from 'vitest'
import { serveHttp } from './http-server.ts'

export type ConnectProxy = {
  readonly url: string
  /** `CONNECT 127.0.0.1:3100`, `POST http://…`, in the order in which they came. */
  readonly asked: string[]
  /** What the last one showed as its login at the proxy. */
  readonly login: () => string | undefined
}

/** With `refusal`, tunnels are answered with that status. */
export async function startConnectProxy(refusal?: string): Promise<ConnectProxy> {
  const asked: string[] = []
  let login: string | undefined
  const { baseUrl, server } = await serveHttp((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const { method = 'GET', headers, url = '' } = request
    const onward = ask(url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  const sockets: (Socket | Duplex)[] = []
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()))
  server.on('connect', (request, socket: Duplex) => {
    asked.push(`CONNECT ${request.url}`)
    login = request.headers['proxy-authorization']
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`)
      return
    }
    const { hostname, port } = new URL(`tcp://${request.url}`)
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    sockets.push(socket, onward)
    for (const end of [socket, onward]) end.on('error', () => end.destroy())
  })
  return { url: baseUrl, asked, login: () => login }
}
