// What a startup check found. Each check in this folder returns one; run-startup-checks.ts waits for what may
// pass later, tells of it and stops at the first failure, which then ends the process with its exit code.

import type { ErrorCode, ErrorReport } from '../core/errors.ts'

export type FailedFinding = {
  readonly kind: 'failed'
  readonly error: ErrorReport
  /** 2 where settings or files must change, 3 where a server said no. */
  readonly exitCode: 2 | 3
  /** True for a server that cannot be reached yet; a refusal is final. */
  readonly isWorthWaiting: boolean
}

export type Finding =
  | { readonly kind: 'passed'; readonly detail: string }
  | { readonly kind: 'warned'; readonly error: ErrorReport }
  | FailedFinding

/**
 * A server that is down, starts, or is too busy, and a driver that died once: asking again can help. All
 * other codes need a person.
 */
const passingCodes: ReadonlySet<ErrorCode> = new Set([
  'database_unreachable',
  'connection_lost',
  'host_unavailable',
  'host_crashed',
  'loki_unreachable',
  'loki_not_ready',
  'loki_server_error',
  'loki_rate_limited',
])

/** The finding of a server's error. */
export function failedByServer(error: ErrorReport): FailedFinding {
  return { kind: 'failed', error, exitCode: 3, isWorthWaiting: passingCodes.has(error.code) }
}

/** The report with what was tried in its sentence, unless it stands there already. */
export function withTried(error: ErrorReport, tried: string): ErrorReport {
  if (tried === '' || error.message.includes(tried)) return error
  return { ...error, message: `${error.message} Tried: ${tried}.` }
}
