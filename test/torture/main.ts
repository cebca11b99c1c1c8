// The torture harness, started by scripts/torture.mjs: rounds of faults from a printed seed, each with its
// ledger. Exits with 1 where a round has findings, and says where its evidence lies.

import { readArguments, type TortureArguments } from './arguments.ts'
import { keepEvidence } from './evidence.ts'
import { nameOf } from './faults.ts'
import type { Plan } from './plan.ts'
import { type RoundResult, runRound } from './round.ts'
import { scenarioPlan } from './scenarios.ts'
import { addRound, appendSummary, emptySummary, type Summary } from './summary.ts'
import { startWorld, stopWorld, type World } from './world.ts'

/** Findings of a round that are printed; the evidence has all. */
const printedFindings = 5

const options = readArguments(process.argv.slice(2))
const commit = process.env['TORTURE_COMMIT'] ?? 'unknown'
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
process.once('SIGINT', () => stop.abort())
const summary = await tortureAll(options)
say(JSON.stringify(summary, undefined, 2))
if (options.resultsPath !== undefined && summary.rounds > 0) appendSummary(options.resultsPath, summary)
process.exit(summary.failed > 0 ? 1 : 0)

async function tortureAll(options: TortureArguments): Promise<Summary> {
  const { seed, first, last, isStoppingAtFailure } = options
  say(`rowtail ${commit}: --seed ${seed} --rounds ${first}..${last}`)
  const summary = emptySummary({ commit, seed, first, last })
  const world = await startWorld()
  try {
    for (let round = first; round <= last && !stop.signal.aborted; round += 1) {
      const isClean = await tortureOnce(world, scenarioPlan(options.scenario, seed, round), summary)
      if (!isClean && isStoppingAtFailure) break
    }
  } finally {
    await stopWorld(world)
  }
  return summary
}

async function tortureOnce(world: World, plan: Plan, summary: Summary): Promise<boolean> {
  const result = await runRound(plan, world)
  addRound(summary, result)
  report(result)
  const isClean = result.findings.length === 0
  if (!isClean) say(`  evidence: ${keepEvidence(result)}`)
  await result.subject.remove({ keep: false })
  return isClean
}

function report({ plan, findings, rows, restamped, deadLetters, dropped, phasesMs }: RoundResult): void {
  const faults = plan.faults.map((fault) => `${nameOf(fault)} @${fault.atMs}`).join(', ')
  const verdict = findings.length === 0 ? 'ok' : `${findings.length} FINDINGS`
  const counts = `${rows} rows, ${restamped} restamped, ${deadLetters} dead, ${dropped} dropped`
  const ends = `${counts}, ${phasesMs.map(seconds).join(' + ')} s`
  say(`${plan.round} ${plan.shape} ×${plan.metrics.length}: ${verdict}, ${ends} [${faults}]`)
  for (const { kind, what } of findings.slice(0, printedFindings)) say(`  ${kind}: ${what.slice(0, 300)}`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
