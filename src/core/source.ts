// The seam towards what is asked. A source runs a metric's question and yields rows as the JSON lines that
// the sink will store; it parses none of them again. SQL over ODBC is the first kind.

import type { ErrorReport } from './errors.ts'
import type { RunBounds } from './metric.ts'

/** A value that could not be passed on exactly as the database meant it. One flag a column and reason. */
export type Flag = {
  readonly column: string
  readonly why: FlagReason
  /** The cast or setting that cures it, where one is known. */
  readonly cure?: string
}

export const flagReasons = [
  'cut_by_driver', // the driver gave fewer characters than the database holds
  'not_a_number', // NaN or an infinity: null in the line
  'zone_unknown', // a timestamp whose time zone the driver does not tell
  'rounded', // the driver passed a decimal or a big integer through a double
  'shortened', // the line was over 256 KiB: its longest strings were shortened
  'unreadable', // bytes that are no text in the announced encoding, or a lone surrogate
  'out_of_range', // what the driver cannot express: infinity, a year beyond 9999, BC, an unsigned integer
  'renamed', // two columns of one name, or a column without one
  'rows_cut', // the run's bounds were met; column is '*'
] as const

export type FlagReason = (typeof flagReasons)[number]

export type RunRequest = {
  readonly query: string
  /** Milliseconds from the question to the last row. */
  readonly timeoutMs: number
  readonly bounds: RunBounds
  /** The summary tells the columns too. */
  readonly withColumns?: true
}

/** A column of a result, under the name that it has in the lines. */
export type ResultColumn = {
  readonly name: string
  /** The database's own word for its type, or the driver's; '' where neither tells one. */
  readonly type: string
}

export type RunSummary = {
  readonly rows: number
  /** Bytes of all lines. */
  readonly bytes: number
  readonly flags: readonly Flag[]
  /** True where a bound cut the result. */
  readonly isCut: boolean
  /** In SELECT order, where the request asked for them. */
  readonly columns?: readonly ResultColumn[]
}

export type RunResult =
  | { readonly kind: 'finished'; readonly summary: RunSummary }
  | { readonly kind: 'failed'; readonly error: ErrorReport }

export interface Source {
  /**
   * Runs once. `onLines` gets whole JSON lines, each ended by '\n'; the bytes are valid only during the call.
   * Expected failures are a result; it rejects only with the signal's reason or a bug.
   */
  run(request: RunRequest, onLines: (lines: Uint8Array) => void, signal: AbortSignal): Promise<RunResult>
  close(): void
}
