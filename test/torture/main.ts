// The torture harness, started by scripts/torture.mjs: rounds of faults from a printed seed, each with its
// ledger. Exits with 1 where a round has findings, and says where its evidence lies.

import { argumentsOrExit } from '../support/arguments.ts'
import { readArguments } from './arguments.ts'
import { digestOf } from './digest.ts'
import { keepEvidence } from './evidence.ts'
import { nameOf } from './faults.ts'
import { runLanes } from './lanes.ts'
import type { RoundResult } from './round.ts'
import { type Batch, doneRounds, readResults, Results } from './summary.ts'

/** Failed rounds whose plan and log are printed; of further ones the first findings are. */
const mostDigests = 2
const shortDigestLines = 5

const options = argumentsOrExit(() => readArguments(process.argv.slice(2)))
const { seed, first, last, scenario, lanes, resultsPath } = options
const batch: Batch = { commit: process.env['TORTURE_COMMIT'] ?? 'unknown', seed, scenario, lanes }
const results = new Results(batch, resultsPath)
const done = doneRounds(resultsPath === undefined ? [] : readResults(resultsPath), batch)
let digests = 0
const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
say(`rowtail ${batch.commit}: --seed ${seed} --rounds ${first}..${last} --lanes ${lanes}`)
try {
  await runLanes({ options, signal: stop.signal, isDone: (round) => done.has(round), told })
} finally {
  results.save()
}
say(JSON.stringify(results.total, undefined, 2))
process.exit(results.total.failed === '' ? 0 : 1)

/** One piece of text for each round: lanes do not mix their lines. */
function told(result: RoundResult): void {
  results.add(result)
  if (result.findings.length === 0) {
    say(lineOf(result))
    return
  }
  if (options.isStoppingAtFailure) stop.abort()
  digests += 1
  const digest = digestOf({ ...result, outputs: result.subject.outputs })
  const told = digests <= mostDigests ? digest : digest.slice(0, shortDigestLines)
  say([lineOf(result), ...told, `  evidence: ${keepEvidence(result)}`].join('\n'))
}

function lineOf({ plan, findings, rows, restamped, deadLetters, dropped, phasesMs }: RoundResult): string {
  const faults = plan.faults.map((fault) => `${nameOf(fault)} @${fault.atMs}`).join(', ')
  const verdict = findings.length === 0 ? 'ok' : `${findings.length} FINDINGS`
  const counts = `${rows} rows, ${restamped} restamped, ${deadLetters} dead, ${dropped} dropped`
  const ends = `${counts}, ${phasesMs.map(seconds).join(' + ')} s`
  return `${plan.round} ${plan.shape} ×${plan.metrics.length}: ${verdict}, ${ends} [${faults}]`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
