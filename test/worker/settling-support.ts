// Short forms of entries and outcomes for the tests of settling.

import type { ErrorCode } from '../../src/core/errors.ts'
import type { EncodedEntry, PushOutcome, Refusal, RefusalReason } from '../../src/core/sink.ts'
import type { Advice, Settling } from '../../src/worker/settling.ts'

type Retry = Extract<PushOutcome, { kind: 'retry' }>
type Refused = Extract<PushOutcome, { kind: 'refused' }>

/** Entries a second apart, the first at 1 s. */
export function entriesOf(count: number): EncodedEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    atNs: timeOf(index),
    start: index * 10,
    end: index * 10 + 10,
  }))
}

function timeOf(index: number): bigint {
  return BigInt(index + 1) * 1_000_000_000n
}

export const delivered: PushOutcome = { kind: 'delivered' }

export const tooLarge: PushOutcome = { kind: 'split', error: reportOf('loki_too_large') }

export const blocked: PushOutcome = { kind: 'blocked', error: reportOf('loki_login_refused') }

export function serverError(sameAs = '500 oops'): Retry {
  return { kind: 'retry', error: reportOf('loki_server_error'), isUnknown: true, sameAs }
}

export function noAnswer(): Retry {
  return { kind: 'retry', error: reportOf('loki_unreachable'), isUnknown: true, sameAs: 'no answer' }
}

export function rateLimited(options: Partial<Retry> = {}): Retry {
  const error = reportOf('loki_rate_limited')
  return { kind: 'retry', error, isUnknown: false, sameAs: '429', ...options }
}

export function refused(reason: RefusalReason, options: Partial<Refused> = {}): Refused {
  return {
    kind: 'refused',
    error: reportOf('loki_refused_entries'),
    named: [],
    isWhole: false,
    refusal: refusalOf(reason),
    ...options,
  }
}

export function refusalOf(reason: RefusalReason): Refusal {
  return { reason, said: `said ${reason}` }
}

export function namedAt(index: number, reason: RefusalReason): Refused['named'][number] {
  return { atNs: timeOf(index), refusal: refusalOf(reason) }
}

/** Gives the same answer `times` times and returns the last advice. */
export function answerTimes(settling: Settling, outcome: PushOutcome, times: number): Advice | undefined {
  let advice: Advice | undefined
  for (let count = 0; count < times; count += 1) advice = settling.answer(outcome)
  return advice
}

function reportOf(code: ErrorCode) {
  return { code, message: `test: ${code}` } as const
}
