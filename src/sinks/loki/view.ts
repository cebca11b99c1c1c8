// What Loki shows of a stream, page by page, for `spool verify`. A page that is too large for Loki's message
// size is asked for again with half as many entries; a Loki that is busy is asked again, a few times.

import type { Clock } from '../../core/clock.ts'
import { type ErrorReport, ReportedError } from '../../core/errors.ts'
import { noAnswerReport, reportOf } from './answer.ts'
import { type Answer, createLokiClient, type LokiClient, type NoAnswer } from './client.ts'
import type { LokiConfig } from './config.ts'
import { askPage, type PageAnswer, type ShownEntry } from './query.ts'

export type ViewQuestion = {
  readonly stream: string
  readonly fromNs: bigint
  /** Exclusive. */
  readonly untilNs: bigint
  /** Entries that are expected, and more. */
  readonly limit: number
}

export type LokiView = {
  /** Oldest first, each entry once. Rejects with a ReportedError where Loki does not tell. */
  entries(question: ViewQuestion, signal: AbortSignal): Promise<ShownEntry[]>
  close(): void
}

/** Loki's default max_entries_limit_per_query. */
export const maxPageEntries = 5_000
const pageTimeoutMs = 30_000
const maxTries = 4
const retryMs = 1_000

export function createLokiView(config: LokiConfig, clock: Pick<Clock, 'sleep'>): LokiView {
  const client = createLokiClient(config)
  const asked = { client, pushUrl: config.endpoint.pushUrl, clock }
  return {
    entries: (question, signal) => entriesOf(asked, question, signal),
    close: () => client.close(),
  }
}

type Asked = {
  readonly client: LokiClient
  readonly pushUrl: string
  readonly clock: Pick<Clock, 'sleep'>
}

async function entriesOf(asked: Asked, question: ViewQuestion, signal: AbortSignal): Promise<ShownEntry[]> {
  const entries: ShownEntry[] = []
  let maxEntries = maxPageEntries
  let limit = Math.min(question.limit, maxEntries)
  let { fromNs } = question
  for (;;) {
    const { answer, shown } = await askPatiently(asked, { ...question, fromNs, limit }, signal)
    if (shown === undefined) {
      if (!isTooLarge(answer) || limit <= 1) throw new ReportedError(failureOf(answer))
      maxEntries = limit - 1
      limit = Math.floor(limit / 2)
      continue
    }
    const lastNs = shown.at(-1)?.atNs
    if (lastNs === undefined || shown.length < limit) return [...entries, ...shown]
    // More entries of the last time may follow, so that time begins the next page.
    const whole = shown.filter(({ atNs }) => atNs < lastNs)
    entries.push(...whole)
    if (whole.length === 0) {
      if (limit >= maxEntries) throw new ReportedError(tooManyAlike(question, limit))
      limit = Math.min(limit * 2, maxEntries)
    }
    fromNs = lastNs
  }
}

/** The answer to one page; tries again where Loki may answer later. */
async function askPatiently(
  { client, pushUrl, clock }: Asked,
  { stream, fromNs, untilNs, limit }: ViewQuestion,
  signal: AbortSignal,
): Promise<PageAnswer> {
  const question = { pushUrl, stream, fromNs, untilNs, limit, timeoutMs: pageTimeoutMs, signal }
  for (let tries = 1; ; tries += 1) {
    const page = await askPage(client, question)
    if (tries === maxTries || !isBusy(page.answer)) return page
    await clock.sleep(retryMs * tries, signal)
  }
}

function isBusy(answer: Answer | NoAnswer): boolean {
  if (answer.kind === 'no_answer') return true
  return answer.status === 429 || (answer.status >= 500 && !isTooLarge(answer))
}

/** gRPC's own words inside Loki, or an answer that was cut at our bound. */
function isTooLarge(answer: Answer | NoAnswer): boolean {
  if (answer.kind === 'no_answer') return false
  return answer.body.includes('larger than max') || answer.status === 200
}

function failureOf(answer: Answer | NoAnswer): ErrorReport {
  if (answer.kind === 'no_answer') return noAnswerReport(answer)
  const { status } = answer
  if (status === 401 || status === 403) {
    return reportOf(answer, {
      code: 'loki_login_refused',
      message: `Loki refuses the login for queries (${status}).`,
      hint: 'Give flags of a login that may read: --loki_user and --loki_password, or --loki_token.',
    })
  }
  return reportOf(answer, {
    code: 'loki_server_error',
    message: `Loki answered a query with ${status}.`,
    hint: 'Its own log may tell why; an address for pushes only cannot be asked.',
  })
}

function tooManyAlike({ stream }: ViewQuestion, count: number): ErrorReport {
  return {
    code: 'loki_server_error',
    message: `Loki has ${count} entries of ${stream} at one time, and cannot show more at once.`,
    hint: 'Look who else writes under these labels.',
  }
}
