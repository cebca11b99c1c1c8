// A ledger that overlooks something would make every clean round worthless: each kind of difference is shown
// to it here.

import { describe, expect, it } from 'vitest'
import type { LokiEntry } from '../support/servers/loki-client.ts'
import { audit, type Expectations, keyOf, type MetricRecord } from './ledger.ts'
import { idOf, lineOf, rowsOfPoll } from './source.ts'
import type { DeadEntry, Entry } from './spool-watch.ts'

const spec = { name: 'm', everyMs: 100, leastRows: 3, mostRows: 9, padBytes: 40 }
const strict: Expectations = {
  refused: new Set(),
  oldestNs: 0n,
  unaskedNs: 0n,
  mayRestamp: false,
  mayDrop: false,
  isSourceSound: true,
}

const rowsOf = (poll: number): Entry[] =>
  Array.from({ length: rowsOfPoll(spec, poll) }, (_, index) => ({
    kind: 'rows',
    atNs: String(poll * 1_000_000 + index),
    line: lineOf(spec, idOf(poll, index)),
    metadata: { run_id: `r${poll}` },
  }))

const runLineOf = (poll: number): Entry => ({
  kind: 'runs',
  atNs: String(poll * 1_000_000 + 999),
  line: JSON.stringify({ status: 'ok', rows: rowsOfPoll(spec, poll) }),
  metadata: { run_id: `r${poll}` },
})

const inLoki = (entry: Entry): LokiEntry => ({ labels: { job: 'm' }, ...entry })

/** Three polls, all of them delivered. */
function soundRecord(): MetricRecord {
  const rows = [1, 2, 3].flatMap(rowsOf)
  const runs = [1, 2, 3].map(runLineOf)
  return {
    spec,
    polls: { last: 4, answered: new Set([1, 2, 3]) },
    promised: [...rows, ...runs],
    spool: { commits: 3, waiting: [], dead: [], dropped: [] },
    loki: { rows: rows.map(inLoki), runs: runs.map(inLoki) },
  }
}

function kindsOf(record: MetricRecord, expected: Expectations = strict): string[] {
  return [...new Set(audit(record, expected).map(({ kind }) => kind))].sort()
}

function withDeadLetter(record: MetricRecord, dead: DeadEntry): MetricRecord {
  return { ...record, spool: { ...record.spool, dead: [dead] } }
}

function withRows(change: (rows: readonly LokiEntry[]) => LokiEntry[]): MetricRecord {
  const record = soundRecord()
  return { ...record, loki: { ...record.loki, rows: change(record.loki.rows) } }
}

function withFirstRow(change: (row: LokiEntry) => LokiEntry): MetricRecord {
  return withRows((rows) => [change(firstOf(rows)), ...rows.slice(1)])
}

function firstOf<T>(items: readonly T[]): T {
  const [first] = items
  if (first === undefined) throw new Error('there is none')
  return first
}

describe('a ledger', () => {
  it('has nothing to say where all is there once', () => expect(audit(soundRecord(), strict)).toEqual([]))

  it('misses a row that was promised', () =>
    expect(kindsOf(withRows((rows) => rows.slice(1)))).toEqual(['lost', 'torn run']))

  it('misses a row that no look has seen, by the run line', () => {
    const record = { ...withRows((rows) => rows.slice(1)), promised: [] }
    expect(kindsOf(record)).toEqual(['torn run'])
  })

  it('misses a whole run that no look has seen, by the number of commits', () => {
    const { loki, ...record } = soundRecord()
    const others = ({ metadata }: LokiEntry) => metadata['run_id'] !== 'r2'
    const without = { rows: loki.rows.filter(others), runs: loki.runs.filter(others) }
    const expected = { ...strict, isSourceSound: false }
    expect(kindsOf({ ...record, promised: [], loki: without }, expected)).toEqual(['commits'])
  })

  it('misses an answered poll that was never spooled, where nothing ailed the source', () => {
    const record = soundRecord()
    const polls = { last: 6, answered: new Set([1, 2, 3, 4, 5]) }
    expect(kindsOf({ ...record, polls })).toEqual(['never spooled'])
    expect(kindsOf({ ...record, polls }, { ...strict, isSourceSound: false })).toEqual([])
  })

  it('does not take a run whose rows were all dropped, and counted, for one that was never spooled', () => {
    const { spool, loki, ...record } = soundRecord()
    const runOfRow = (row: LokiEntry) => row.metadata['run_id']
    const rows = loki.rows.filter((row) => runOfRow(row) !== 'r1')
    const dropped = [{ reason: 'spool_full', entries: loki.rows.length - rows.length }]
    const shown = { ...record, spool: { ...spool, dropped }, loki: { ...loki, rows } }
    expect(kindsOf(shown, { ...strict, mayDrop: true })).toEqual([])
  })

  it('does not miss a poll of which all rows are dead letters', () => {
    const { spool, loki, ...record } = soundRecord()
    const dead = rowsOf(2).map((row) => ({ ...row, reason: 'too_long', said: '' }))
    const rows = loki.rows.filter((row) => row.metadata['run_id'] !== 'r2')
    const expected = { ...strict, refused: new Set(dead.map(keyOf)) }
    expect(kindsOf({ ...record, spool: { ...spool, dead }, loki: { ...loki, rows } }, expected)).toEqual([])
  })

  it.each([
    { what: 'at the same time', shift: 0n },
    { what: 'at another time', shift: 5_000n },
  ])('sees a row that is there twice $what', ({ shift }) => {
    const again = (row: LokiEntry) => ({ ...row, atNs: String(BigInt(row.atNs) + shift) })
    expect(kindsOf(withRows((rows) => [...rows, again(firstOf(rows))]))).toContain('twice')
  })

  it('sees a run line that is there twice', () => {
    const record = soundRecord()
    const runs = [...record.loki.runs, firstOf(record.loki.runs)]
    expect(kindsOf({ ...record, loki: { ...record.loki, runs } })).toEqual(['twice'])
  })

  it('sees a line that is not what the database gave', () => {
    const changed = (row: LokiEntry) => ({ ...row, line: row.line.replace('"pad":"', '"pad":"x') })
    expect(kindsOf(withFirstRow(changed))).toContain('unknown entry')
  })

  it('sees rows of a run that was never committed', () => {
    const stray = rowsOf(4).map(inLoki)
    expect(kindsOf(withRows((rows) => [...rows, ...stray]))).toEqual(['torn run'])
  })

  it('sees times that are not those of the run', () => {
    const moved = (row: LokiEntry) => ({ ...row, atNs: String(BigInt(row.atNs) + 7n) })
    expect(kindsOf(withFirstRow(moved))).toEqual(['lost', 'torn run'])
  })

  it('takes a row at a new time that names its first one, where that was refused', () => {
    const restamped = (row: LokiEntry) => ({
      ...row,
      atNs: String(BigInt(row.atNs) + 7n),
      metadata: { ...row.metadata, ts_original: row.atNs },
    })
    const record = withFirstRow(restamped)
    expect(audit(record, { ...strict, refused: new Set([keyOf(firstOf(rowsOf(1)))]) })).toEqual([])
    expect(kindsOf(record, { ...strict, mayRestamp: true })).toEqual([])
    expect(kindsOf(record)).toEqual(['restamped'])
  })

  it('sees what still waits', () => {
    const record = withRows((rows) => rows.slice(1))
    const spool = { ...record.spool, waiting: [firstOf(rowsOf(1))] }
    expect(kindsOf({ ...record, spool })).toEqual(['not drained'])
  })

  it('takes a dead letter that was refused, and no other', () => {
    const dead = firstOf(rowsOf(1))
    const record = withRows((rows) => rows.slice(1))
    const withDead = withDeadLetter(record, { ...dead, reason: 'too_long', said: 'a line is too long' })
    expect(kindsOf(withDead, { ...strict, refused: new Set([keyOf(dead)]) })).toEqual([])
    expect(kindsOf(withDead, { ...strict, oldestNs: BigInt(dead.atNs) + 1n })).toEqual([])
    expect(kindsOf(withDead, { ...strict, oldestNs: BigInt(dead.atNs) })).toEqual(['dead letter'])
  })

  it('takes a dead letter that may be stored where Loki cannot be asked, for its age', () => {
    const dead = { ...firstOf(rowsOf(1)), reason: 'too_far_behind', said: 'It may be stored already: …' }
    const withDead = withDeadLetter(
      withRows((rows) => rows.slice(1)),
      dead,
    )
    const unaskedNs = BigInt(dead.atNs) + 1n
    expect(kindsOf(withDead, { ...strict, unaskedNs })).toEqual([])
    expect(kindsOf(withDead, { ...strict, unaskedNs: unaskedNs - 1n })).toEqual(['dead letter'])
    const surelyRefused = withDeadLetter(withDead, { ...dead, said: 'entry too far behind' })
    expect(kindsOf(surelyRefused, { ...strict, unaskedNs })).toEqual(['dead letter'])
  })

  it('sees a dead letter that is in Loki too', () => {
    const dead = firstOf(rowsOf(1))
    const record = soundRecord()
    const withDead = withDeadLetter(record, { ...dead, reason: 'other', said: 'no' })
    expect(kindsOf(withDead, { ...strict, refused: new Set([keyOf(dead)]) })).toEqual(['dead letter'])
  })

  it.each([
    { counted: 2, mayDrop: true, kinds: [] },
    { counted: 1, mayDrop: true, kinds: ['dropped'] },
    { counted: 3, mayDrop: true, kinds: ['dropped'] },
    { counted: 2, mayDrop: false, kinds: ['dropped', 'torn run'] },
  ])(
    'takes 2 missing rows and $counted counted ones, may drop $mayDrop, as $kinds',
    ({ counted, mayDrop, kinds }) => {
      const record = withRows((rows) => rows.slice(2))
      const spool = { ...record.spool, dropped: [{ reason: 'spool_full', entries: counted }] }
      expect(kindsOf({ ...record, spool }, { ...strict, mayDrop })).toEqual(kinds)
    },
  )
})
