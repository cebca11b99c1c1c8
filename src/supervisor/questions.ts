// Questions from the main thread to a driver host, over the same lane that workers use: `select 1` of the CPU check, and
// the single runs of `check` and `once`.

import { defaultRunBounds, type RunBounds } from '../core/metric.ts'
import type { RunResult } from '../core/source.ts'
import { createSqlSource } from '../sources/sql/source.ts'
import type { HostAddress } from '../sources/sql/host-lane.ts'

export type Question = {
  readonly query: string
  readonly timeoutMs: number
  readonly bounds?: RunBounds
  readonly onLines?: (lines: Uint8Array) => void
}

/** Asks one question over a lane of its own; rejects with the signal's reason. */
export async function askHost(
  address: HostAddress | undefined,
  question: Question,
  signal: AbortSignal,
): Promise<RunResult> {
  const source = createSqlSource('question', {
    address: async () => address,
    lossOf: async () => ({ code: 'host_crashed', message: 'The driver host ended while it ran the query.' }),
    abandoned: () => undefined,
  })
  const { query, timeoutMs, bounds = defaultRunBounds, onLines = () => undefined } = question
  try {
    return await source.run({ query, timeoutMs, bounds }, onLines, signal)
  } finally {
    source.close()
  }
}
