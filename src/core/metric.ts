// A metric after its shorthand is resolved and its faults are ruled out: what a worker needs to know.

export type Metric = {
  readonly name: string
  /** Milliseconds between two ticks; > 0, at most 30 days. */
  readonly intervalMs: number
  readonly query: string
  /** Deadline of one run in milliseconds. */
  readonly timeoutMs: number
  /** Static labels of this metric's row stream, beside those of the whole service. */
  readonly labels: Readonly<Record<string, string>>
  /** False: the query runs and its rows are not sent. */
  readonly send: boolean
}

/** The bounds of one run; beyond them the rest is cut and the run line says so. */
export type RunBounds = {
  /** Default 100,000 rows. */
  readonly maxRows: number
  /** Default 64 MiB, counted as JSON lines. */
  readonly maxBytes: number
}

export const defaultRunBounds: RunBounds = { maxRows: 100_000, maxBytes: 64 * 1024 * 1024 }

/** The longest line that is sent, in UTF-8 bytes: Loki's default max_line_size. */
export const maxLineBytes = 256 * 1024
