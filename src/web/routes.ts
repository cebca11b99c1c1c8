// What is answered at which path, and how it is put on the wire. web/gate lets nobody through here who may
// not ask.

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { readiness } from '../core/readiness.ts'
import type { Access } from './access.ts'
import { answerHeaders } from './answer-headers.ts'
import type { Metrics } from './metrics.ts'
import { readPageFiles } from './page-files.ts'
import type { PageSources } from './page-view.ts'

export type RouteParts = Pick<PageSources, 'snapshot' | 'otherReasons'> & {
  readonly metrics: Metrics
  readonly access: Access
}

export type Answer = {
  readonly code: number
  readonly type: string
  readonly body: string | Buffer
  readonly headers?: OutgoingHttpHeaders
}

/** Answers by the request's Authorization header, where that makes a difference. */
export type Route = (authorization: string | undefined) => Answer | Promise<Answer>

/** Probes know no password: to them these say yes or no, and nothing more. */
export const openPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

export function routesOf(parts: RouteParts): ReadonlyMap<string, Route> {
  const { snapshot, metrics } = parts
  const files = readPageFiles().map(({ path, type, body }): [string, Route] => {
    return [path, () => ({ code: 200, type, body })]
  })
  return new Map<string, Route>([
    ['/healthz', () => json(200, { status: 'alive' })],
    ['/readyz', (authorization) => readyAnswer(parts, authorization)],
    ['/api/status', () => json(200, snapshot())],
    [
      '/metrics',
      async () => ({ code: 200, type: metrics.contentType, body: await metrics.text(snapshot()) }),
    ],
    ...files,
  ])
}

export function json(code: number, value: unknown, headers: OutgoingHttpHeaders = {}): Answer {
  return { code, type: 'application/json; charset=utf-8', body: JSON.stringify(value), headers }
}

/** Node leaves the body out where the question was HEAD. */
export function send(response: ServerResponse, { code, type, body, headers }: Answer): void {
  const length = Buffer.byteLength(body)
  response.writeHead(code, { ...answerHeaders, ...headers, 'content-type': type, 'content-length': length })
  response.end(body)
}

function readyAnswer(
  { snapshot, otherReasons, access }: RouteParts,
  authorization: string | undefined,
): Answer {
  const current = snapshot()
  const { isReady, reasons } = readiness(current, current.atMs, otherReasons())
  const status = isReady ? 'ready' : 'not ready'
  return json(isReady ? 200 : 503, access(authorization) ? { status, reasons } : { status })
}
