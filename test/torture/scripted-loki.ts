// A proxy before Loki that answers in its place when told to: limits, errors, blocks, login pages, refused
// entries, and pushes that Loki stored but whose answer never comes. All else passes unchanged.

import {
  Agent,
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodePush, type PushedEntry, type PushedStream } from '../../src/demo/receiver/push-request.ts'
import { keyOf } from './ledger.ts'

type Plain = { readonly status: number; readonly body: string; readonly headers?: Record<string, string> }

const tenantLimit =
  'ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec) while attempting to ingest ' +
  "'35' lines totaling '7000000' bytes, reduce log volume or contact your Loki administrator\n"

const plainAnswers = {
  '429': { status: 429, body: tenantLimit },
  '429 later': { status: 429, body: 'too many requests\n', headers: { 'retry-after': '1' } },
  '500': { status: 500, body: 'empty ring\n' },
  '503': { status: 503, body: 'Service Unavailable\n' },
  '413': { status: 413, body: '<html><h1>413 Request Entity Too Large</h1></html>' },
  '260': { status: 260, body: "ingestion blocked for user fake until 'tomorrow' with status code '260'\n" },
  '302': { status: 302, body: '', headers: { location: 'https://login.invalid/?next=push' } },
  'login page': { status: 200, body: '<html>Log in</html>', headers: { 'content-type': 'text/html' } },
} as const satisfies Record<string, Plain>

/** Answers that store a part of a push. */
type RefusalName = 'too long' | 'too new' | 'too far behind'

export type AnswerName = keyof typeof plainAnswers | 'stored, unanswered' | RefusalName

export const answerNames: readonly AnswerName[] = [
  '429',
  '429 later',
  '500',
  '503',
  '413',
  '260',
  '302',
  'login page',
  'stored, unanswered',
  'stored, unanswered',
  'too long',
  'too new',
]

const pushPath = '/loki/api/v1/push'
/** A 413 lets what is no larger pass, as nginx does: a single entry must not become a dead letter by it. */
const largestPassing413Bytes = 600

export class ScriptedLoki {
  readonly #target: URL
  readonly #server: Server
  /** A connection each: one that Loki closed on a kill must not be taken again. */
  readonly #agent = new Agent({ keepAlive: false })
  #answer: AnswerName | undefined
  #pushesLeft = 0
  /** Keys of the entries that were refused by answers of this proxy. */
  readonly refused = new Set<string>()
  /** Of those that were handed to Loki: it may have them, and calls none of them too long or too new then. */
  readonly #passed = new Set<string>()
  readonly used = new Map<AnswerName, number>()

  private constructor(target: URL, server: Server) {
    this.#target = target
    this.#server = server
  }

  static async start(lokiUrl: string): Promise<ScriptedLoki> {
    const server = createServer()
    const scripted = new ScriptedLoki(new URL(lokiUrl), server)
    server.on('request', (asked, answer) => {
      scripted.#serve(asked, answer).catch(() => answer.destroy()) // Loki is away: so is this
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return scripted
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port // it listens on a TCP port
  }

  /** The next `pushes` pushes are answered so. */
  script(answer: AnswerName, pushes: number): void {
    this.#answer = answer
    this.#pushesLeft = pushes
  }

  heal(): void {
    this.#answer = undefined
    this.#pushesLeft = 0
  }

  forget(): void {
    this.heal()
    this.refused.clear()
    this.#passed.clear()
    this.used.clear()
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await bodyOf(asked)
    const isPush = asked.url === pushPath && body.length > 2
    const scripted = isPush ? this.#nextAnswer() : undefined
    if (scripted === undefined) return this.#pass(asked, body, answer)
    if (isRefusal(scripted)) return this.#refuse(asked, body, { answer, why: scripted })
    if (scripted === 'stored, unanswered') {
      await this.#forward(asked, body)
      answer.destroy()
      return
    }
    if (scripted === '413' && body.length <= largestPassing413Bytes) return this.#pass(asked, body, answer)
    say(answer, plainAnswers[scripted])
  }

  #nextAnswer(): AnswerName | undefined {
    if (this.#answer === undefined || this.#pushesLeft === 0) return undefined
    this.#pushesLeft -= 1
    this.used.set(this.#answer, (this.used.get(this.#answer) ?? 0) + 1)
    return this.#answer
  }

  async #pass(asked: IncomingMessage, body: Buffer, answer: ServerResponse): Promise<void> {
    const { status, text, headers } = await this.#forward(asked, body)
    answer.writeHead(status, headers).end(text)
  }

  #forward(asked: IncomingMessage, body: Buffer): Promise<Forwarded> {
    const { method = 'GET', url = '/', headers } = asked
    if (url === pushPath && body.length > 2) this.#remember(streamsOf(body))
    return this.#ask({ method, path: url, headers: { ...headers, host: this.#target.host } }, body)
  }

  /**
   * As Loki does: what is refused is not stored, all else is, and the answer only counts. Too far behind is
   * also what it has, where somebody else wrote newer entries.
   */
  async #refuse(
    asked: IncomingMessage,
    body: Buffer,
    { answer, why }: { readonly answer: ServerResponse; readonly why: RefusalName },
  ): Promise<void> {
    const streams = streamsOf(body)
    const mayHave = (entry: PushedEntry): boolean =>
      why !== 'too far behind' && this.#passed.has(keyOfPushed(entry))
    const isRefused = (entry: PushedEntry): boolean => isVictim(entry) && !mayHave(entry)
    const bad = streams.flatMap(({ entries }) => entries.filter(isRefused))
    if (bad.length === 0) return this.#pass(asked, body, answer)
    const good = streams.map((stream) => ({
      ...stream,
      entries: stream.entries.filter((one) => !isRefused(one)),
    }))
    this.#remember(good)
    if (good.some(({ entries }) => entries.length > 0)) {
      const { status } = await this.#ask(jsonPush(this.#target), Buffer.from(JSON.stringify(jsonOf(good))))
      if (status !== 204) return (answer.destroy(), undefined)
    }
    for (const entry of bad) this.refused.add(keyOfPushed(entry))
    say(answer, { status: 400, body: refusalOf(why, bad.length, streams[0]?.labels ?? '{}') })
  }

  #remember(streams: readonly PushedStream[]): void {
    for (const { entries } of streams) for (const entry of entries) this.#passed.add(keyOfPushed(entry))
  }

  #ask(options: Asked, body: Buffer): Promise<Forwarded> {
    const { hostname, port } = this.#target
    return new Promise((resolve, reject) => {
      const outgoing = request({ hostname, port, agent: this.#agent, ...options }, (response) => {
        const { statusCode: status = 502, headers } = response
        bodyOf(response).then((text) => resolve({ status, text, headers }), reject)
      })
      outgoing.once('error', reject)
      outgoing.end(body)
    })
  }
}

type Asked = {
  readonly method: string
  readonly path: string
  readonly headers: NodeJS.Dict<string | string[]>
}
type Forwarded = {
  readonly status: number
  readonly text: Buffer
  readonly headers: NodeJS.Dict<string | string[]>
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer) // no encoding is set
  return Buffer.concat(parts)
}

function say(answer: ServerResponse, { status, body, headers = {} }: Plain): void {
  answer.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(body)
}

function streamsOf(body: Buffer): PushedStream[] {
  return decodePush(body, { contentType: 'application/x-protobuf', contentEncoding: '' })
}

/** Always the same ones, whatever push they come in; a restamped one has had its turn. */
function isVictim({ line, metadata }: PushedEntry): boolean {
  return /"id":\d*7,/.test(line) && !metadata.some(([name]) => name === 'ts_original')
}

function keyOfPushed({ atNs, line, metadata }: PushedEntry): string {
  return keyOf({ kind: 'rows', atNs: String(atNs), line, metadata: Object.fromEntries(metadata) })
}

function isRefusal(name: AnswerName): name is RefusalName {
  return name in refusals
}

const refusals: Readonly<Record<RefusalName, (labels: string) => string>> = {
  'too long': (labels) =>
    `max entry size '262144' bytes exceeded for stream '${labels}' while adding an entry ` +
    "with length '262145' bytes",
  'too new': (labels) => `entry for stream '${labels}' has timestamp too new: 2031-01-01T00:00:00Z`,
  'too far behind': (labels) =>
    `entry for stream '${labels}' too far behind, entry timestamp is: 2026-01-01T00:00:00Z, ` +
    'oldest acceptable timestamp is: 2026-01-01T01:00:00Z',
}

function refusalOf(why: RefusalName, count: number, labels: string): string {
  return `${count === 1 ? '' : `${count} errors like: `}${refusals[why](labels)}\n`
}

function jsonPush(target: URL): Asked {
  const headers = { 'content-type': 'application/json', host: target.host }
  return { method: 'POST', path: pushPath, headers }
}

function jsonOf(streams: readonly PushedStream[]): object {
  return {
    streams: streams.map(({ labels, entries }) => ({
      stream: Object.fromEntries(
        [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
      ),
      values: entries.map(({ atNs, line, metadata }) => [String(atNs), line, Object.fromEntries(metadata)]),
    })),
  }
}
