// What is answered at which path. web/server has let nobody through here who may not ask.

import type { FastifyInstance } from 'fastify'
import { readiness } from '../core/readiness.ts'
import type { Access } from './access.ts'
import { answerHeaders } from './answer-headers.ts'
import type { EventStream } from './event-stream.ts'
import type { Metrics } from './metrics.ts'
import { readPageFiles } from './page-files.ts'
import type { PageSources } from './page-view.ts'

export type RouteParts = Pick<PageSources, 'snapshot' | 'otherReasons'> & {
  readonly metrics: Metrics
  readonly stream: EventStream
  readonly access: Access
}

export const notFound = 'not found; there are /, /healthz, /readyz, /api/status, /api/events and /metrics'

/** Probes know no password: to them these say yes or no, and nothing more. */
export const openPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

export function addRoutes(app: FastifyInstance, parts: RouteParts): void {
  addProbes(app, parts)
  const { snapshot, metrics, stream } = parts
  app.get('/api/status', () => snapshot())
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text(snapshot())),
  )
  app.get('/api/events', { exposeHeadRoute: false }, (_request, reply) => {
    if (!stream.hasRoom()) {
      return reply.code(503).header('retry-after', '10').send({ error: 'too many pages listen already' })
    }
    reply.hijack()
    reply.raw.writeHead(200, { ...answerHeaders, 'content-type': 'text/event-stream' })
    stream.add(reply.raw)
    return undefined
  })
  for (const { path, type, body } of readPageFiles()) {
    app.get(path, (_request, reply) => reply.type(type).send(body))
  }
}

function addProbes(app: FastifyInstance, { snapshot, otherReasons, access }: RouteParts): void {
  app.get('/healthz', () => ({ status: 'alive' }))
  app.get('/readyz', async (request, reply) => {
    const current = snapshot()
    const { isReady, reasons } = readiness(current, current.atMs, otherReasons())
    const status = isReady ? 'ready' : 'not ready'
    const isTrusted = access(request.headers.authorization)
    return reply.code(isReady ? 200 : 503).send(isTrusted ? { status, reasons } : { status })
  })
}
