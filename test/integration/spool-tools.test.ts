// The commands of `spool` as an operator uses them: beside a running service, and after one was stopped, with
// a real Loki.

import { readdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import { createLokiSink } from '../../src/sinks/loki/sink.ts'
import { endpointOf } from '../../src/sinks/loki/config.ts'
import { lokiCodec } from '../../src/sinks/loki/codec.ts'
import { SpoolReader } from '../../src/spool/reader.ts'
import { maybeStoredWords } from '../../src/spool/types.ts'
import { sharedLoki } from '../support/servers/shared.ts'
import type { RunningService } from '../support/service.ts'
import { oneMetric, runToEnd, startedServices } from '../support/services.ts'

const services = startedServices(afterEach)

type Verified = { [name: string]: unknown; stream: string }

function spoolPathOf({ directory }: RunningService, metric: string): string {
  return path.join(directory, 'state/spool', `${metric}.sqlite`)
}

/** A command of `spool` on the state of a service. */
function spool(
  service: RunningService,
  words: readonly string[],
  { flags = [], lokiUrl = sharedLoki().baseUrl }: { flags?: readonly string[]; lokiUrl?: string } = {},
) {
  return runToEnd({
    metrics: {},
    directory: service.directory,
    command: 'spool',
    metricNames: words,
    flags: ['--loki_url', lokiUrl, ...flags],
  })
}

async function verifyRows(
  service: RunningService,
  metric: string,
): Promise<{ code: number | null; rows: Verified }> {
  const { exit, stdout, output } = await spool(service, ['verify'], { flags: ['--json'] })
  const streams = JSON.parse(stdout || `"${output}"`) as Verified[] // what the command prints
  const rows = streams.find(({ stream }) => stream.includes(`job="${metric}"`))
  if (rows === undefined) throw new Error(`no stream of ${metric}: ${output}`)
  return { code: exit.code, rows }
}

/** A service that has delivered at least `count` rows, and is stopped. */
async function delivered(metric: string, count: number): Promise<RunningService> {
  const service = await services.start(oneMetric(metric))
  await service.ready()
  await service.metric(metric, ({ delivered }) => delivered.rows >= count)
  await service.stop()
  return service
}

/** The stored rows of a metric, as they are encoded. */
async function storedRows(metric: string) {
  const entries = await sharedLoki().queryAll(`{job="${metric}"}`)
  return entries.map(({ atNs, line, metadata }) => {
    const names = ['response_time', 'run_id', 'detected_level']
    const encoder = lokiCodec.encoderOf(names.map((name) => [name, metadata[name] ?? '']))
    const bytes = Buffer.from(line)
    return { atNs: BigInt(atNs), line: bytes, encoder, labels: entries[0]?.labels ?? {} }
  })
}

type StoredRow = Awaited<ReturnType<typeof storedRows>>[number]

/** As a client that stamps its retries anew, or a Loki that shards, would store it once more. */
async function pushAgain(
  row: StoredRow,
  { atNs = row.atNs, shard = {} }: { atNs?: bigint; shard?: object } = {},
) {
  const sink = createLokiSink({
    endpoint: endpointOf(sharedLoki().baseUrl),
    login: { kind: 'none' },
    tls: {},
    sendsMetadata: true,
  })
  const out = new Uint8Array(row.encoder.maxEncodedBytes(row.line.length))
  const entries = out.subarray(0, row.encoder.encode(atNs, row.line, out, 0))
  const push = { stream: lokiCodec.streamOf({ ...row.labels, ...shard }), entries, count: 1 }
  const { outcome } = await sink.push(push, new AbortController().signal)
  sink.close()
  expect(outcome).toEqual({ kind: 'delivered' })
}

/** Makes a row a dead letter, in the spool of a service that is stopped. */
function bury(service: RunningService, metric: string, row: StoredRow & { said?: string }): void {
  const { encoder, line, atNs, said = 'a label is refused' } = row
  const out = new Uint8Array(encoder.maxEncodedBytes(line.length))
  const entry = out.slice(0, encoder.encode(atNs, line, out, 0))
  const database = new DatabaseSync(spoolPathOf(service, metric))
  database
    .prepare(`insert into dead_letters (stream, reason, said, bytes, entry, at_ms)
      select id, 'too_far_behind', ?, ?, ?, 1 from streams where kind = 'rows'`)
    .run(said, entry.length, entry)
  database.close()
}

describe('spool verify', () => {
  it('finds everything there, beside the service that delivers', async () => {
    const metric = 'verified_clean'
    const service = await services.start(oneMetric(metric))
    await service.ready()
    await service.metric(metric, ({ delivered }) => delivered.rows >= 5)
    const { code, rows } = await verifyRows(service, metric)
    expect(rows).toMatchObject({ missing: 0, doubled: 0, extra: 0, changed: 0, notShown: 0 })
    expect(Number(rows['rows'])).toBeGreaterThanOrEqual(5)
    expect(code).toBe(0)
  })

  it('tells rows that Loki lost, ends with 1, and says which stream', async () => {
    const metric = 'verified_missing'
    const service = await delivered(metric, 3)
    const database = new DatabaseSync(spoolPathOf(service, metric))
    database.exec(`update deliveries set entries = entries + 2 where id = (select min(id) from deliveries
      where stream = (select id from streams where kind = 'rows'))`)
    database.close()
    const { code, rows } = await verifyRows(service, metric)
    expect({ code, rows }).toMatchObject({ code: 1, rows: { missing: 2, doubled: 0, extra: 0, changed: 0 } })
  })

  it('tells rows that are there once more with another time', async () => {
    const metric = 'verified_extra'
    const service = await delivered(metric, 5)
    const [first, second] = await storedRows(metric)
    if (first === undefined || second === undefined) throw new Error('no two rows')
    await pushAgain(first, { atNs: (first.atNs + second.atNs) / 2n })
    const { code, rows } = await verifyRows(service, metric)
    expect({ code, rows }).toMatchObject({ code: 1, rows: { missing: 0, extra: 1, changed: 0 } })
  })

  it('tells rows that are there twice, in two shards of their stream', async () => {
    const metric = 'verified_doubled'
    const service = await delivered(metric, 3)
    const [row] = await storedRows(metric)
    if (row === undefined) throw new Error('no row')
    await pushAgain(row)
    expect((await verifyRows(service, metric)).code).toBe(0)
    await pushAgain(row, { shard: { __stream_shard__: '1' } })
    const { code, rows } = await verifyRows(service, metric)
    expect({ code, rows }).toMatchObject({ code: 1, rows: { missing: 0, doubled: 1, extra: 0, changed: 0 } })
  })

  it('tells a push of which a row is not what was sent', async () => {
    const metric = 'verified_changed'
    const service = await delivered(metric, 3)
    const database = new DatabaseSync(spoolPathOf(service, metric))
    database.exec('update deliveries set checksum = checksum + 1')
    database.close()
    const { code, rows } = await verifyRows(service, metric)
    expect({ code, rows }).toMatchObject({ code: 1, rows: { missing: 0, extra: 0, changed: rows['pushes'] } })
  })

  it('ends with 3 where Loki cannot be asked', async () => {
    const service = await delivered('verified_alone', 1)
    const { exit, stderr } = await spool(service, ['verify'], { lokiUrl: 'http://127.0.0.1:9' })
    expect(exit.code).toBe(3)
    expect(stderr).toContain('cannot be reached')
  })
})

describe('spool replay', () => {
  it('refuses beside the service, names it, and changes nothing', async () => {
    const metric = 'replayed_beside'
    const service = await services.start(oneMetric(metric))
    await service.ready()
    await service.metric(metric, ({ delivered }) => delivered.rows >= 1)
    const { exit, stderr } = await spool(service, ['replay'])
    expect(exit.code).toBe(2)
    expect(stderr).toContain(`in use by process ${service.launched.pid}. Stop it, replay`)
    expect((await spool(service, ['replay', metric], { flags: ['--dry_run'] })).stdout).toContain(
      'nothing to put back',
    )
  })

  it('delivers a dead letter once after a cure, and verify agrees', async () => {
    const metric = 'replayed_once'
    const service = await delivered(metric, 2)
    const [row] = await storedRows(metric)
    if (row === undefined) throw new Error('no row')
    const line = Buffer.from('{"one":"a dead letter"}')
    bury(service, metric, { ...row, line, atNs: row.atNs + 7n })

    const dry = await spool(service, ['replay'], { flags: ['--dry_run'] })
    expect(dry.stdout).toContain(`${metric}: 1 dead letter would be put back`)
    const replay = await spool(service, ['replay'])
    expect({ code: replay.exit.code, stdout: replay.stdout }).toMatchObject({ code: 0 })
    expect(replay.stdout).toContain(`${metric}: 1 dead letter put back`)
    expect((await spool(service, ['replay'])).stdout).toContain('nothing to put back')

    const again = await services.start({ ...oneMetric(metric), directory: service.directory })
    await again.ready()
    await again.metric(metric, ({ delivered }) => delivered.rows >= 2)
    await again.stop()
    const stored = await sharedLoki().queryAll(`{job="${metric}"} |= "a dead letter"`)
    expect(stored.map(({ atNs }) => BigInt(atNs))).toEqual([row.atNs + 7n])
    const reader = new SpoolReader(spoolPathOf(service, metric))
    expect(reader.lettersAfter(0)).toEqual([])
    reader.close()
    const { code, rows } = await verifyRows(service, metric)
    expect({ code, rows }).toMatchObject({ code: 0, rows: { missing: 0, extra: 0, doubled: 0, changed: 0 } })
    expect(readdirSync(path.join(service.directory, 'state'))).not.toContain('state.pid')
  })

  it('puts back what may be stored only where Loki has it not, or where twice is wanted', async () => {
    const metric = 'replayed_maybe'
    const service = await delivered(metric, 2)
    const [row] = await storedRows(metric)
    if (row === undefined) throw new Error('no row')
    const said = `${maybeStoredWords}: an earlier answer was lost.`
    bury(service, metric, { ...row, said })
    bury(service, metric, { ...row, said, atNs: row.atNs + 7n })

    const alone = { lokiUrl: 'http://127.0.0.1:9' }
    const blind = await spool(service, ['replay'], alone)
    expect(blind.stdout).toContain('2 dead letters left: Loki may have them, see --maybe_stored')
    expect(blind.stdout).toContain('nothing to put back')
    const wanted = await spool(service, ['replay'], { ...alone, flags: ['--maybe_stored', '--dry_run'] })
    expect(wanted.stdout).toContain('2 dead letters would be put back')
    const asked = await spool(service, ['replay'])
    expect(asked.stdout).toContain('1 dead letter left: Loki has them already')
    expect(asked.stdout).toContain('1 dead letter put back')
  })
})
