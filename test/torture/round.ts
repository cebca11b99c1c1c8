// One round: rowtail works while faults happen to it, then everything is well again, what waits is delivered,
// and the ledger is drawn up.

import { inspect } from 'node:util'
import { isFullDisk } from '../../src/spool/sqlite-error.ts'
import type { LokiEntry } from '../support/servers/loki-client.ts'
import { pause, waitFor } from '../support/servers/waiting.ts'
import { inflict } from './faults.ts'
import { audit, type Finding, type MetricRecord } from './ledger.ts'
import { entriesInLoki } from './loki-reader.ts'
import { has, isSourceSound, mayDrop, type Plan } from './plan.ts'
import { addMetrics, pollsOf } from './source.ts'
import { quarantinedIn, type SpoolState } from './spool-watch.ts'
import { Subject } from './subject.ts'
import { heal, type World } from './world.ts'

export type RoundResult = {
  readonly plan: Plan
  readonly findings: readonly Finding[]
  /** Rows and run lines in Loki. */
  readonly rows: number
  readonly runLines: number
  readonly restamped: number
  readonly deadLetters: number
  readonly dropped: number
  /** Of faults, draining and reading. */
  readonly phasesMs: readonly number[]
  readonly records: readonly MetricRecord[]
  readonly subject: Subject
}

/** How often spools are looked at beside the faults. */
const lookEveryMs = 250
/** Beyond the oldest backlog that a round makes. */
const hoursAgoMs = 36 * 3_600_000
const recentMs = 60_000
/** Loki's reject_old_samples_max_age. */
const maxAgeMs = 7 * 24 * 3_600_000
/** Loki's ingesters answer for so long (D-22). */
const askedMs = 2 * 3_600_000
/** Loki shows rows of hours ago only once their chunk is flushed, which goes on after its answer. */
const flushMs = 15_000
/** On a machine that is busy with much else. */
const startMs = 90_000
const pollingMs = 4_000
const settleMs = 1_200
const drainMs = { light: 40_000, large: 150_000 } as const

/** Looks at rowtail while faults happen to it, until the signal. */
export type Watch = (subject: Subject, signal: AbortSignal) => Promise<void>

/** Never rejects: what keeps a round from its end is a finding too. */
export async function runRound(plan: Plan, world: World, watch: Watch = lookOn): Promise<RoundResult> {
  const marksMs = [performance.now()]
  const mark = (): number => marksMs.push(performance.now())
  const lookBackMs = isOfHoursAgo(plan) ? hoursAgoMs : recentMs
  const startNs = BigInt(Date.now() - lookBackMs) * 1_000_000n
  const subject = new Subject(plan, world)
  const resultOf = ({ records, faults }: Audited): RoundResult => {
    mark()
    const findings = [...subject.findings, ...faults, ...quarantines(subject)]
    const phasesMs = marksMs.slice(1).map((atMs, index) => atMs - (marksMs[index] ?? atMs))
    return { plan, findings, ...totalsOf(records), phasesMs, records, subject }
  }
  try {
    await torment(world, subject, watch)
    mark()
    const spools = await drain(plan, subject)
    mark()
    return resultOf(await audited({ plan, world, subject }, { spools, startNs }))
  } catch (error) {
    await subject.giveUp()
    // With its causes: a fetch that failed says why only there.
    return resultOf({ records: [], faults: [{ kind: 'broken round', what: inspect(error) }] })
  }
}

async function torment(world: World, subject: Subject, watch: Watch): Promise<void> {
  const { plan } = subject
  await heal(world)
  world.scripted.forget()
  await addMetrics(world.postgres, plan.metrics)
  const service = await subject.start({ polls: true })
  await service.ready(startMs)
  const over = new AbortController()
  const looking = watch(subject, over.signal)
  looking.catch(() => undefined) // thrown below, where it is awaited
  await Promise.all([inflict(plan.faults, { subject, world }), pause(plan.lengthMs)])
  await heal(world)
  await subject.polling(pollingMs)
  const deadlineMs = performance.now() + settleMs
  while (performance.now() < deadlineMs && waiting(subject.look()) > 0) await pause(50)
  over.abort()
  await looking
  await subject.term()
}

/** What each spool shows, a few times a second. */
export async function lookOn(subject: Subject, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    lookAt(subject)
    await pause(lookEveryMs)
  }
}

/** A reader needs room too, for the index of a log: on a full disk the next look has to do. */
function lookAt(subject: Subject): void {
  try {
    subject.look()
  } catch (error) {
    if (!isFullDisk(error)) throw error
  }
}

/** What waits is delivered by a rowtail that asks nothing; where nothing waits none is started. */
async function drain(plan: Plan, subject: Subject): Promise<SpoolState[]> {
  if (waiting(subject.look()) === 0) return subject.look()
  await subject.start({ polls: false })
  const timeoutMs = plan.shape === 'light' ? drainMs.light : drainMs.large
  await waitFor(() => waiting(subject.look()) === 0, {
    what: 'the spools to drain',
    timeoutMs,
    everyMs: 100,
  }).catch(() => undefined) // the ledger says what still waits
  await subject.term()
  return subject.look()
}

function waiting(spools: readonly SpoolState[]): number {
  return spools.reduce((sum, { waiting }) => sum + waiting.length, 0)
}

type Stage = { readonly plan: Plan; readonly world: World; readonly subject: Subject }
type Ends = { readonly spools: readonly SpoolState[]; readonly startNs: bigint }

type Audited = { readonly records: readonly MetricRecord[]; readonly faults: readonly Finding[] }

async function audited(stage: Stage, ends: Ends): Promise<Audited> {
  const { plan, world } = stage
  const audit = async (): Promise<Audited> => {
    const records = await recordsOf(stage, ends)
    return { records, faults: auditAll(plan, world, records) }
  }
  let last = await audit()
  if (last.faults.length === 0 || !isOfHoursAgo(plan)) return last
  await fetch(`${world.loki.baseUrl}/flush`, { method: 'POST' })
  const deadlineMs = performance.now() + flushMs
  while (last.faults.length > 0 && performance.now() < deadlineMs) {
    await pause(1_000)
    last = await audit()
  }
  return last
}

async function recordsOf(
  { plan, world, subject }: Stage,
  { spools, startNs }: Ends,
): Promise<MetricRecord[]> {
  const polls = await pollsOf(world.postgres, plan.metrics)
  const records: MetricRecord[] = []
  for (const [index, spec] of plan.metrics.entries()) {
    const range = { startNs, lineBytes: spec.padBytes + 100 }
    const read = (selector: string) => entriesInLoki(world.loki.baseUrl, selector, range)
    const spool = spools[index]
    const known = polls.get(spec.name)
    if (spool === undefined || known === undefined) throw new Error(`nothing is known of ${spec.name}`)
    const rows = await read(`{job="${spec.name}"}`)
    const runs = await read(`{job="rowtail", metric="${spec.name}"}`)
    const promised = subject.watches[index]?.promised() ?? []
    records.push({ spec, polls: known, promised, spool, loki: { rows, runs } })
  }
  return records
}

function isOfHoursAgo(plan: Plan): boolean {
  return has(plan, 'backlog of hours') || has(plan, 'clock stepped')
}

function auditAll(plan: Plan, { scripted }: World, records: readonly MetricRecord[]): Finding[] {
  const expected = {
    refused: scripted.refused,
    oldestNs: BigInt(Date.now() - maxAgeMs) * 1_000_000n,
    unaskedNs: BigInt(Date.now() - askedMs) * 1_000_000n,
    mayRestamp: has(plan, 'clock stepped'),
    mayDrop: mayDrop(plan),
    isSourceSound: isSourceSound(plan),
  }
  return records.flatMap((record) => audit(record, expected))
}

function quarantines(subject: Subject): Finding[] {
  return quarantinedIn(subject.spoolDirectory).map((name) => ({
    kind: 'service',
    what: `${name} was set aside`,
  }))
}

function isRestamped({ metadata }: LokiEntry): boolean {
  return metadata['ts_original'] !== undefined
}

function totalsOf(records: readonly MetricRecord[]) {
  const sum = (count: (record: MetricRecord) => number): number =>
    records.reduce((total, record) => total + count(record), 0)
  return {
    rows: sum(({ loki }) => loki.rows.length),
    runLines: sum(({ loki }) => loki.runs.length),
    restamped: sum(({ loki }) => [...loki.rows, ...loki.runs].filter(isRestamped).length),
    deadLetters: sum(({ spool }) => spool.dead.length),
    dropped: sum(({ spool }) => spool.dropped.reduce((all, { entries }) => all + entries, 0)),
  }
}
