// What a Loki holds of one metric, for comparison with what the database said: digits are compared as they
// are written, where a double could not hold them.

import type { LokiEntry, LokiRange } from './servers/loki-client.ts'

type AnyLoki = { query(logql: string, range?: LokiRange): Promise<LokiEntry[]> }

export type RunLine = {
  readonly status: 'ok' | 'failed'
  readonly rows: number
  readonly duration_seconds: number
  readonly sent?: false
  readonly cut?: true
  readonly flags?: readonly { readonly column: string; readonly why: string }[]
  readonly error_code?: string
  readonly error?: string
}

/** The run lines of a metric, at most 5,000, oldest first. */
export async function runLinesOf(loki: AnyLoki, metric: string): Promise<RunLine[]> {
  const entries = await loki.query(`{job="rowtail", metric="${metric}"}`)
  return entries.map(({ line }) => JSON.parse(line) as RunLine) // rowtail's own lines
}

/** Entries by the run that fetched them, oldest run first. */
export function byRun(entries: readonly LokiEntry[]): LokiEntry[][] {
  return [...Map.groupBy(entries, ({ metadata }) => metadata['run_id'] ?? '').values()]
}

/**
 * A row as name and value pairs in the order of its columns; numbers beyond a double's integers as
 * their digits.
 */
export function cellsOf(line: string): [name: string, value: unknown][] {
  const exact = (_: string, value: unknown, { source }: { source?: string }) =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? source : value
  // The reviver's third parameter is newer than TypeScript's library.
  const row: unknown = JSON.parse(line, exact as (key: string, value: unknown) => unknown)
  return Object.entries(Object(row))
}

/**
 * What a metric query such as `sum by (run_id) (count_over_time(…[1h]))` gives now, a number for each
 * set of labels.
 */
export async function numbersOf(baseUrl: string, logql: string): Promise<number[]> {
  const response = await fetch(
    `${baseUrl}/loki/api/v1/query?${new URLSearchParams({ query: logql }).toString()}`,
  )
  if (!response.ok) throw new Error(`Loki answered ${response.status} to ${logql}: ${await response.text()}`)
  // The shape of an instant query's answer.
  const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } }
  return data.result.map(({ value }) => Number(value[1]))
}
