// The web server behind --listen: the page, health for probes, the status as JSON, metrics. app.ts
// loads this file, and with it fastify, only where --listen is not off. It reads, nothing else: no request
// changes anything, none waits for a database or for Loki, and what a client may hold open or send is
// bounded.

import { hostname } from 'node:os'
import fastify, { type FastifyInstance } from 'fastify'
import type { ErrorReport } from '../core/errors.ts'
import type { RowtailEvent } from '../core/events.ts'
import type { StatusSnapshot } from '../core/status.ts'
import { type Access, challenge, createAccess } from './access.ts'
import { answerHeaders } from './answer-headers.ts'
import { createEventStream } from './event-stream.ts'
import { isHostAllowed, isLoopback } from './host-header.ts'
import { createMetrics } from './metrics.ts'
import { pageView } from './page-view.ts'
import { createRecent } from './recent.ts'
import { addRoutes, notFound, openPaths } from './routes.ts'
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

const maxConnections = 50
const closeBoundMs = 200

export async function createWeb({ listen, stateDirectory, snapshot }: WebSettings): Promise<WebStart> {
  const app = fastify({
    logger: false,
    bodyLimit: 1_024,
    requestTimeout: 5_000,
    connectionTimeout: 10_000,
    keepAliveTimeout: 5_000,
    forceCloseConnections: true,
    http: { maxHeaderSize: 8_192, connectionsCheckingInterval: 1_000 },
  })
  app.server.maxConnections = maxConnections
  const metrics = createMetrics()
  const recent = createRecent()
  const isOpen = listen.password === undefined && !isLoopback(listen.host)
  const sources = { snapshot, otherReasons: watchStateDirectory(stateDirectory), recent, isOpen }
  const stream = createEventStream({
    sequence: recent.sequence,
    message: (known) => JSON.stringify(pageView(sources, known)),
  })
  const access = createAccess(listen.password)
  guard(app, { boundHost: listen.host, access })
  addRoutes(app, { ...sources, metrics, stream, access })
  try {
    const { host, port } = listen
    const address = await app.listen({ host, port })
    const apply = (event: RowtailEvent) => {
      metrics.apply(event)
      recent.apply(event)
      stream.touch()
    }
    const web: Web = { address, apply, close: () => closeBounded(app) }
    return { kind: 'listening', web, ...(isOpen ? { warning: openWarning(address) } : {}) }
  } catch (error) {
    await app.close()
    return refusalOf(error, listen)
  }
}

type Guard = { readonly boundHost: string; readonly access: Access }

/** No cache keeps an answer; strangers, other methods and unknown paths get no more than that. */
function guard(app: FastifyInstance, { boundHost, access }: Guard): void {
  const machineName = hostname()
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(answerHeaders)
    if (!isHostAllowed(request.headers.host, boundHost, machineName)) {
      return reply.code(403).send({ error: 'this Host header is not answered' })
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return reply.code(405).header('allow', 'GET, HEAD').send({ error: 'only GET and HEAD' })
    }
    if (!openPaths.has(request.url) && !access(request.headers.authorization)) {
      return reply.code(401).header('www-authenticate', challenge).send({ error: 'the password is needed' })
    }
    return undefined
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: notFound }))
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
    const code = error.statusCode ?? 500
    return reply.code(code).send({ error: code >= 500 ? 'internal error' : error.message })
  })
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

async function closeBounded(app: FastifyInstance): Promise<void> {
  const { promise: late, resolve: giveUp } = Promise.withResolvers<void>()
  const timer = setTimeout(giveUp, closeBoundMs)
  await Promise.race([app.close(), late])
  clearTimeout(timer)
}
