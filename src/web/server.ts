// The web server behind --listen: its port and the bounds of what a client may hold open or send. app.ts
// loads this file only where --listen is not off; what answers (web/handler) is loaded by the first request,
// or a second later, when the first rows are on their way: 15 to 25 ms of the start's CPU
// (docs/decisions/0009-start.md). Node's own server, for a dozen fixed paths: fastify was 10 MB and 0.2 s of
// the start (docs/decisions/0008-memory.md).

import { once } from 'node:events'
import type { Server } from 'node:http'
import type { ErrorReport } from '../core/errors.ts'
import type { RowtailEvent } from '../core/events.ts'
import { http } from '../kit/node-http.ts'
import type { Relay } from '../kit/relay.ts'
import type { Handler, HandlerSettings } from './handler.ts'
import { isLoopback } from './host-header.ts'

export type WebSettings = Omit<HandlerSettings, 'isOpen'> & {
  readonly listen: { readonly port: number }
  /** Every event: what is counted beside the status. */
  readonly events: Pick<Relay<RowtailEvent>, 'listen'>
}

/** A port that is taken is a value, for only the app knows whether somebody asked for this one. */
export type WebStart =
  | { readonly kind: 'listening'; readonly web: Web; readonly warning?: ErrorReport }
  | { readonly kind: 'port_taken'; readonly error: ErrorReport }
  | { readonly kind: 'unusable'; readonly error: ErrorReport }

export interface Web {
  /** `http://127.0.0.1:9464` */
  readonly address: string
  /** Resolves within 200 ms, whatever its clients do. */
  close(): Promise<void>
}

const bounds = {
  maxHeaderSize: 8_192,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
} as const
const silentConnectionMs = 10_000
const maxConnections = 50
const closeBoundMs = 200
const handlerAfterMs = 1_000

export async function createWeb(settings: WebSettings): Promise<WebStart> {
  const { listen } = settings
  const isOpen = listen.password === undefined && !isLoopback(listen.host)
  let loading: Promise<Handler> | undefined
  const handler = () => (loading ??= loadHandler({ ...settings, isOpen }))
  const server = http.createServer(bounds, (request, response) => {
    void handler().then(({ handle }) => handle(request, response))
  })
  server.setTimeout(silentConnectionMs)
  server.maxConnections = maxConnections
  try {
    server.listen(listen.port, listen.host)
    await once(server, 'listening')
  } catch (error) {
    return refusalOf(error, listen)
  }
  server.on('error', () => undefined) // no file was left for a client: it is turned away, nothing else
  const timer = setTimeout(() => void handler(), handlerAfterMs)
  const address = addressOf(server)
  const close = () => {
    clearTimeout(timer)
    return closeBounded(server)
  }
  return {
    kind: 'listening',
    web: { address, close },
    ...(isOpen ? { warning: openWarning(address) } : {}),
  }
}

/** From here on it hears every event, those before too. */
async function loadHandler(settings: WebSettings & HandlerSettings): Promise<Handler> {
  const { createHandler } = await import('./handler.ts')
  const handler = createHandler(settings)
  settings.events.listen(handler.apply)
  return handler
}

function addressOf(server: Server): string {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address and a port')
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return `http://${host}:${bound.port}`
}

function openWarning(address: string): ErrorReport {
  const what = 'the status with its error texts and the latest rows'
  const message = `Everybody who reaches ${address} can read ${what}: no --listen_password is set.`
  return { code: 'flag_invalid', message, hint: 'Set --listen_password_file, or listen on 127.0.0.1.' }
}

function refusalOf(error: unknown, { host, port }: WebSettings['listen']): WebStart {
  const said = error instanceof Error ? error.message : String(error)
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  if (isTaken) {
    const message = `Port ${port} of ${host} is taken by another process.`
    const hint = 'Choose another with --listen host:port, or --listen off.'
    return { kind: 'port_taken', error: { code: 'port_taken', message, hint, said } }
  }
  const message = `--listen ${host}:${port} cannot be listened on.`
  const hint = 'Name an address of this machine and a port from 1024 on.'
  return { kind: 'unusable', error: { code: 'flag_invalid', message, hint, said } }
}

async function closeBounded(server: Server): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, closeBoundMs)
  server.close(() => resolve())
  server.closeAllConnections()
  await closed
  clearTimeout(timer)
}
