// Adds rounds up: what docs/reliability.md shows of a batch, and the line that a batch leaves in
// results.ndjson.

import { appendFileSync } from 'node:fs'
import { nameOf } from './faults.ts'
import type { RoundResult } from './round.ts'

export type Summary = {
  readonly commit: string
  readonly seed: number
  readonly first: number
  readonly last: number
  rounds: number
  failed: number
  rows: number
  runLines: number
  lost: number
  twice: number
  otherFindings: number
  restamped: number
  deadLetters: number
  dropped: number
  seconds: number
  readonly faults: Record<string, number>
}

export function emptySummary(at: Pick<Summary, 'commit' | 'seed' | 'first' | 'last'>): Summary {
  const counts = { rounds: 0, failed: 0, rows: 0, runLines: 0, lost: 0, twice: 0, otherFindings: 0 }
  return { ...at, ...counts, restamped: 0, deadLetters: 0, dropped: 0, seconds: 0, faults: {} }
}

export function addRound(summary: Summary, result: RoundResult): void {
  const { plan, findings, rows, runLines, restamped, deadLetters, dropped, phasesMs } = result
  const count = (kind: string): number => findings.filter((one) => one.kind === kind).length
  summary.rounds += 1
  summary.failed += findings.length > 0 ? 1 : 0
  summary.rows += rows
  summary.runLines += runLines
  summary.lost += count('lost')
  summary.twice += count('twice')
  summary.otherFindings += findings.length - count('lost') - count('twice')
  summary.restamped += restamped
  summary.deadLetters += deadLetters
  summary.dropped += dropped
  summary.seconds += phasesMs.reduce((sum, ms) => sum + ms, 0) / 1_000
  for (const fault of plan.faults) {
    const name = nameOf(fault)
    summary.faults[name] = (summary.faults[name] ?? 0) + 1
  }
}

export function appendSummary(path: string, summary: Summary): void {
  appendFileSync(path, `${JSON.stringify({ ...summary, seconds: Math.round(summary.seconds) })}\n`)
}
