// The run line: one line per run in the stream {job="rowtail", metric=…}, so that "no rows" differs from
// "broken" and an alert on silence needs Loki alone. docs/specs/run-line.md names its fields.

import type { ErrorReport } from '../core/errors.ts'
import type { Flag } from '../core/source.ts'
import { sentenceOf } from '../core/errors.ts'
import type { Metadata } from '../core/sink.ts'

export type RunLineInput = {
  readonly runId: string
  readonly rows: number
  readonly durationMs: number
  readonly outcome:
    | {
        readonly kind: 'ok'
        readonly isCut: boolean
        readonly flags: readonly Flag[]
        readonly isSent: boolean
      }
    | { readonly kind: 'failed'; readonly error: ErrorReport }
}

/** Error texts and flags in a run line are bounded: the line must always fit. */
const maxErrorChars = 2_000
const maxFlags = 50

export function runLine({ rows, durationMs, outcome }: RunLineInput): string {
  const head = { status: outcome.kind, rows, duration_seconds: secondsOf(durationMs) }
  return JSON.stringify({ ...head, ...(outcome.kind === 'ok' ? okFields(outcome) : failedFields(outcome)) })
}

function okFields({ isSent, isCut, flags }: Extract<RunLineInput['outcome'], { kind: 'ok' }>): object {
  return {
    ...(isSent ? {} : { sent: false }),
    ...(isCut ? { cut: true } : {}),
    ...(flags.length === 0 ? {} : { flags: flags.slice(0, maxFlags).map(flagField) }),
  }
}

function failedFields({ error }: { readonly error: ErrorReport }): object {
  return {
    error_code: error.code,
    ...(error.sqlState === undefined ? {} : { sqlstate: error.sqlState }),
    error: sentenceOf(error).slice(0, maxErrorChars).toWellFormed(),
  }
}

/** `detected_level` is set so that Loki does not guess one from the words of a row or an error. */
export function runLineMetadata(run: RunLineInput): Metadata {
  return [
    ['run_id', run.runId],
    ['detected_level', run.outcome.kind === 'ok' ? 'info' : 'error'],
  ]
}

export function rowMetadata(runId: string, responseMs: number): Metadata {
  return [
    ['response_time', secondsOf(responseMs).toString()],
    ['run_id', runId],
    ['detected_level', 'info'],
  ]
}

/** Ten characters: the second in base 36 and four at random. `random` is in [0, 1). */
export function runIdOf(nowMs: number, random: number): string {
  const second = Math.floor(nowMs / 1_000).toString(36)
  const tail = Math.floor(random * 36 ** 4)
    .toString(36)
    .padStart(4, '0')
  return `${second}${tail}`.slice(-10)
}

/** To the microsecond. */
function secondsOf(ms: number): number {
  return Math.round(ms * 1_000) / 1e6
}

function flagField(flag: Flag): Record<string, string> {
  return { column: flag.column.slice(0, 200).toWellFormed(), why: flag.why }
}
