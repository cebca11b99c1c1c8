// rowtail's own log in Loki, through winston-loki and on purpose not by the rows' way: where delivery is
// broken, this is what tells. winston-loki keeps what it could not send without bound and sends a refused
// batch again for ever; so a gate stands before it, and a batch that Loki refuses ends this outlet.

import type winston from 'winston'
import type WinstonLoki from 'winston-loki'
import type { Outlet, OutletEvents } from './log-gate.ts'
import { http, loadHttps } from './node-http.ts'

export type LogLokiSettings = {
  /** Loki's push address, `http://localhost:3100/loki/api/v1/push`, or what stands before its path. */
  readonly url: string
  readonly tenant?: string
  readonly user?: string
  readonly password?: string
  readonly token?: string
  /** Contents of PEM files. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  /** The proxy, as Node's agents take it. */
  readonly proxy?: { readonly HTTP_PROXY?: string; readonly HTTPS_PROXY?: string; readonly NO_PROXY?: string }
  /** Beside `job="rowtail_log"` and `level`, such as `host`. */
  readonly labels: Readonly<Record<string, string>>
}

export type LokiLibraries = { readonly winston: typeof winston; readonly WinstonLoki: typeof WinstonLoki }

const pushPath = '/loki/api/v1/push'
const batchSeconds = 1
const requestTimeoutMs = 5_000
/** Answers that will be the same however often the batch is sent. */
const refusals: ReadonlySet<unknown> = new Set([400, 413, 422])

export function openLogLoki(
  libraries: LokiLibraries,
  settings: LogLokiSettings,
  events: OutletEvents,
): Outlet {
  const stop = new AbortController()
  let errors = 0
  const transport = new libraries.WinstonLoki({
    ...connectionOf(settings, stop.signal),
    labels: { job: 'rowtail_log', ...settings.labels },
    // The line is JSON; a format of the transport's own keeps winston-loki from adding to it.
    format: libraries.winston.format.printf((info) => String(info.message).trimEnd()),
    interval: batchSeconds,
    timeout: requestTimeoutMs,
    replaceTimestamp: false,
    gracefulShutdown: false,
    onConnectionError: (error) => {
      errors += 1
      if (isRefusal(error)) events.failed(error)
    },
  })
  const logger = libraries.winston.createLogger({ level: 'debug', transports: [transport] })
  const acknowledge = createAcknowledger(transport, () => errors, events)
  transport.on('logged', acknowledge)
  logger.on('error', events.failed)

  return {
    write(jsonLine) {
      const { level, time } = JSON.parse(jsonLine) as { level: string; time: string } // kit/log writes both
      logger.log({ level, message: jsonLine, timestamp: time })
    },
    async close(signal) {
      signal.addEventListener('abort', () => stop.abort(), { once: true })
      // Sends what waits, once more where that failed before.
      await transport.close()
      stop.abort()
    },
  }
}

/**
 * Node gives an agent's options to each of its sockets, so the signal ends those that are open and those
 * to come.
 */
function connectionOf(settings: LogLokiSettings, signal: AbortSignal) {
  const url = new URL(settings.url)
  const through = settings.proxy === undefined ? {} : { proxyEnv: settings.proxy }
  const options = { keepAlive: true, signal, ...settings.tls, ...through }
  return {
    host: `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(pushPath, ''),
    headers: {
      ...(settings.tenant === undefined ? {} : { 'X-Scope-OrgID': settings.tenant }),
      ...authorizationOf(settings),
    },
    ...(url.protocol === 'https:'
      ? { httpsAgent: new (loadHttps().Agent)(options) }
      : { httpAgent: new http.Agent(options) }),
  }
}

/** By hand, for winston-loki's own way reads a password as Latin-1. */
function authorizationOf({ user, password = '', token }: LogLokiSettings): Record<string, string> {
  if (token !== undefined) return { Authorization: `Bearer ${token}` }
  if (user === undefined) return {}
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

function isRefusal(error: unknown): error is Error {
  return error instanceof Error && 'statusCode' in error && refusals.has(error.statusCode)
}

/**
 * winston-loki tells of no success, but `flush` ends with the batch that is under way. Two flushes without
 * an error between mean that what was logged before them is in Loki: the first ends a batch begun earlier,
 * the second theirs.
 */
function createAcknowledger(transport: WinstonLoki, errors: () => number, events: OutletEvents): () => void {
  let logged = 0
  let acknowledged = 0
  let isWatching = false

  async function watch(): Promise<void> {
    isWatching = true
    while (acknowledged < logged) {
      const target = logged
      const errorsBefore = errors()
      await transport.flush()
      await transport.flush()
      if (errors() !== errorsBefore) continue
      events.taken(target - acknowledged)
      acknowledged = target
    }
    isWatching = false
  }

  return () => {
    logged += 1
    if (!isWatching) void watch()
  }
}
