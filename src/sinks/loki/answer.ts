// Reading an answer of Loki, or of what stands before it: is it a success, a web page, when to come back, how
// to put it into a report. Pure; outcome.ts, refusal.ts and readiness.ts decide with it.

import type { ErrorCode, ErrorReport } from '../../core/errors.ts'
import type { Answer, NoAnswer } from './client.ts'

/** rowtail's own part of a report. */
export type Words = { readonly code: ErrorCode; readonly message: string; readonly hint: string }

const maxSaidCharacters = 2_000
const maxRetryAfterMs = 5 * 60_000

const unreachable = {
  what: 'cannot be reached',
  hint: 'Check host and port of Loki, that it runs, and the proxy or firewall between.',
}

/** What Node and the client call a failed request, with its cure; the first match wins. */
const faults = [
  {
    pattern: /^ETIMEDOUT$/,
    what: 'did not answer in time',
    hint: 'It is busy, starting or stopping, or a firewall drops what is sent to it.',
  },
  {
    pattern: /^ERR_PROXY_TUNNEL$/,
    what: 'is not let through by the proxy',
    hint: 'Check HTTPS_PROXY and its login, or add the host of Loki to NO_PROXY.',
  },
  {
    pattern: /CERT|SIGNATURE|ISSUER/,
    what: 'shows a certificate that is not trusted',
    hint: 'Name the authority that signed it with --loki_ca, and the host as it is certified.',
  },
  {
    pattern: /^EPROTO$/,
    what: 'does not speak https as it should',
    hint: 'If it speaks plain http, write http:// into --loki_url.',
  },
  {
    pattern: /^EPIPE$/,
    what: 'closed the connection while a push was on its way',
    hint: 'If it does so each time, a proxy before Loki may refuse bodies of this size.',
  },
  {
    pattern: /ABORTED/,
    what: 'was not waited for',
    hint: 'rowtail was stopping; what was sent may be stored, and is sent again.',
  },
] as const

/** Loki says 204; some gateways turn it into an empty 200. A page that answers 200 has eaten nothing yet. */
export function isAccepted(answer: Answer): boolean {
  return answer.status === 204 || (answer.status === 200 && answer.body.trim() === '')
}

/** A report about an answer: sentence, hint, and Loki's words without a page's markup. */
export function reportOf(answer: Answer, words: Words): ErrorReport {
  const said = isHtml(answer) ? textOfHtml(answer.body) : answer.body.trim()
  return { ...words, ...(said === '' ? {} : { said: said.slice(0, maxSaidCharacters) }) }
}

export function noAnswerReport(answer: NoAnswer): ErrorReport {
  const said = answer.message.slice(0, maxSaidCharacters)
  return { ...noAnswerWords(answer), said }
}

function noAnswerWords({ code: fault, origin }: NoAnswer): Words {
  const known = faults.find(({ pattern }) => pattern.test(fault)) ?? unreachable
  return {
    code: 'loki_unreachable',
    message: `Loki at ${origin} ${known.what} (${fault}).`,
    hint: known.hint,
  }
}

/** Seconds or a date, as ms to wait, at most 5 min. The date is read against the answer's own clock. */
export function retryAfterMs(answer: Answer): number | undefined {
  const text = answer.retryAfter?.trim()
  if (text === undefined || text === '') return undefined
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.parse(answer.date ?? '')
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), maxRetryAfterMs)
}

/** Two answers that differ only in numbers (times, sizes) say the same. */
export function sameAs(answer: Answer): string {
  return `${answer.status} ${answer.body.slice(0, 300).replace(/\d+/g, '#')}`
}

export function isHtml(answer: Answer): boolean {
  return answer.contentType.includes('html') || /^\s*<(!doctype|html)/i.test(answer.body)
}

function textOfHtml(body: string): string {
  return body
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}
