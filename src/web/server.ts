// The web server behind --listen: the page, health for probes, the status as JSON, metrics. app.ts
// loads this file only where --listen is not off. It reads, nothing else: no request changes anything, none
// waits for a database or for Loki, and what a client may hold open or send is bounded. Node's own server,
// for a dozen fixed paths: fastify was 10 MB and 0.2 s of the start (docs/decisions/0008-memory.md).

import { once } from 'node:events'
import type { Server } from 'node:http'
import type { ErrorReport } from '../core/errors.ts'
import type { RowtailEvent } from '../core/events.ts'
import type { StatusSnapshot } from '../core/status.ts'
import { http } from '../kit/node-http.ts'
import { createAccess } from './access.ts'
import { createEventStream } from './event-stream.ts'
import { createGate } from './gate.ts'
import { isLoopback } from './host-header.ts'
import { createMetrics } from './metrics.ts'
import { pageView } from './page-view.ts'
import { createRecent } from './recent.ts'
import { routesOf } from './routes.ts'
import { watchStateDirectory } from './state-directory.ts'

export type WebSettings = {
  readonly listen: { readonly host: string; readonly port: number; readonly password?: string }
  readonly stateDirectory: string
  /** Called once for each request. */
  readonly snapshot: () => StatusSnapshot
}

/** A port that is taken is a value, for only the app knows whether somebody asked for this one. */
export type WebStart =
  | { readonly kind: 'listening'; readonly web: Web; readonly warning?: ErrorReport }
  | { readonly kind: 'port_taken'; readonly error: ErrorReport }
  | { readonly kind: 'unusable'; readonly error: ErrorReport }

export interface Web {
  /** `http://127.0.0.1:9464` */
  readonly address: string
  /** Takes every event: what is counted beside the status. */
  readonly apply: (event: RowtailEvent) => void
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

export async function createWeb({ listen, stateDirectory, snapshot }: WebSettings): Promise<WebStart> {
  const metrics = createMetrics()
  const recent = createRecent()
  const isOpen = listen.password === undefined && !isLoopback(listen.host)
  const sources = { snapshot, otherReasons: watchStateDirectory(stateDirectory), recent, isOpen }
  const stream = createEventStream({
    sequence: recent.sequence,
    message: (known) => JSON.stringify(pageView(sources, known)),
  })
  const access = createAccess(listen.password)
  const routes = routesOf({ ...sources, metrics, access })
  const server = http.createServer(bounds, createGate({ boundHost: listen.host, access, routes, stream }))
  server.setTimeout(silentConnectionMs)
  server.maxConnections = maxConnections
  try {
    server.listen(listen.port, listen.host)
    await once(server, 'listening')
  } catch (error) {
    return refusalOf(error, listen)
  }
  server.on('error', () => undefined) // no file was left for a client: it is turned away, nothing else
  const address = addressOf(server)
  const apply = (event: RowtailEvent) => {
    metrics.apply(event)
    recent.apply(event)
    stream.touch()
  }
  const web: Web = { address, apply, close: () => closeBounded(server) }
  return { kind: 'listening', web, ...(isOpen ? { warning: openWarning(address) } : {}) }
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
