// A proxy before Loki that answers in its place when told to: limits, errors, blocks, login pages, refused
// entries, and pushes that Loki stored but whose answer never comes. All else passes unchanged.

import type { ServerResponse } from 'node:http'
import type { PushedEntry, PushedStream } from '../../src/demo/receiver/push-request.ts'
import {
  type Answer,
  type Asked,
  isPush,
  LokiProxy,
  pushPath,
  sendAnswer,
  streamsOf,
} from '../support/loki-proxy.ts'
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

/** A 413 lets what is no larger pass, as nginx does: a single entry must not become a dead letter by it. */
const largestPassing413Bytes = 600

export class ScriptedLoki {
  readonly #proxy: LokiProxy
  #answer: AnswerName | undefined
  #pushesLeft = 0
  /** Keys of the entries that were refused by answers of this proxy. */
  readonly refused = new Set<string>()
  /** Of those that were handed to Loki: it may have them, and calls none of them too long or too new then. */
  readonly #passed = new Set<string>()
  readonly used = new Map<AnswerName, number>()

  private constructor(proxy: LokiProxy) {
    this.#proxy = proxy
    proxy.serve((asked, answer) => this.#serve(asked, answer))
  }

  static async start(lokiUrl: string): Promise<ScriptedLoki> {
    return new ScriptedLoki(await LokiProxy.start(lokiUrl))
  }

  get port(): number {
    return this.#proxy.port
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

  stop(): Promise<void> {
    return this.#proxy.stop()
  }

  async #serve(asked: Asked, answer: ServerResponse): Promise<void> {
    const scripted = isPush(asked) ? this.#nextAnswer() : undefined
    if (scripted === undefined) return this.#pass(asked, answer)
    if (isRefusal(scripted)) return this.#refuse(asked, answer, scripted)
    if (scripted === 'stored, unanswered') {
      await this.#forward(asked)
      answer.destroy()
      return
    }
    if (scripted === '413' && asked.body.length <= largestPassing413Bytes) return this.#pass(asked, answer)
    say(answer, plainAnswers[scripted])
  }

  #nextAnswer(): AnswerName | undefined {
    if (this.#answer === undefined || this.#pushesLeft === 0) return undefined
    this.#pushesLeft -= 1
    this.used.set(this.#answer, (this.used.get(this.#answer) ?? 0) + 1)
    return this.#answer
  }

  async #pass(asked: Asked, answer: ServerResponse): Promise<void> {
    sendAnswer(answer, await this.#forward(asked))
  }

  #forward(asked: Asked): Promise<Answer> {
    if (isPush(asked)) this.#remember(streamsOf(asked))
    return this.#proxy.forward(asked)
  }

  /**
   * As Loki does: what is refused is not stored, all else is, and the answer only counts. Too far behind is
   * also what it has, where somebody else wrote newer entries.
   */
  async #refuse(asked: Asked, answer: ServerResponse, why: RefusalName): Promise<void> {
    const streams = streamsOf(asked)
    const mayHave = (entry: PushedEntry): boolean =>
      why !== 'too far behind' && this.#passed.has(keyOfPushed(entry))
    const isRefused = (entry: PushedEntry): boolean => isVictim(entry) && !mayHave(entry)
    const bad = streams.flatMap(({ entries }) => entries.filter(isRefused))
    if (bad.length === 0) return this.#pass(asked, answer)
    const good = streams.map((stream) => ({
      ...stream,
      entries: stream.entries.filter((one) => !isRefused(one)),
    }))
    this.#remember(good)
    if (good.some(({ entries }) => entries.length > 0)) {
      const { status } = await this.#proxy.forward(jsonPush(good))
      if (status !== 204) return (answer.destroy(), undefined)
    }
    for (const entry of bad) this.refused.add(keyOfPushed(entry))
    say(answer, { status: 400, body: refusalOf(why, bad.length, streams[0]?.labels ?? '{}') })
  }

  #remember(streams: readonly PushedStream[]): void {
    for (const { entries } of streams) for (const entry of entries) this.#passed.add(keyOfPushed(entry))
  }
}

function say(answer: ServerResponse, { status, body, headers = {} }: Plain): void {
  answer.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(body)
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

function jsonPush(streams: readonly PushedStream[]): Asked {
  const headers = { 'content-type': 'application/json' }
  return { method: 'POST', path: pushPath, headers, body: Buffer.from(JSON.stringify(jsonOf(streams))) }
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
