// What rowtail can say went wrong. A report is plain data: it crosses threads and processes, stands in the
// log, the status and the run stream, and never holds a secret. What a code means stands in error-codes/, and
// docs/errors.md is written from there.

import type { ErrorAccount } from './error-codes/account.ts'
import { databaseErrors } from './error-codes/database.ts'
import { lokiErrors } from './error-codes/loki.ts'
import { processErrors } from './error-codes/process.ts'
import { settingsErrors } from './error-codes/settings.ts'

const accounts = { ...settingsErrors, ...databaseErrors, ...lokiErrors, ...processErrors }

export type ErrorCode = keyof typeof accounts

/** What docs/errors.md says of each code, in its order. */
export const errorAccounts: Readonly<Record<ErrorCode, ErrorAccount>> = accounts

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
