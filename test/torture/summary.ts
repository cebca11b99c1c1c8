// Adds rounds up: what a run of the harness prints at its end, and the lines that it leaves in
// results.ndjson, one for each fifty rounds, so that a run that is ended midway counts what it did.

import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { rangesOf, roundsOf } from './dealing.ts'
import { nameOf } from './faults.ts'
import type { RoundResult } from './round.ts'

/** What all lines of a batch share. */
export type Batch = {
  readonly commit: string
  readonly seed: number
  readonly scenario: string
  readonly lanes: number
}

export type Summary = Batch & {
  rounds: number
  /** `1..3, 7` */
  done: string
  /** Numbers of rounds with findings. */
  failed: string
  rows: number
  runLines: number
  lost: number
  twice: number
  otherFindings: number
  restamped: number
  deadLetters: number
  dropped: number
  /** By the clock on the wall, whatever the number of lanes. */
  seconds: number
  readonly faults: Record<string, number>
}

const added = [
  'rounds',
  'rows',
  'runLines',
  'lost',
  'twice',
  'otherFindings',
  'restamped',
  'deadLetters',
  'dropped',
] as const

/** Rounds of a line in the results. */
const savedEvery = 50

export class Results {
  readonly total: Summary
  readonly #batch: Batch
  readonly #path: string | undefined
  #part: Summary
  #savedAtMs = performance.now()

  constructor(batch: Batch, path?: string) {
    this.#batch = batch
    this.#path = path
    this.total = emptySummary(batch)
    this.#part = emptySummary(batch)
  }

  add(result: RoundResult): void {
    const one = summaryOf(this.#batch, result)
    addTo(this.total, one)
    addTo(this.#part, one)
    if (this.#part.rounds >= savedEvery) this.save()
  }

  /** Appends what was added since the last time. */
  save(): void {
    const seconds = (performance.now() - this.#savedAtMs) / 1_000
    this.total.seconds = Math.round(this.total.seconds + seconds)
    this.#savedAtMs = performance.now()
    const part = { ...this.#part, seconds: Math.round(seconds) }
    this.#part = emptySummary(this.#batch)
    if (this.#path !== undefined && part.rounds > 0) appendFileSync(this.#path, `${JSON.stringify(part)}\n`)
  }
}

/** The lines of a file of results; none where it does not exist. */
export function readResults(path: string): Summary[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Summary) // written by `save`
}

/** Rounds of this batch that the results tell of, but those with findings: they are run again. */
export function doneRounds(lines: readonly Summary[], batch: Batch): ReadonlySet<number> {
  const isOurs = ({ commit, seed, scenario }: Summary): boolean =>
    commit === batch.commit && seed === batch.seed && scenario === batch.scenario
  const clean = ({ done, failed }: Summary): number[] => {
    const withFindings = new Set(roundsOf(failed))
    return roundsOf(done).filter((round) => !withFindings.has(round))
  }
  return new Set(lines.filter(isOurs).flatMap(clean))
}

export function emptySummary(batch: Batch): Summary {
  const counts = { rounds: 0, done: '', failed: '', rows: 0, runLines: 0 }
  const found = { lost: 0, twice: 0, otherFindings: 0 }
  return { ...batch, ...counts, ...found, restamped: 0, deadLetters: 0, dropped: 0, seconds: 0, faults: {} }
}

/** Adds all but the seconds of `one`, which may be of the same time. */
export function addTo(sum: Summary, one: Summary): void {
  for (const name of added) sum[name] += one[name]
  sum.done = rangesOf([...roundsOf(sum.done), ...roundsOf(one.done)])
  sum.failed = rangesOf([...roundsOf(sum.failed), ...roundsOf(one.failed)])
  for (const [name, count] of Object.entries(one.faults)) sum.faults[name] = (sum.faults[name] ?? 0) + count
}

function summaryOf(batch: Batch, result: RoundResult): Summary {
  const { plan, findings, rows, runLines, restamped, deadLetters, dropped } = result
  const [lost, twice] = (['lost', 'twice'] as const).map(
    (kind) => findings.filter((one) => one.kind === kind).length,
  ) as [number, number] // one for each of the two
  const faults: Record<string, number> = {}
  for (const fault of plan.faults) faults[nameOf(fault)] = (faults[nameOf(fault)] ?? 0) + 1
  const round = String(plan.round)
  const counts = { rows, runLines, restamped, deadLetters, dropped, lost, twice }
  const failed = findings.length > 0 ? round : ''
  const otherFindings = findings.length - lost - twice
  return { ...emptySummary(batch), rounds: 1, done: round, failed, ...counts, otherFindings, faults }
}
