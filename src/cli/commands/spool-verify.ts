// The command `spool verify`: asks Loki for what it acknowledged, stream by stream, and tells what is
// missing, changed, there twice, or there without a push that explains it. Reads only, in short slices, so it
// may run beside the service.

import { setImmediate } from 'node:timers/promises'
import { countOf, formatCount } from '../../core/quantity.ts'
import type { EntryCodec } from '../../core/sink.ts'
import { systemClock } from '../../kit/clock.ts'
import { sinks } from '../../sinks/registry.ts'
import type { LokiView } from '../../sinks/loki/view.ts'
import { type DeliveryRecord, SpoolReader, type StreamContent } from '../../spool/reader.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Invocation } from '../program.ts'
import { momentOf } from '../settings-spool.ts'
import { compare, type Finding, noFinding } from '../verify/comparison.ts'
import { explanationOf } from '../verify/explained.ts'
import { clustersOf, stretchesOf } from '../verify/pushes.ts'
import { chosenSpools } from './spool-choice.ts'
import { tableLines } from './table.ts'

type Verified = Omit<Finding, 'extraNs'> & {
  readonly metric: string
  readonly stream: string
  /** Entries that no push explains. */
  readonly extra: number
}

/** Some ms of reading. */
const recordsAtOnce = 1_000

type Verifying = {
  readonly view: LokiView
  readonly codec: EntryCodec
  readonly labelsOf: (stream: string) => Readonly<Record<string, string>>
  readonly nowMs: number
  readonly isWanted: (push: DeliveryRecord) => boolean
}

export async function spoolVerify(invocation: Invocation): Promise<number> {
  const { settings, spool } = invocation
  const nowMs = systemClock.nowMs()
  const [sinceMs, untilMs] = [momentOf(spool.since, nowMs), momentOf(spool.until, nowMs)]
  const view = (await sinks.loki.view())(settings.loki, systemClock)
  const verifying: Verifying = {
    view,
    codec: await sinks.loki.codec(),
    labelsOf: await sinks.loki.labelsOf(),
    nowMs,
    isWanted: ({ atMs }) => sinceMs <= atMs && atMs <= untilMs,
  }
  const verified: Verified[] = []
  try {
    for (const { metric, path } of chosenSpools(invocation)) {
      const reader = new SpoolReader(path)
      try {
        for (const stream of await verifySpool(reader, verifying)) verified.push({ metric, ...stream })
      } finally {
        reader.close()
      }
    }
  } finally {
    view.close()
  }
  const window = `delivered since ${new Date(sinceMs).toISOString()}`
  const lines = spool.isJson ? [JSON.stringify(verified, null, 2)] : linesOf(verified, window)
  process.stdout.write(`${lines.join('\n')}\n`)
  return exitCodeOf(verified)
}

type VerifiedStream = Omit<Verified, 'metric'>

async function verifySpool(reader: SpoolReader, verifying: Verifying): Promise<VerifiedStream[]> {
  const records = await recordsOf(reader)
  const verified: VerifiedStream[] = []
  for (const stream of reader.content().streams) {
    const own = records.filter((record) => record.stream === stream.stream)
    if (!own.some(verifying.isWanted)) continue
    verified.push(await verifyStream({ reader, stream, records: own }, verifying))
  }
  return verified
}

/** All that are kept, at most 16 MiB of the file; other parts of the program run in between. */
async function recordsOf(reader: SpoolReader): Promise<DeliveryRecord[]> {
  const records: DeliveryRecord[] = []
  for (const record of reader.deliveries()) {
    records.push(record)
    if (records.length % recordsAtOnce === 0) await setImmediate()
  }
  return records
}

type Subject = {
  readonly reader: SpoolReader
  readonly stream: StreamContent
  readonly records: readonly DeliveryRecord[]
}

async function verifyStream(
  { reader, stream, records }: Subject,
  verifying: Verifying,
): Promise<VerifiedStream> {
  const { view, codec, nowMs, isWanted } = verifying
  const finding = noFinding()
  const labels = verifying.labelsOf(stream.labels)
  const signal = new AbortController().signal
  for (const stretch of stretchesOf(clustersOf(records), isWanted)) {
    const { fromNs, untilNs } = stretch
    const question = { stream: stream.labels, fromNs, untilNs, limit: stretch.entries * 2 + 8 }
    compare(stretch, await view.entries(question, signal), { finding, codec, labels, nowMs })
  }
  const { extraNs, ...found } = finding
  if (extraNs.length === 0) return { stream: stream.labels, ...found, extra: 0 }
  const afterId = records.at(-1)?.id ?? 0
  const isExplained = explanationOf({ reader, stream: stream.stream, afterId, codec })
  return { stream: stream.labels, ...found, extra: extraNs.filter((atNs) => !isExplained(atNs)).length }
}

function exitCodeOf(verified: readonly Verified[]): number {
  const isUnequal = verified.some(
    ({ missing, changed, doubled, extra }) => missing + changed + doubled + extra > 0,
  )
  if (isUnequal) return exitCodes.unequal
  return verified.some(({ notShown }) => notShown > 0) ? exitCodes.notShown : exitCodes.stopped
}

const heads = [
  'METRIC',
  'STREAM',
  'PUSHES',
  'ROWS',
  'MISSING',
  'DOUBLED',
  'EXTRA',
  'CHANGED',
  'NOT SHOWN YET',
]

function linesOf(verified: readonly Verified[], window: string): string[] {
  if (verified.length === 0) return [`Nothing was ${window}.`]
  const rows = verified.map((one) => [
    one.metric,
    one.stream,
    ...[one.pushes, one.rows, one.missing, one.doubled, one.extra, one.changed, one.notShown].map(
      formatCount,
    ),
  ])
  return [...tableLines(heads, rows), '', verdictOf(verified, window)]
}

function verdictOf(verified: readonly Verified[], window: string): string {
  const rows = verified.reduce((sum, one) => sum + one.rows, 0)
  const there = `${countOf(rows, 'row')} ${window}`
  switch (exitCodeOf(verified)) {
    case exitCodes.unequal:
      return `Not as it was sent: see above. ${there} are there.`
    case exitCodes.notShown:
      return `${there} are there; Loki does not show all of the older ones yet: ask again in half an hour.`
    default:
      return `${there}: all there, once.`
  }
}
