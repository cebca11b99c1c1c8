// The command `spool ls`: what waits in each spool, what Loki refused, what was dropped, and the copies that
// were set aside. Reads only, so it may run beside the service.

import { statSync } from 'node:fs'
import { ReportedError, sentenceOf } from '../../core/errors.ts'
import type { SpoolFile } from '../../spool/files.ts'
import { quarantineCopies } from '../../spool/quarantine.ts'
import { type SpoolContent, SpoolReader, type StreamContent } from '../../spool/reader.ts'
import { formatBytes, formatCount, formatElapsed } from '../../core/quantity.ts'
import { systemClock } from '../../kit/clock.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Invocation } from '../program.ts'
import { redactorOf } from './load.ts'
import { chosenSpools } from './spool-choice.ts'
import { tableLines } from './table.ts'
import { speaker } from './tell.ts'

type Copy = { readonly path: string; readonly bytes: number }

type Listed = {
  readonly metric: string
  readonly chunks: number
  readonly rows: number
  readonly runLines: number
  readonly bytes: number
  /** Time of the oldest entry that waits. */
  readonly oldest?: string
  readonly deadLetters: Readonly<Record<string, number>>
  readonly dropped: Readonly<Record<string, number>>
  readonly deliveries: number
  readonly copies: readonly Copy[]
}

export async function spoolLs(invocation: Invocation): Promise<number> {
  const say = speaker(process.stderr, redactorOf(invocation.settings))
  let exitCode: number = exitCodes.stopped
  const listed: Listed[] = []
  for (const file of chosenSpools(invocation)) {
    try {
      listed.push(listedOf(file))
    } catch (error) {
      if (!(error instanceof ReportedError)) throw error
      say(`${file.metric}: ${sentenceOf(error.report)}`)
      exitCode = exitCodes.startup
    }
  }
  const text = invocation.spool.isJson ? JSON.stringify(listed, null, 2) : tableOf(listed).join('\n')
  process.stdout.write(`${text}\n`)
  return exitCode
}

function listedOf({ metric, path }: SpoolFile): Listed {
  const reader = new SpoolReader(path)
  try {
    return { metric, ...amountsOf(reader.content()), copies: copiesOf(path) }
  } finally {
    reader.close()
  }
}

function amountsOf({ streams, deadLetters, dropped, deliveries }: SpoolContent) {
  const oldest = streams.flatMap(({ oldestNs }) => (oldestNs === undefined ? [] : [oldestNs]))
  const oldestMs = oldest.map((ns) => Number(ns / 1_000_000n))
  return {
    chunks: sumOf(streams, ({ chunks }) => chunks),
    rows: sumOf(streams, ({ kind, entries }) => (kind === 'rows' ? entries : 0)),
    runLines: sumOf(streams, ({ kind, entries }) => (kind === 'runs' ? entries : 0)),
    bytes: sumOf(streams, ({ bytes }) => bytes),
    ...(oldestMs.length === 0 ? {} : { oldest: new Date(Math.min(...oldestMs)).toISOString() }),
    deadLetters: Object.fromEntries(deadLetters.map(({ reason, entries }) => [reason, entries])),
    dropped: Object.fromEntries(dropped.map(({ reason, entries }) => [reason, entries])),
    deliveries,
  }
}

function sumOf(streams: readonly StreamContent[], amount: (stream: StreamContent) => number): number {
  return streams.reduce((sum, stream) => sum + amount(stream), 0)
}

/** One that goes while this looks is none. */
function copiesOf(path: string): Copy[] {
  return quarantineCopies(path).flatMap((copy) => {
    const stat = statSync(copy, { throwIfNoEntry: false })
    return stat === undefined ? [] : [{ path: copy, bytes: stat.size }]
  })
}

const heads = ['METRIC', 'CHUNKS', 'ROWS', 'RUN LINES', 'BYTES', 'OLDEST', 'DEAD LETTERS', 'DROPPED']

function tableOf(listed: readonly Listed[]): string[] {
  const copies = listed.flatMap((one) => one.copies)
  return [
    ...tableLines(heads, listed.map(cellsOf)),
    ...(copies.length === 0 ? [] : ['', 'Set aside, to look into with spool export --file:']),
    ...copies.map(({ path, bytes }) => `  ${path} (${formatBytes(bytes)})`),
  ]
}

function cellsOf({ metric, chunks, rows, runLines, bytes, oldest, deadLetters, dropped }: Listed): string[] {
  const ageMs = oldest === undefined ? undefined : systemClock.nowMs() - Date.parse(oldest)
  return [
    metric,
    ...[chunks, rows, runLines].map(formatCount),
    formatBytes(bytes),
    ageMs === undefined ? '-' : formatElapsed(Math.max(0, ageMs)),
    byReason(deadLetters),
    byReason(dropped),
  ]
}

function byReason(counts: Readonly<Record<string, number>>): string {
  const texts = Object.entries(counts).map(([reason, count]) => `${formatCount(count)} ${reason}`)
  return texts.length === 0 ? '-' : texts.join(', ')
}
