// The web server of a rowtail whose events are the test's: status, readiness and page without database and
// Loki.

import type { RowtailEvent } from '../../src/core/events.ts'
import { createStatus } from '../../src/core/status.ts'
import { createRelay } from '../../src/kit/relay.ts'
import { createWeb, type Web } from '../../src/web/server.ts'

export type WebServiceOptions = {
  readonly metrics: readonly { readonly name: string; readonly intervalMs: number; readonly send: boolean }[]
  readonly port?: number
  readonly password?: string
  readonly host?: string
}

export type WebService = {
  readonly web: Web
  readonly port: number
  readonly tell: (events: readonly RowtailEvent[]) => void
}

const mib = 1024 * 1024
const maxEarlyEvents = 10_000

export async function startWebService(options: WebServiceOptions): Promise<WebService> {
  const { metrics, port = 0, host = '127.0.0.1', password } = options
  const status = createStatus(metrics, {
    version: '0.1.0',
    target: 'db1_5000_master',
    startedMs: Date.now(),
    bounds: { spoolMetricBytes: 256 * mib, spoolTotalBytes: 2_048 * mib },
  })
  const events = createRelay<RowtailEvent>(maxEarlyEvents)
  const started = await createWeb({
    listen: { host, port, ...(password === undefined ? {} : { password }) },
    stateDirectory: import.meta.dirname,
    snapshot: () => status.snapshot(Date.now()),
    events,
  })
  if (started.kind !== 'listening') throw new Error(started.error.message)
  const tell = (told: readonly RowtailEvent[]) => {
    for (const event of told) {
      status.apply(event)
      events.tell(event)
    }
  }
  return { web: started.web, port: Number(new URL(started.web.address).port), tell }
}
