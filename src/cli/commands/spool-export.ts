// The command `spool export`: waiting rows, or dead letters, as JSON lines on standard output, from the
// spools or from a copy that was set aside. Reads only, so it may run beside the service; holds one chunk at
// a time.

import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { ReportedError } from '../../core/errors.ts'
import { countOf } from '../../core/quantity.ts'
import type { EntryCodec } from '../../core/sink.ts'
import { sinks } from '../../sinks/registry.ts'
import type { SpoolFile } from '../../spool/files.ts'
import { SpoolReader, type StreamContent } from '../../spool/reader.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Invocation } from '../program.ts'
import type { SpoolOptions } from '../settings-spool.ts'
import { redactorOf } from './load.ts'
import { type Output, outputTo } from './output.ts'
import { chosenSpools } from './spool-choice.ts'
import { speaker } from './tell.ts'

type Export = {
  readonly metric: string
  readonly reader: SpoolReader
  readonly codec: EntryCodec
  readonly labelsOf: (stream: string) => Readonly<Record<string, string>>
  readonly options: SpoolOptions
  readonly output: Output
}

export async function spoolExport(invocation: Invocation): Promise<number> {
  const { settings, spool: options } = invocation
  if (options.reason !== undefined && !options.isDead) {
    const message = '--reason is about dead letters: spool export takes it with --dead.'
    throw new ReportedError({ code: 'flag_invalid', message })
  }
  const say = speaker(process.stderr, redactorOf(settings))
  const codec = await sinks.loki.codec()
  const labelsOf = await sinks.loki.labelsOf()
  const output = outputTo(process.stdout)
  let lost = 0
  for (const { metric, path } of filesOf(invocation)) {
    const reader = new SpoolReader(path)
    try {
      const from = { metric, reader, codec, labelsOf, options, output }
      lost += options.isDead ? await exportLetters(from) : await exportRows(from)
    } finally {
      reader.close()
    }
  }
  await output.end()
  if (lost > 0) say(`${countOf(lost, 'chunk')} could not be read: the file is damaged there.`)
  return lost > 0 ? exitCodes.startup : exitCodes.stopped
}

function filesOf(invocation: Invocation): SpoolFile[] {
  const path = invocation.spool.filePath
  if (path === undefined) return chosenSpools(invocation)
  if (existsSync(path)) return [{ metric: basename(path).replace(/\.sqlite.*$/, ''), path }]
  throw new ReportedError({
    code: 'flag_invalid',
    message: `--file is ${path}, which does not exist.`,
    hint: 'The log names each copy that was set aside; they lie beside the spools.',
  })
}

/** The number of chunks that are damaged; the others are printed, oldest first in each stream. */
async function exportRows(from: Export): Promise<number> {
  let lost = 0
  for (const stream of from.reader.content().streams) {
    for (const { id } of from.reader.chunks(stream.stream)) {
      const body = from.reader.bodyOf(id)
      if (body === 'gone') continue // delivered meanwhile
      if (body === 'damaged') lost += 1
      else if (!(await exportChunk(from, stream, body))) return lost
    }
  }
  return lost
}

/** False where nobody reads any more. */
async function exportChunk(from: Export, { labels }: StreamContent, body: Uint8Array): Promise<boolean> {
  for (const { start, end } of from.codec.entriesOf(body)) {
    const line = JSON.stringify(recordOf(from, labels, body.subarray(start, end)))
    if (!(await from.output.line(line))) return false
  }
  return true
}

async function exportLetters(from: Export): Promise<number> {
  const { reader, options, output } = from
  const labels = new Map(reader.content().streams.map((stream) => [stream.stream, stream.labels]))
  for (const { stream, reason, said, atMs, entry } of reader.letters()) {
    if (options.reason !== undefined && options.reason !== reason) continue
    const refused = {
      reason,
      said,
      ...(atMs === undefined ? {} : { refused: new Date(atMs).toISOString() }),
    }
    const record = { ...recordOf(from, labels.get(stream) ?? '{}', entry), ...refused }
    if (!(await output.line(JSON.stringify(record)))) return 0
  }
  return 0
}

function recordOf({ metric, codec, labelsOf }: Export, labels: string, entry: Uint8Array) {
  const { atNs, line, metadata } = codec.decode(entry)
  const time = new Date(Number(atNs / 1_000_000n)).toISOString()
  return {
    metric,
    labels: labelsOf(labels),
    time,
    ns: String(atNs),
    line,
    metadata: Object.fromEntries(metadata),
  }
}
