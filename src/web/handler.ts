// What answers behind the web server's port: the page, health for probes, the status as JSON, metrics. It
// reads, nothing else: no request changes anything, and none waits for a database or for Loki.

import type { RequestListener } from 'node:http'
import type { RowtailEvent } from '../core/events.ts'
import type { StatusSnapshot } from '../core/status.ts'
import { createAccess } from './access.ts'
import { createEventStream } from './event-stream.ts'
import { createGate } from './gate.ts'
import { createMetrics } from './metrics.ts'
import { pageView } from './page-view.ts'
import { createRecent } from './recent.ts'
import { routesOf } from './routes.ts'
import { watchStateDirectory } from './state-directory.ts'

export type HandlerSettings = {
  readonly listen: { readonly host: string; readonly password?: string }
  readonly stateDirectory: string
  /** Called once for each request. */
  readonly snapshot: () => StatusSnapshot
  /** Everybody who reaches the address may read. */
  readonly isOpen: boolean
}

export interface Handler {
  readonly handle: RequestListener
  /** Takes every event: what is counted beside the status. */
  readonly apply: (event: RowtailEvent) => void
}

export function createHandler({ listen, stateDirectory, snapshot, isOpen }: HandlerSettings): Handler {
  const metrics = createMetrics()
  const recent = createRecent()
  const sources = { snapshot, otherReasons: watchStateDirectory(stateDirectory), recent, isOpen }
  const stream = createEventStream({
    sequence: recent.sequence,
    message: (known) => JSON.stringify(pageView(sources, known)),
  })
  const access = createAccess(listen.password)
  const routes = routesOf({ ...sources, metrics, access })
  return {
    handle: createGate({ boundHost: listen.host, access, routes, stream }),
    apply(event) {
      metrics.apply(event)
      recent.apply(event)
      stream.touch()
    },
  }
}
