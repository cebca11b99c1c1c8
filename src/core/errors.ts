// What rowtail can say went wrong. A report is plain data: it crosses threads and processes, stands in the
// log, the status and the run stream, and never holds a secret. docs/errors.md explains every code to its
// reader.

/** Of flags, environment, metrics file, state directory and port: nothing is started. */
export const settingsErrorCodes = [
  'flag_invalid',
  'secret_unreadable',
  'config_missing',
  'config_unreadable',
  'config_encoding',
  'config_syntax',
  'config_invalid',
  'state_dir_unusable',
  'state_dir_in_use',
  'port_taken',
] as const

export const errorCodes = [
  ...settingsErrorCodes,
  // database
  'driver_manager_missing',
  'driver_missing',
  'binding_missing',
  'database_unreachable',
  'database_unknown',
  'service_refused',
  'login_refused',
  'not_cpu_only',
  'connection_lost',
  'query_failed',
  'query_timeout',
  'query_abandoned',
  'value_unreadable',
  'host_crashed',
  'host_unavailable',
  // Loki
  'loki_unreachable',
  'loki_not_ready',
  'loki_login_refused',
  'loki_blocked',
  'loki_rate_limited',
  'loki_server_error',
  'loki_too_large',
  'loki_refused_entries',
  'loki_too_old',
  // spool and process
  'spool_damaged',
  'spool_newer',
  'spool_full',
  'spool_write_failed',
  'worker_crashed',
  'worker_stuck',
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

export type ErrorReport = {
  readonly code: ErrorCode
  /** One sentence with the offending value, never a secret. */
  readonly message: string
  /** What to do about it. */
  readonly hint?: string
  /** The words of the other side (driver, database, Loki), verbatim, at most 2,000 characters. */
  readonly said?: string
  /** SQLSTATE, where a driver gave one. */
  readonly sqlState?: string
}

/** An error whose message is meant for the operator: it is shown without a stack. */
export class ReportedError extends Error {
  readonly report: ErrorReport

  constructor(report: ErrorReport, options?: ErrorOptions) {
    super(report.message, options)
    this.name = 'ReportedError'
    this.report = report
  }
}

export function reportOf(error: unknown): ErrorReport {
  if (error instanceof ReportedError) return error.report
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: 'internal', message: message.slice(0, 2_000) }
}

/** The report as an operator reads it: sentence, the other side's words, hint. */
export function sentenceOf(report: ErrorReport): string {
  const said = report.said === undefined ? '' : ` It said: ${withFullStop(report.said.trim())}`
  const hint = report.hint === undefined ? '' : ` ${report.hint}`
  return `${report.message}${said}${hint}`
}

/** So that what follows does not read as part of somebody else's words. */
function withFullStop(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}
