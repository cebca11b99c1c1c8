// Whether Loki takes pushes and knows our login, as one question: GET /ready tells the first where the route
// exists (a gateway often has none), a push of nothing tells the second: Loki answers 422 to who may push.
// The startup check and the shipper's probe ask it; it stores nothing.

import type { ErrorReport } from '../../core/errors.ts'
import type { Readiness } from '../../core/sink.ts'
import { isAccepted, noAnswerReport, reportOf } from './answer.ts'
import type { Answer, LokiClient, NoAnswer } from './client.ts'
import type { LokiEndpoint } from './config.ts'
import { outcomeOf } from './outcome.ts'
import { emptyPushBody } from './push-body.ts'

const readinessTimeoutMs = 5_000

export async function readinessOf(
  client: LokiClient,
  endpoint: LokiEndpoint,
  signal: AbortSignal,
): Promise<Readiness> {
  const deadlineMs = performance.now() + readinessTimeoutMs
  const ready = await client.ask({ url: endpoint.readyUrl, timeoutMs: readinessTimeoutMs, signal })
  const fault = faultOfReady(ready)
  if (fault !== undefined) return { kind: 'not_ready', error: fault }

  const timeoutMs = Math.max(1, Math.ceil(deadlineMs - performance.now()))
  const pushed = await client.ask({ url: endpoint.pushUrl, body: emptyPushBody(), timeoutMs, signal })
  const refusal = faultOfEmptyPush(pushed)
  return refusal === undefined ? { kind: 'ready' } : { kind: 'not_ready', error: refusal }
}

/** Only an answer that Loki itself gives counts; any other is left to the push to judge. */
function faultOfReady(answer: Answer | NoAnswer): ErrorReport | undefined {
  if (answer.kind === 'no_answer') return noAnswerReport(answer)
  if (answer.status < 500) return undefined
  return reportOf(answer, {
    code: 'loki_not_ready',
    message: `Loki is not ready yet (${answer.status}).`,
    hint: 'It may still start, replay its log, or stop; its own log tells.',
  })
}

function faultOfEmptyPush(answer: Answer | NoAnswer): ErrorReport | undefined {
  if (answer.kind === 'no_answer') return noAnswerReport(answer)
  if (answer.status === 422 || isAccepted(answer)) return undefined
  const outcome = outcomeOf(answer, { count: 0, bytes: 0 })
  // A 400 is about the body: who may not push would have been told so before it was read.
  return outcome.kind === 'delivered' || outcome.kind === 'refused' ? undefined : outcome.error
}
