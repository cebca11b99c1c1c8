// One run of a metric for a command: `check` reckons with it, `dashboards` draws what it returned. Of the
// rows only the first are kept.

import type { ErrorReport } from '../../core/errors.ts'
import type { Metric, RunBounds } from '../../core/metric.ts'
import { systemClock } from '../../kit/clock.ts'
import type { Questions } from '../../supervisor/questions.ts'
import type { SampleRun } from './volume.ts'

export type Sample =
  | { readonly kind: 'failed'; readonly error: ErrorReport }
  | {
      readonly kind: 'taken'
      readonly run: SampleRun
      /** At most 50, as Loki would store them. */
      readonly firstLines: readonly string[]
    }

const maxFirstLines = 50

export async function sampleOf(metric: Metric, questions: Questions, bounds: RunBounds): Promise<Sample> {
  const lines = createLineWatch()
  const startMs = systemClock.monotonicMs()
  const { query, timeoutMs } = metric
  const question = { query, timeoutMs, bounds, onLines: lines.add, withColumns: true } as const
  const result = await questions.ask(question, new AbortController().signal)
  if (result.kind === 'failed') return result
  const durationMs = systemClock.monotonicMs() - startMs
  const run = { metric, summary: result.summary, durationMs, longestLineBytes: lines.longestBytes() }
  return { kind: 'taken', run, firstLines: lines.first }
}

type LineWatch = {
  /** Whole lines; the bytes are read during the call. */
  readonly add: (lines: Uint8Array) => void
  readonly first: readonly string[]
  readonly longestBytes: () => number
}

function createLineWatch(): LineWatch {
  const first: string[] = []
  let longestBytes = 0
  return {
    add(lines) {
      for (let start = 0; start < lines.length; ) {
        const end = lines.indexOf(10, start)
        longestBytes = Math.max(longestBytes, end - start)
        if (first.length < maxFirstLines) first.push(Buffer.from(lines.subarray(start, end)).toString('utf8'))
        start = end + 1
      }
    },
    first,
    longestBytes: () => longestBytes,
  }
}
