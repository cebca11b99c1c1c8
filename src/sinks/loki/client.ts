// The one HTTP client towards Loki. It asks and reports what came back, as a value; what an answer means is
// decided in outcome.ts and readiness.ts. It follows no redirect and repeats nothing: both would store rows
// elsewhere or twice.

import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import got, { type Got, RequestError } from 'got'
import type { LokiConfig } from './config.ts'

export type Answer = {
  readonly kind: 'answer'
  readonly status: number
  /** The beginning of it: 64 KiB, or what the question wants. */
  readonly body: string
  readonly contentType: string
  readonly retryAfter?: string
  readonly date?: string
  readonly location?: string
}

/** No answer came, or not all of it. `code` is Node's or got's: ECONNREFUSED, ETIMEDOUT, ENOTFOUND… */
export type NoAnswer = {
  readonly kind: 'no_answer'
  /** Scheme, host and port that were asked. */
  readonly origin: string
  readonly code: string
  readonly message: string
}

export type Question = {
  readonly url: string
  readonly body?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** What is kept of the answer; default 64 KiB. */
  readonly maxAnswerBytes?: number
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface LokiClient {
  ask(question: Question): Promise<Answer | NoAnswer>
  close(): void
}

const usualAnswerBytes = 64 * 1024
/** Below the idle timeouts of Loki (2 min) and nginx (75 s), so that a kept socket is seldom a closed one. */
const idleSocketMs = 50_000

export function createLokiClient(config: LokiConfig): LokiClient {
  const through = config.proxy === undefined ? {} : { proxyEnv: config.proxy }
  const agents = {
    http: new HttpAgent({ keepAlive: true, timeout: idleSocketMs, ...through }),
    https: new HttpsAgent({ keepAlive: true, timeout: idleSocketMs, ...through }),
  }
  const client = got.extend({
    agent: agents,
    headers: headersOf(config),
    https: httpsOf(config),
    followRedirect: false,
    retry: { limit: 0 },
    throwHttpErrors: false,
    decompress: false,
  })
  return {
    ask: (question) => ask(client, question),
    close() {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

async function ask(client: Got, question: Question): Promise<Answer | NoAnswer> {
  const { url, body, headers = {}, maxAnswerBytes = usualAnswerBytes, timeoutMs, signal } = question
  const asking = abortedWith(signal)
  try {
    const request = client.stream(url, {
      ...(body === undefined
        ? { method: 'GET', headers }
        : { method: 'POST', body, headers: { ...headers, 'content-type': 'application/x-protobuf' } }),
      timeout: { request: timeoutMs },
      signal: asking.signal,
    })
    const text = await readBounded(request, maxAnswerBytes)
    const response = request.response
    if (response === undefined) throw new Error('The answer ended before its head.')
    return answerOf(response, text)
  } catch (error) {
    return noAnswerOf(error, new URL(url).origin)
  } finally {
    asking.end()
  }
}

/**
 * A signal that follows another one until its end. got heeds one even after an answer that came before the
 * whole body was sent, as a proxy's 413 does, and throws then where nobody catches.
 */
function abortedWith(signal: AbortSignal): { readonly signal: AbortSignal; readonly end: () => void } {
  const controller = new AbortController()
  const follow = (): void => controller.abort(signal.reason)
  if (signal.aborted) follow()
  signal.addEventListener('abort', follow, { once: true })
  return { signal: controller.signal, end: () => signal.removeEventListener('abort', follow) }
}

/** Reads to the end, so that the socket can be used again, and keeps the beginning. */
async function readBounded(chunks: AsyncIterable<unknown>, maxBytes: number): Promise<string> {
  const kept: Buffer[] = []
  let keptBytes = 0
  for await (const chunk of chunks) {
    if (!Buffer.isBuffer(chunk) || keptBytes >= maxBytes) continue
    kept.push(chunk.subarray(0, maxBytes - keptBytes))
    keptBytes += chunk.length
  }
  return Buffer.concat(kept).toString('utf8')
}

type Head = { statusCode: number; headers: NodeJS.Dict<string | string[]> }

function answerOf(head: Head, body: string): Answer {
  const header = (name: string): string | undefined => [head.headers[name]].flat()[0]
  const [retryAfter, date, location] = [header('retry-after'), header('date'), header('location')]
  return {
    kind: 'answer',
    status: head.statusCode,
    body,
    contentType: header('content-type') ?? '',
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(date === undefined ? {} : { date }),
    ...(location === undefined ? {} : { location }),
  }
}

function noAnswerOf(error: unknown, origin: string): NoAnswer {
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'no_answer', origin, code: error instanceof RequestError ? error.code : 'ABORTED', message }
}

function headersOf(config: LokiConfig): Record<string, string> {
  return {
    'user-agent': 'rowtail',
    ...(config.tenant === undefined ? {} : { 'x-scope-orgid': config.tenant }),
    ...authorizationOf(config.login),
  }
}

function authorizationOf(login: LokiConfig['login']): Record<string, string> {
  if (login.kind === 'none') return {}
  if (login.kind === 'bearer') return { authorization: `Bearer ${login.token}` }
  return { authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}` }
}

function httpsOf(config: LokiConfig): { certificateAuthority?: string; certificate?: string; key?: string } {
  const { ca, cert, key } = config.tls
  return {
    ...(ca === undefined ? {} : { certificateAuthority: ca }),
    ...(cert === undefined ? {} : { certificate: cert }),
    ...(key === undefined ? {} : { key }),
  }
}
