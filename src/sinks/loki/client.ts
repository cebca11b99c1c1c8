// The one HTTP client towards Loki. It asks and reports what came back, as a value; what an answer means is
// decided in outcome.ts and readiness.ts. It follows no redirect and repeats nothing: both would store rows
// elsewhere or twice.

import { once } from 'node:events'
import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { http, loadHttps } from '../../kit/node-http.ts'
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

/** No answer came, or not all of it. `code` is Node's, ETIMEDOUT or ABORTED: ECONNREFUSED, ENOTFOUND… */
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
  const transport = transportOf(config)
  return {
    ask: (question) => ask(transport, question),
    close: () => transport.agent.destroy(),
  }
}

type Transport = {
  readonly request: typeof http.request
  readonly agent: Agent
  readonly tls: LokiConfig['tls']
  readonly headers: Readonly<Record<string, string>>
}

function transportOf(config: LokiConfig): Transport {
  const { endpoint, proxy, tls } = config
  const through = proxy === undefined ? {} : { proxyEnv: proxy }
  const { request, Agent } = new URL(endpoint.pushUrl).protocol === 'https:' ? loadHttps() : http
  const agent = new Agent({ keepAlive: true, timeout: idleSocketMs, ...through })
  return { request, agent, tls, headers: headersOf(config) }
}

async function ask(transport: Transport, question: Question): Promise<Answer | NoAnswer> {
  const { url, maxAnswerBytes = usualAnswerBytes } = question
  const ending = endingOf(question)
  let asked: ClientRequest | undefined
  try {
    asked = send(transport, question)
    return await Promise.race([answerTo(asked, maxAnswerBytes), ending.ended])
  } catch (error) {
    return noAnswerOf(error, new URL(url).origin)
  } finally {
    ending.release()
    // Nothing to a whole exchange, whose socket is kept; else what is left of it ends here, such as the rest
    // of a body that a proxy's 413 did not wait for.
    asked?.destroy()
  }
}

function send({ request, agent, tls, headers }: Transport, question: Question): ClientRequest {
  const { url, body } = question
  const type = body === undefined ? {} : { 'content-type': 'application/x-protobuf' }
  const asked = request(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...question.headers, ...type },
    agent,
    ...tls,
  })
  asked.on('error', ignore) // told by `once`, while somebody waits
  asked.end(body)
  return asked
}

function ignore(): void {
  // After the answer nobody needs it.
}

async function answerTo(asked: ClientRequest, maxBytes: number): Promise<Answer> {
  const [response] = (await once(asked, 'response')) as [IncomingMessage] // what node documents for the event
  return answerOf(response, await readBounded(response, maxBytes))
}

/** Rejects `ended` when the time for a question is over, or nobody wants its answer any more. */
function endingOf({ timeoutMs, signal }: Question): { readonly ended: Promise<never>; release(): void } {
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const abort = () => reject(codedError('ABORTED', 'The request was aborted.'))
  const timer = setTimeout(() => {
    reject(codedError('ETIMEDOUT', `No whole answer came within ${timeoutMs} ms.`))
  }, timeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  return {
    ended,
    release() {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    },
  }
}

function codedError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
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

function answerOf({ statusCode = 0, headers }: IncomingMessage, body: string): Answer {
  const { 'retry-after': retryAfter, date, location, 'content-type': contentType = '' } = headers
  return {
    kind: 'answer',
    status: statusCode,
    body,
    contentType,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(date === undefined ? {} : { date }),
    ...(location === undefined ? {} : { location }),
  }
}

function noAnswerOf(error: unknown, origin: string): NoAnswer {
  return { kind: 'no_answer', origin, code: codeOf(error), message: wordsOf(error) }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN'
}

/** A name with several addresses fails with one error of all, whose own message is empty. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(wordsOf).join('; ')
  return error instanceof Error ? error.message : String(error)
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
