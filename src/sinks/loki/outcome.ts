// What Loki's answer to a push means, as a decision. Pure: the sink hands over the answer and the number of
// entries, the shipper and the delivery loop act on the outcome. Rules that protect rows: only 204, or 200
// with an empty body, is success; an answer that no rule knows keeps the rows; nothing is refused but by
// Loki's own words.

import type { PushOutcome } from '../../core/sink.ts'
import { isAccepted, isHtml, noAnswerReport, reportOf, retryAfterMs, sameAs, type Words } from './answer.ts'
import type { Answer, NoAnswer } from './client.ts'
import { refusedOutcome } from './refusal.ts'

/** What an outcome needs to know of the push that was answered. */
export type Pushed = { readonly count: number; readonly bytes: number }

/** A full tenant gets room when other streams go idle: asking each second would only add load. */
const streamLimitWaitMs = 30_000

export function outcomeOf(answer: Answer | NoAnswer, pushed: Pushed): PushOutcome {
  if (answer.kind === 'no_answer') return noAnswerOutcome(answer)
  const { status } = answer
  if (isAccepted(answer)) return { kind: 'delivered' }
  if (isTooLarge(answer)) return tooLargeOutcome(answer, pushed)
  if (status === 400) return badRequestOutcome(answer, pushed)
  if (status === 429) return rateLimitedOutcome(answer, pushed)
  if (status === 408 || status >= 500) return serverErrorOutcome(answer, pushed)
  return blockedOutcome(answer)
}

function noAnswerOutcome(answer: NoAnswer): PushOutcome {
  // The bytes may have reached Loki before the connection broke, except where there never was a connection.
  const neverConnected = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']
  return {
    kind: 'retry',
    error: noAnswerReport(answer),
    isUnknown: !neverConnected.includes(answer.code),
    sameAs: `no answer: ${answer.code}`,
  }
}

function badRequestOutcome(answer: Answer, pushed: Pushed): PushOutcome {
  if (isHtml(answer)) return blockedOutcome(answer)
  // Two tenants in one header, or characters that none may have: no row is at fault.
  if (/multiple org IDs|tenant ID/i.test(answer.body)) {
    const error = reportOf(answer, {
      code: 'loki_login_refused',
      message: 'Loki does not take the tenant.',
      hint: "Check --loki_tenant: one name of letters, digits and ! - _ . * ' ( ).",
    })
    return { kind: 'blocked', error }
  }
  const refused = refusedOutcome(answer, pushed.count)
  // Loki answers in plain text. What comes in another form and in words that nobody knows is a gateway's own.
  const isForeign = refused.refusal.reason === 'other' && !answer.contentType.startsWith('text/plain')
  return isForeign ? blockedOutcome(answer) : refused
}

function isTooLarge({ status, body }: Answer): boolean {
  // gRPC's own words inside Loki: permanent for this size, although it comes as a 500. ResourceExhausted
  // without them can also mean that Loki is busy: halving down to dead letters for that would lose good rows.
  if (status >= 500) return body.includes('larger than max')
  return status === 413 || (status === 400 && /message size .*(too large|exceeds limit)/.test(body))
}

function tooLargeOutcome(answer: Answer, pushed: Pushed): PushOutcome {
  const error = reportOf(answer, {
    code: 'loki_too_large',
    message: `A push of ${pushed.count} entries (${pushed.bytes} bytes) is too large for Loki or a proxy.`,
    hint: 'It goes in halves. Raise client_max_body_size of nginx, or grpc_server_max_recv_msg_size of Loki.',
  })
  return { kind: 'split', error }
}

function rateLimitedOutcome(answer: Answer, pushed: Pushed): PushOutcome {
  const { body } = answer
  const isStreamCount = body.includes('maximum active stream limit')
  const isPerStream = body.includes('Per stream rate limit')
  const tenantLimit = isPerStream ? undefined : tenantLimitOf(body)
  const afterMs = retryAfterMs(answer) ?? (isStreamCount ? streamLimitWaitMs : undefined)
  // Loki names the rate, never the burst: a stream's may be below any size, a tenant's is not below its rate.
  const isStreamLimit = isPerStream || (tenantLimit !== undefined && tenantLimit < pushed.bytes)
  return {
    kind: 'retry',
    error: reportOf(answer, rateLimitWords(isStreamCount, isPerStream)),
    isUnknown: false,
    sameAs: sameAs(answer),
    ...(afterMs === undefined ? {} : { afterMs }),
    ...(tenantLimit === undefined ? {} : { tenantLimit }),
    ...(isPerStream || isStreamCount ? { scope: 'stream' as const } : {}),
    ...(isStreamLimit ? { isStreamLimit } : {}),
  }
}

function rateLimitWords(isStreamCount: boolean, isPerStream: boolean): Words {
  const code = 'loki_rate_limited'
  if (isStreamCount) {
    return {
      code,
      message: 'Loki takes no further stream: the tenant has as many active ones as it may.',
      hint: 'Raise max_global_streams_per_user, or give up labels; streams that exist go on.',
    }
  }
  if (isPerStream) {
    return {
      code,
      message: 'Loki limits the rate of this one stream.',
      hint: 'Raise per_stream_rate_limit and its burst, or lower --loki_stream_rate; the rows wait.',
    }
  }
  return {
    code,
    message: 'Loki limits the rate of this tenant.',
    hint: 'Raise ingestion_rate_mb and ingestion_burst_size_mb if it lasts; the rows wait in the spool.',
  }
}

/** `(limit: 4194304 bytes/sec)`, in bytes a second; a limit of zero is none to pace by. */
function tenantLimitOf(body: string): number | undefined {
  const match = /limit: (\d{1,15}) bytes\/sec/.exec(body)
  const limit = Number(match?.[1] ?? 0)
  return limit > 0 ? limit : undefined
}

function serverErrorOutcome(answer: Answer, pushed: Pushed): PushOutcome {
  if (/no schema config found|label name is empty|resulted in invalid name/.test(answer.body)) {
    return refusedOutcome(answer, pushed.count)
  }
  const afterMs = retryAfterMs(answer)
  return {
    kind: 'retry',
    error: reportOf(answer, {
      code: 'loki_server_error',
      message: `Loki answered ${answer.status}.`,
      hint: 'It starts, stops or is in trouble: its own log tells. The rows wait in the spool.',
    }),
    isUnknown: true,
    sameAs: sameAs(answer),
    ...(afterMs === undefined ? {} : { afterMs }),
  }
}

function blockedOutcome(answer: Answer): PushOutcome {
  return { kind: 'blocked', error: reportOf(answer, blockedWords(answer)) }
}

function blockedWords(answer: Answer): Words {
  const { status } = answer
  if (status === 401 || status === 403) {
    return {
      code: 'loki_login_refused',
      message: `Loki refuses the login (${status}).`,
      hint: 'Check --loki_user and --loki_password, or --loki_token, and --loki_tenant if Loki has tenants.',
    }
  }
  const code = 'loki_blocked'
  if (status >= 300 && status < 400) {
    const target = answer.location === undefined ? '' : ` to ${originOf(answer.location)}`
    const message = `A push was redirected (${status}${target}), which rowtail does not follow.`
    return {
      code,
      message,
      hint: 'Give the address that Loki itself has as --loki_url, https where it asks for it.',
    }
  }
  if (status === 260) {
    return {
      code,
      message: 'Loki blocks ingestion for this tenant (260).',
      hint: 'Ask who set block_ingestion_until.',
    }
  }
  if (status === 404 || status === 405) {
    return {
      code,
      message: `There is no Loki push address at this URL (${status}).`,
      hint: 'Check --loki_url: the base address, or the one that ends in /loki/api/v1/push.',
    }
  }
  const what = isHtml(answer) ? ' with a web page' : ''
  return {
    code,
    message: `A push was answered ${status}${what}, which is not how Loki confirms one (204).`,
    hint: 'Something else may answer at --loki_url: a login page, a proxy. The rows wait in the spool.',
  }
}

/** A redirect to a login page carries tokens in its query: only the origin is shown. */
function originOf(location: string): string {
  const url = URL.parse(location)
  return url === null ? 'another path' : url.origin
}
