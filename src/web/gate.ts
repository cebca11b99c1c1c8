// The web server's gate: judges each request before anything is done for it, then has its path answered.
// Strangers, other methods than GET and HEAD, and unknown paths get no more than that.

import type { RequestListener, ServerResponse } from 'node:http'
import { hostname } from 'node:os'
import { type Access, challenge } from './access.ts'
import { answerHeaders } from './answer-headers.ts'
import type { EventStream } from './event-stream.ts'
import { isHostAllowed } from './host-header.ts'
import { type Answer, json, openPaths, type Route, send } from './routes.ts'

export type GateParts = {
  readonly boundHost: string
  readonly access: Access
  readonly routes: ReadonlyMap<string, Route>
  readonly stream: EventStream
}

type Asked = { readonly method: string; readonly path: string; readonly authorization: string | undefined }

const notFound = 'not found; there are /, /healthz, /readyz, /api/status, /api/events and /metrics'
const eventsPath = '/api/events'

export function createGate(parts: GateParts): RequestListener {
  const machineName = hostname()
  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1)
    const { method = '', headers } = request
    const asked = { method, path, authorization: headers.authorization }
    const isHostKnown = isHostAllowed(headers.host, parts.boundHost, machineName)
    const refusal = isHostKnown
      ? refusalOf(parts.access, asked)
      : json(403, { error: 'this Host header is not answered' })
    const route = parts.routes.get(path)
    if (refusal !== undefined) send(response, refusal)
    else if (path === eventsPath && method === 'GET') openStream(parts.stream, response)
    else if (route === undefined) send(response, json(404, { error: notFound }))
    else void answer(route, asked, response)
  }
}

/** Undefined for who may ask. */
function refusalOf(access: Access, { method, path, authorization }: Asked): Answer | undefined {
  if (method !== 'GET' && method !== 'HEAD') {
    return json(405, { error: 'only GET and HEAD' }, { allow: 'GET, HEAD' })
  }
  if (!openPaths.has(path) && !access(authorization)) {
    return json(401, { error: 'the password is needed' }, { 'www-authenticate': challenge })
  }
  return undefined
}

function openStream(stream: EventStream, response: ServerResponse): void {
  if (!stream.hasRoom()) {
    send(response, json(503, { error: 'too many pages listen already' }, { 'retry-after': '10' }))
    return
  }
  response.writeHead(200, { ...answerHeaders, 'content-type': 'text/event-stream' })
  stream.add(response)
}

async function answer(route: Route, { authorization }: Asked, response: ServerResponse): Promise<void> {
  try {
    send(response, await route(authorization))
  } catch {
    send(response, json(500, { error: 'internal error' }))
  }
}
