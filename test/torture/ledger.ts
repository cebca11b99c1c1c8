// The ledger: compares what spools promised and databases counted with what Loki has, as multisets, and names
// every difference. Pure. It rests on three counts that no code of delivery touches: the spool's number of
// committed runs, the rows that each run line tells, and the numbers that the database gave its polls.

import { maybeStoredWords } from '../../src/spool/types.ts'
import type { LokiEntry } from '../support/servers/loki-client.ts'
import { lineOf, type MetricSpec, type Polls, rowOf, rowsOfPoll } from './source.ts'
import type { DeadEntry, Entry, SpoolState } from './spool-watch.ts'

export type Finding = {
  readonly kind:
    | 'lost'
    | 'twice'
    | 'unknown entry'
    | 'torn run'
    | 'run line'
    | 'commits'
    | 'not drained'
    | 'dead letter'
    | 'restamped'
    | 'dropped'
    | 'never spooled'
    | 'service'
    | 'broken round'
    | 'grown'
  readonly what: string
}

export type MetricRecord = {
  readonly spec: MetricSpec
  readonly polls: Polls
  /** Entries that were seen visible in the spool at any moment. */
  readonly promised: readonly Entry[]
  /** The spool at the end. */
  readonly spool: SpoolState
  readonly loki: { readonly rows: readonly LokiEntry[]; readonly runs: readonly LokiEntry[] }
}

export type Expectations = {
  /** Keys of what the scripted proxy refused: only that may be a dead letter, or have another time. */
  readonly refused: ReadonlySet<string>
  /** What is older than this Loki refuses by default: it may be a dead letter. */
  readonly oldestNs: bigint
  /** Of what is older Loki does not say whether it has it: after a lost answer it is a dead letter (D-22). */
  readonly unaskedNs: bigint
  /** rowtail's clock was set: Loki itself may refuse a time. */
  readonly mayRestamp: boolean
  /** The round bounds the spool so that it drops. */
  readonly mayDrop: boolean
  /** Nothing ended rowtail and nothing ailed the database: each answered poll must be in Loki. */
  readonly isSourceSound: boolean
}

/** Empty where every row is accounted for. */
export function audit(record: MetricRecord, expected: Expectations): Finding[] {
  const entries = [...stored('rows', record.loki.rows), ...stored('runs', record.loki.runs)]
  const findings = [
    ...missing(record, entries),
    ...repeated(entries),
    ...strangers(record, entries),
    ...runs(record, entries, expected),
    ...commits(record, entries),
    ...leftovers(record),
    ...deadLetters(record, entries, expected),
    ...drops(record, entries, expected),
    ...restamped(entries, expected),
    ...(expected.isSourceSound ? neverSpooled(record, entries) : []),
  ]
  return findings.map(({ kind, what }) => ({ kind, what: `${record.spec.name}: ${what}` }))
}

/** One entry of the ledger, by its first time where Loki demanded another one. */
export function keyOf({ kind, atNs, line, metadata }: Entry): string {
  const { ts_original: firstNs = atNs, ...rest } = metadata
  const pairs = Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([kind, firstNs, line, pairs])
}

function stored(kind: Entry['kind'], entries: readonly LokiEntry[]): Entry[] {
  return entries.map(({ atNs, line, metadata }) => ({ kind, atNs, line, metadata }))
}

/** Everything that was visible is in Loki, or a dead letter, or still waits. */
function missing({ promised, spool }: MetricRecord, entries: readonly Entry[]): Finding[] {
  if (spool.dropped.length > 0) return []
  const there = new Set([...entries, ...spool.dead, ...spool.waiting].map(keyOf))
  return promised.map(keyOf).flatMap((key) => (there.has(key) ? [] : [{ kind: 'lost', what: key } as const]))
}

/** Rows by their id, run lines by their run: a second time of the same row is seen too. */
function repeated(entries: readonly Entry[]): Finding[] {
  const identity = (entry: Entry): string => {
    const id = entry.kind === 'rows' ? rowOf(entry.line)?.id : entry.metadata['run_id']
    return `${entry.kind} ${id ?? keyOf(entry)}`
  }
  return [...Map.groupBy(entries, identity)]
    .filter(([, group]) => group.length > 1)
    .map(([name, group]) => ({
      kind: 'twice',
      what: `${name}: ${group.length} times, at ${group.map(({ atNs }) => atNs).join(', ')}`,
    }))
}

/** Rows that the database never gave, or not so. */
function strangers({ spec, polls }: MetricRecord, entries: readonly Entry[]): Finding[] {
  return entries
    .filter(({ kind }) => kind === 'rows')
    .flatMap(({ line }) => {
      const row = rowOf(line)
      const isOurs = row !== undefined && row.poll <= polls.last && row.index < rowsOfPoll(spec, row.poll)
      return isOurs && line === lineOf(spec, row.id) ? [] : [{ kind: 'unknown entry', what: line } as const]
    })
}

type RunText = { readonly status?: unknown; readonly rows?: unknown; readonly cut?: unknown }

/** A run is in Loki whole, with its run line, its rows a nanosecond apart; or it is not there at all. */
function runs(record: MetricRecord, entries: readonly Entry[], { mayDrop }: Expectations): Finding[] {
  const lines = new Map(
    everyEntry(record, entries, 'runs').map(({ metadata, line }) => [
      metadata['run_id'] ?? '',
      JSON.parse(line) as RunText, // rowtail's own
    ]),
  )
  const rows = Map.groupBy(everyEntry(record, entries, 'rows'), ({ metadata }) => metadata['run_id'] ?? '')
  const names = new Set([...lines.keys(), ...rows.keys()])
  return [...names].flatMap((name) => {
    const [line, group = []] = [lines.get(name), rows.get(name)]
    if (line === undefined)
      return [{ kind: 'torn run', what: `${group.length} rows of ${name}, but no run line` }]
    return runFindings({ record, name, line, group, mayDrop })
  })
}

type Run = {
  readonly record: MetricRecord
  readonly name: string
  readonly line: RunText
  readonly group: readonly Entry[]
  readonly mayDrop: boolean
}

function runFindings({ record, name, line, group, mayDrop }: Run): Finding[] {
  const told = line.status === 'ok' ? Number(line.rows) : 0
  const [first] = group
  const poll = first === undefined ? undefined : rowOf(first.line)?.poll
  const given = poll === undefined ? told : rowsOfPoll(record.spec, poll)
  const findings: Finding[] = []
  if (line.status === 'ok' && told !== given && line.cut !== true)
    findings.push({ kind: 'run line', what: `${name} tells of ${told} rows, the database gave ${given}` })
  if (mayDrop ? group.length > told : group.length !== told)
    findings.push({ kind: 'torn run', what: `${group.length} of ${told} rows of ${name} (poll ${poll})` })
  if (group.some(({ line }) => rowOf(line)?.poll !== poll))
    findings.push({ kind: 'torn run', what: `${name} holds rows of several polls` })
  if (new Set(group.map(startOf)).size > 1)
    findings.push({ kind: 'torn run', what: `the times of ${name} are not a nanosecond apart` })
  return findings
}

/** The time that the run's first row must have had. */
function startOf({ atNs, line, metadata }: Entry): bigint {
  return BigInt(metadata['ts_original'] ?? atNs) - BigInt(rowOf(line)?.index ?? 0)
}

function everyEntry({ spool }: MetricRecord, entries: readonly Entry[], kind: Entry['kind']): Entry[] {
  const all = new Map([...entries, ...spool.dead, ...spool.waiting].map((entry) => [keyOf(entry), entry]))
  return [...all.values()].filter((entry) => entry.kind === kind)
}

/** Each committed run has exactly one run line somewhere. */
function commits(record: MetricRecord, entries: readonly Entry[]): Finding[] {
  const lines = everyEntry(record, entries, 'runs').length
  const { commits } = record.spool
  return lines === commits ? [] : [{ kind: 'commits', what: `${commits} runs committed, ${lines} run lines` }]
}

function leftovers({ spool }: MetricRecord): Finding[] {
  if (spool.waiting.length === 0) return []
  return [{ kind: 'not drained', what: `${spool.waiting.length} entries still wait` }]
}

/** Dead letters are what was refused, and are not in Loki too. */
function deadLetters(
  { spool }: MetricRecord,
  entries: readonly Entry[],
  { refused, oldestNs, unaskedNs }: Expectations,
): Finding[] {
  const there = new Set(entries.map(keyOf))
  const isTooOld = ({ atNs, said }: DeadEntry): boolean =>
    BigInt(atNs) < (said.startsWith(maybeStoredWords) ? unaskedNs : oldestNs)
  return spool.dead.flatMap((entry) => {
    const key = keyOf(entry)
    const faults = [
      ...(refused.has(key) || isTooOld(entry) ? [] : ['nobody refused it']),
      ...(there.has(key) ? ['it is in Loki'] : []),
    ]
    return faults.map((why): Finding => ({ kind: 'dead letter', what: `${why}: ${entry.reason} ${key}` }))
  })
}

/** Loki with its own limits refuses no time where entries come in order. */
function restamped(entries: readonly Entry[], { refused, mayRestamp }: Expectations): Finding[] {
  if (mayRestamp) return []
  return entries
    .filter((entry) => entry.metadata['ts_original'] !== undefined && !refused.has(keyOf(entry)))
    .map((entry) => ({ kind: 'restamped', what: `at ${entry.atNs}: ${keyOf(entry)}` }))
}

/** What is missing is what the spool counted as dropped, to the row. */
function drops(record: MetricRecord, entries: readonly Entry[], { mayDrop }: Expectations): Finding[] {
  const counted = record.spool.dropped.reduce((sum, { entries }) => sum + entries, 0)
  const told = everyEntry(record, entries, 'runs').reduce((sum, { line }) => {
    const { status, rows } = JSON.parse(line) as RunText // rowtail's own
    return status === 'ok' ? sum + Number(rows) : sum
  }, 0)
  const there = everyEntry(record, entries, 'rows').length
  if (counted === 0) return []
  if (!mayDrop) return [{ kind: 'dropped', what: JSON.stringify(record.spool.dropped) }]
  if (told - there === counted) return []
  return [{ kind: 'dropped', what: `${counted} counted as dropped, ${told - there} are missing` }]
}

/**
 * The run in flight at the end was cancelled; each one before it must be there, if only as dead letters.
 * Where rows were dropped, their number tells it (`drops`): a whole run may have gone.
 */
function neverSpooled(record: MetricRecord, entries: readonly Entry[]): Finding[] {
  const { spec, polls, spool } = record
  if (spool.dropped.length > 0) return []
  const there = new Set(everyEntry(record, entries, 'rows').map(({ line }) => rowOf(line)?.poll))
  return [...polls.answered]
    .filter((poll) => poll < polls.last && rowsOfPoll(spec, poll) > 0 && !there.has(poll))
    .map((poll) => ({ kind: 'never spooled', what: `poll ${poll} was answered and is nowhere` }))
}
