// Ends a worker thread of a running rowtail from within, as a bug there would: no hook in rowtail, but V8's
// inspector, which SIGUSR1 opens in any Node process. Used by the faults of a round.

import { isDeepStrictEqual } from 'node:util'
import type { LogLine, RunningService } from '../support/service.ts'
import { waitFor, within } from '../support/servers/waiting.ts'

/** What is evaluated in the thread: outside of any call of rowtail, so that nothing catches it. */
const crashes = {
  throws: "setTimeout(() => { throw new Error('the harness ends this worker') })",
  rejects: "Promise.reject(new Error('the harness ends this worker'))",
  exits: 'setTimeout(() => process.exit(3))',
} as const

export type Crash = keyof typeof crashes

export const crashNames = ['throws', 'rejects', 'exits'] as const satisfies readonly Crash[]

/** Rowtail's main process then listens for a debugger on a port of its own. */
export const inspectorEnvironment = { NODE_OPTIONS: '--inspect-port=127.0.0.1:0' }

const timeoutMs = 10_000
/** A new worker starts within a second; the machine may be slow. */
const restartTimeoutMs = 20_000

type Message = { readonly method?: string; readonly params?: { readonly sessionId?: string } }

/**
 * Ends one of its workers; returns what is wrong where rowtail does not tell of it and start another one. A
 * service that has not told of being ready would be ended by the signal: nothing happens then.
 */
export async function crashWorker(
  service: RunningService,
  { how, worker }: { readonly how: Crash; readonly worker: number },
): Promise<string | undefined> {
  const hasCrashedBefore = inspectorAddress(service) !== undefined
  if (!hasCrashedBefore && !service.log().some(({ event }) => event === 'service.ready')) return undefined
  const before = service.log().at(-1)
  const socket = await opened(await inspectorOf(service))
  const sessions: string[] = []
  socket.addEventListener('message', ({ data }) => {
    const { method, params } = JSON.parse(String(data)) as Message // V8's protocol
    if (method === 'NodeWorker.attachedToWorker' && params?.sessionId !== undefined)
      sessions.push(params.sessionId)
  })
  send(socket, 'NodeWorker.enable', { waitForDebuggerOnStart: false })
  await waitFor(() => sessions.length > 0, { what: 'a worker to attach to', timeoutMs })
  const sessionId = sessions[worker % sessions.length] ?? ''
  const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: crashes[how] } })
  send(socket, 'NodeWorker.sendMessageToWorker', { sessionId, message })
  return restarted(service, before).finally(() => socket.close())
}

/** SIGUSR1 opens it; it stays open for the next time. */
async function inspectorOf(service: RunningService): Promise<string> {
  if (inspectorAddress(service) === undefined) process.kill(service.launched.pid, 'SIGUSR1')
  return waitFor(() => inspectorAddress(service), { what: 'the inspector', timeoutMs })
}

function inspectorAddress(service: RunningService): string | undefined {
  return /Debugger listening on (ws:\S+)/.exec(service.launched.stderr())?.[1]
}

async function opened(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url)
  const opening = new Promise<true>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(true))
    socket.addEventListener('error', () => reject(new Error(`no inspector at ${url}`)))
  })
  if ((await within(opening, timeoutMs)) === undefined) throw new Error(`the inspector at ${url} hangs`)
  return socket
}

/** The loss is told of, and then a worker of the same metric starts. */
async function restarted(service: RunningService, before: LogLine | undefined): Promise<string | undefined> {
  // Only the end of a long log is kept, so that lines cannot be counted.
  const news = () => {
    const lines = service.log()
    return lines.slice(lines.findLastIndex((line) => isDeepStrictEqual(line, before)) + 1)
  }
  const look = () => {
    const lost = news().findIndex(({ event }) => event === 'worker.lost')
    const metric = news()[lost]?.metric
    return news().some(
      (line, index) => index > lost && line.event === 'metric.started' && line.metric === metric,
    )
  }
  const what = 'another worker after a crash'
  return waitFor(() => look() || !service.launched.isRunning(), {
    what,
    timeoutMs: restartTimeoutMs,
    everyMs: 100,
  }).then(
    () => undefined,
    (error: unknown) => String(error),
  )
}

function send(socket: WebSocket, method: string, params: object): void {
  socket.send(JSON.stringify({ id: 1, method, params }))
}
