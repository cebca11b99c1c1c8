// `npm run torture`: rowtail under faults at random moments, against real servers, with a ledger of every
// row. `-- --seed 7 --rounds 20` or `--rounds 21..40`; `--tree` tests the working tree instead of HEAD.
// `--report` writes the results into docs/reliability.md; `--soak 20` keeps one rowtail for 20 minutes.
// With `mutants` as its first word it runs broken copies of rowtail, each of which the harness has to
// catch; with `mutants --unit` others, which unit tests have to catch, and with `mutants --loki` those
// that tests of Loki's limits have to catch.

import { main } from './lib/steps.mjs'
import { runProgram } from './lib/subject.mjs'
import { runTorture } from './lib/torture.mjs'

await main(() => {
  const [first, ...rest] = process.argv.slice(2)
  if (first === '--report') return runProgram('test/torture/report.ts', rest)
  const isTested = first === 'mutants' && ['--unit', '--loki'].includes(rest[0] ?? '')
  if (isTested) return runProgram('test/mutants/main.ts', rest)
  if (first === '--measure') return runTorture('test/torture/measure/main.ts', rest)
  if (first === '--soak') return runTorture('test/torture/soak.ts', rest)
  if (first === 'mutants') return runTorture('test/torture/mutants.ts', rest)
  return runTorture('test/torture/main.ts', process.argv.slice(2))
})
