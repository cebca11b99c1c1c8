// `npm run torture -- --soak 20`: one rowtail for so many minutes, with short intervals, while its driver
// hosts, its workers, Loki and the database are restarted again and again. At the end each row is accounted
// for as after a round, and memory, threads, file descriptors and sockets must not have grown.

import { pause } from '../support/servers/waiting.ts'
import { keepEvidence } from './evidence.ts'
import { nameOf } from './faults.ts'
import { heldByAll } from './measure/processes.ts'
import { lookOn, runRound } from './round.ts'
import { argumentsOrExit } from '../support/arguments.ts'
import { growthOf, type Sample, soakPlan, tableOf } from './soak-plan.ts'
import type { Subject } from './subject.ts'
import { startWorld, stopWorld } from './world.ts'

const sampledEveryMs = 2_000

const minutes = argumentsOrExit(() => readMinutes(process.argv[2]))
const samples: Sample[] = []
const world = await startWorld()
const plan = soakPlan(minutes)
say(`rowtail ${process.env['TORTURE_COMMIT']}, ${minutes} minutes, ${plan.faults.length} faults`)
const result = await runRound(plan, world, async (subject, signal) => {
  await Promise.all([lookOn(subject, signal), sampling(subject, signal)])
})
const findings = [...result.findings, ...growthOf(samples)]
for (const { kind, what } of findings.slice(0, 20)) say(`  ${kind}: ${what.slice(0, 300)}`)
if (findings.length > 0) say(`  evidence: ${keepEvidence({ ...result, findings })}`)
await result.subject.remove()
await stopWorld(world)
const counts = Map.groupBy(plan.faults, nameOf)
say([...counts].map(([name, faults]) => `${name} ${faults.length}`).join(', '))
say([`${result.rows} rows, ${findings.length} findings`, ...tableOf(samples)].join('\n'))
process.exit(findings.length === 0 ? 0 : 1)

async function sampling(subject: Subject, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    samples.push(sampleOf(subject.pids()))
    await pause(sampledEveryMs)
  }
}

/** Of rowtail and its driver hosts together. */
function sampleOf(pids: readonly number[]): Sample {
  const { residentBytes, threads, files, sockets } = heldByAll(pids)
  const residentMb = Math.round(residentBytes / 1_024 / 1_024)
  return { 'RSS, MB': residentMb, threads, 'file descriptors': files, sockets }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function readMinutes(word: string | undefined): number {
  const count = Number(word)
  if (!(count > 0)) throw new Error('--soak needs a number of minutes')
  return count
}
