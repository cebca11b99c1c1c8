// How long rows of rowtail's runs took from the end of their query until Loki had the last of them, from what
// rowtail tells: its log at level debug (run.finished, push.delivered) and the run lines in Loki, which say
// how long the query took.

import type { LokiServer } from '../test/support/servers/loki.ts'
import { percentile } from '../test/torture/measure/figures.ts'
import type { Contestant } from './contender.ts'

export type RunDelay = { readonly delayMs: number; readonly pushes: number }

/** A line of rowtail's log, as far as it is used here. */
type LogLine = {
  readonly time: string
  readonly metric?: string
  readonly event: string
  readonly rows?: number
  readonly durationMs?: number
  readonly msg: string
}

/** All runs so far whose rows Loki has, but each metric's first: what a start costs is a work of its own. */
export async function runDelays(
  loki: LokiServer,
  label: string,
  contestant: Contestant,
): Promise<RunDelay[]> {
  const lines = contestant.launched
    .stdout()
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine) // rowtail's own
  const runLines = await loki.queryAll(`{job="rowtail", contender="${label}"}`)
  const metrics = new Set(runLines.map(({ labels }) => labels['metric'] ?? ''))
  return [...metrics].flatMap((metric) => {
    const queryMs = runLines
      .filter(({ labels }) => labels['metric'] === metric)
      // The run line's own field (docs/specs/run-line.md).
      .map(({ line }) => (JSON.parse(line) as { duration_seconds: number }).duration_seconds * 1_000)
    const ofMetric = lines.filter((line) => line.metric === metric)
    return delaysOf(ofMetric, queryMs).slice(1)
  })
}

/**
 * One metric's runs: the n-th took `queryMs[n]` from question to last row. A run is delivered when as many
 * rows are as it and those before it had.
 */
export function delaysOf(lines: readonly LogLine[], queryMs: readonly number[]): RunDelay[] {
  const pushes = lines.filter(({ event, msg }) => event === 'push.delivered' && !/run lines?/.test(msg))
  const delays: RunDelay[] = []
  let [due, delivered, next, run] = [0, 0, 0, 0]
  for (const { event, time, rows = 0, durationMs = 0 } of lines) {
    if (event !== 'run.finished') continue
    due += rows
    const before = next
    while (delivered < due && next < pushes.length) delivered += pushes[next++]?.rows ?? 0
    const last = pushes[next - 1]
    const took = queryMs[run++]
    if (rows === 0 || delivered < due || last === undefined || took === undefined) continue
    const queryEndMs = Date.parse(time) - durationMs + took
    delays.push({ delayMs: Date.parse(last.time) - queryEndMs, pushes: next - before })
  }
  return delays
}

/** Of runs with one push apart: the pushes of a longer run keep a distance, so that Loki does not shard. */
export function delayFigures(delays: readonly RunDelay[]) {
  const all = delays.map(({ delayMs }) => delayMs)
  const single = delays.filter(({ pushes }) => pushes === 1).map(({ delayMs }) => delayMs)
  return {
    ...(all.length === 0 ? {} : { runDelayP99Ms: percentile(all, 99) }),
    ...(single.length === 0 ? {} : { pushDelayP99Ms: percentile(single, 99) }),
  }
}
