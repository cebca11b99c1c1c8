// Spools that were damaged while rowtail was not running, each in another way, under one service: it starts,
// serves every metric that can be served, delivers what can still be read of each file, keeps the file, and
// says what was lost. What a full disk does stands in disk.test.ts.

import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { flipBit, placeOf, settleLog, type StoredChunk, tearPage, waitingIn } from '../support/damage.ts'
import { LokiServer } from '../support/servers/loki.ts'
import { sharedPostgres } from '../support/servers/shared.ts'
import {
  type LogLine,
  newServiceDirectory,
  type RunningService,
  type ServiceOptions,
} from '../support/service.ts'
import { nobody, startedServices } from '../support/services.ts'

/** What is done to a spool; `chunk` is one of its oldest, with a commit behind it. */
type Damage = (file: string, chunk: StoredChunk) => void

/** One chunk is lost, and all else is delivered. */
const losingOneChunk = {
  'torn page': (file, chunk) => {
    settleLog(file)
    tearPage(file, placeOf(file, chunk))
  },
  'flipped bit in a page': (file, chunk) => {
    settleLog(file)
    flipBit(file, placeOf(file, chunk))
  },
  'flipped bit in the log': (file, chunk) => flipBit(`${file}-wal`, placeOf(`${file}-wal`, chunk)),
} as const satisfies Record<string, Damage>

/** What of it is lost nothing tells, and what can be read is delivered. */
const losingUnknown = {
  truncated: (file) => {
    settleLog(file)
    truncateSync(file, Math.floor(readFileSync(file).length / 2))
  },
  'zero bytes': (file) => {
    settleLog(file)
    truncateSync(file, 0)
  },
  'not a database': (file) => {
    settleLog(file)
    writeFileSync(file, 'What was a spool is a letter now. '.repeat(1_000))
  },
  'log without database': (file) => rmSync(file),
  'newer schema': (file) => {
    settleLog(file)
    const database = new DatabaseSync(file)
    database.exec('pragma user_version = 99')
    database.close()
  },
} as const satisfies Record<string, Damage>

/** Its three rows and its run line. */
const entriesOfRun = 4

const locks: DatabaseSync[] = []

/** The file stays as it is, and its metric tells why it cannot be served. */
const unusable = {
  'read-only': (file) => {
    settleLog(file)
    chownSync(file, 0, 0)
    chmodSync(file, 0o444)
  },
  'no permission': (file) => {
    settleLog(file)
    chownSync(file, 0, 0)
    chmodSync(file, 0o000)
  },
  locked: (file) => {
    const database = new DatabaseSync(file)
    database.exec('pragma locking_mode = exclusive; begin exclusive')
    locks.push(database)
  },
} as const satisfies Record<string, Damage>

const damages = { ...losingOneChunk, ...losingUnknown, ...unusable } as const
type Way = keyof typeof damages
const ways = Object.keys(damages) as Way[] // the literal's own keys
const quarantined: readonly Way[] = [...keysOf(losingOneChunk), ...keysOf(losingUnknown)]

function keysOf<T extends object>(of: T): (keyof T)[] {
  return Object.keys(of) as (keyof T)[] // the literal's own keys
}

const nameOf = (way: string) => `damage_${way.replaceAll(/\W/g, '_')}`
const healthy = nameOf('healthy')

/** What a spool held before it was damaged. */
type Before = {
  readonly waiting: readonly number[]
  readonly lost: readonly number[]
  readonly entries: number
}

let loki: LokiServer
let service: RunningService
const before = new Map<Way, Before>()
/** What the log says of each damage. */
const told = new Map<Way, LogLine>()
const services = startedServices(afterAll)

beforeAll(async () => {
  loki = await LokiServer.start()
  await sharedPostgres().psql('create sequence damage_ids')
  await sharedPostgres().psql('grant all on sequence damage_ids to public')
  const options = optionsFor([healthy, ...ways.map(nameOf)])
  const first = await killedWithBacklog(options)
  const pristine = mkdtempSync(path.join(tmpdir(), 'rowtail-pristine-'))
  for (const way of ways) damage(way, { first, pristine })
  rmSync(pristine, { recursive: true })
  loki.resume()
  service = await services.start({ ...options, directory: first.directory })
  await service.ready()
  // At once, for of what is logged the last 256 KiB are kept.
  for (const way of quarantined) told.set(way, await eventOf(way, 'spool.quarantined'))
  for (const way of keysOf(unusable)) told.set(way, await eventOf(way, 'worker.lost'))
}, 180_000)

afterAll(async () => {
  for (const lock of locks) if (lock.isOpen) lock.close()
  await loki.remove()
})

/** Rows of 5 KB, each with a number of its own and other text; three a run, which make one chunk. */
function optionsFor(names: readonly string[]): ServiceOptions {
  const padding = `(select string_agg(md5(random()::text || n || k), '') from generate_series(1, 150) as k)`
  const query = `select nextval('damage_ids') as id, ${padding} as padding from generate_series(1, 3) as n`
  return {
    metrics: Object.fromEntries(names.map((name) => [name, { every: '1s', query }])),
    flags: ['--loki_url', loki.baseUrl],
    env: { ROWTAIL_CONNECTION_STRING: sharedPostgres().connectionString(), XDG_RUNTIME_DIR: undefined },
    directory: newServiceDirectory(nobody),
    user: nobody,
  }
}

async function killedWithBacklog(options: ServiceOptions): Promise<RunningService> {
  const first = await (await services.start(options)).ready()
  loki.pause()
  for (const way of ways) await first.metric(nameOf(way), ({ spool }) => spool.rows >= 24, 60_000)
  await first.kill()
  return first
}

type Place = { readonly first: RunningService; readonly pristine: string }

function damage(way: Way, { first, pristine }: Place): void {
  const file = path.join(first.directory, 'state', 'spool', `${nameOf(way)}.sqlite`)
  const copy = path.join(pristine, `${nameOf(way)}.sqlite`)
  for (const companion of ['', '-wal']) copyFileSync(file + companion, copy + companion)
  const { rows, entries } = waitingIn(copy)
  const chunk = rows[2]
  if (chunk === undefined) throw new Error(`nothing waits for ${way}`)
  damages[way](file, chunk)
  const lost = way in losingOneChunk ? idsIn(chunk) : []
  before.set(way, { waiting: rows.flatMap(idsIn), lost, entries })
}

function idsIn({ body }: StoredChunk): number[] {
  return [
    ...Buffer.from(body)
      .toString('latin1')
      .matchAll(/"id":(\d+)/g),
  ].map(([, id]) => Number(id))
}

async function idsInLoki(way: Way): Promise<number[]> {
  const entries = await loki.queryAll(`{job="${nameOf(way)}"}`)
  return entries.map(({ line }) => Number(JSON.parse(line).id))
}

/** Waits until nothing of before is left in the spool, and newer rows are delivered. */
async function drained(way: Way): Promise<Before> {
  const was = before.get(way)
  if (was === undefined) throw new Error(`${way} was not damaged`)
  const newest = Math.max(...was.waiting)
  await expect
    .poll(async () => Math.max(...(await idsInLoki(way))), { timeout: 60_000 })
    .toBeGreaterThan(newest)
  await service.metric(nameOf(way), ({ spool }) => spool.rows < 12, 60_000)
  return was
}

function eventOf(way: Way, event: string) {
  return service.logged((line) => line.event === event && line.metric === nameOf(way), `${event} of ${way}`)
}

/** Runs of its metric that had ended when the first line of this event was written. */
function runsBefore({ event, metric }: LogLine): number {
  const own = service.log().filter((line) => line.metric === metric)
  const earlier = own.slice(
    0,
    own.findIndex((line) => line.event === event),
  )
  return earlier.filter((line) => line.event === 'run.finished').length
}

describe('a service over damaged spools', () => {
  it('serves the metrics whose spools are sound', async () => {
    await service.metric(healthy, ({ delivered }) => delivered.rows >= 24, 60_000)
    expect(service.log().filter((line) => line.metric === healthy && line.level === 'error')).toEqual([])
  })

  it.each(keysOf(losingOneChunk))(
    'loses the rows that were hit, and no other, and counts them: %s',
    async (way) => {
      const { waiting, lost, entries } = await drained(way)
      expect(lost.length).toBe(3)
      const told = await eventOf(way, 'spool.quarantined')
      // Runs that were spooled before the damage was found are saved with the rest.
      const newer = runsBefore(told) * entriesOfRun
      expect(told).toMatchObject({ code: 'spool_damaged', saved: entries - 3 + newer, lost: 3 })
      expect(told.msg).toContain('3 rows cannot be read')
      expect((await service.metric(nameOf(way), () => true)).dropped).toEqual({ spool_damaged: 3 })
      const ids = await idsInLoki(way)
      expect(new Set(ids).size).toBe(ids.length)
      const missing = waiting.filter((id) => !ids.includes(id))
      expect(missing).toEqual(lost)
    },
  )

  it.each(keysOf(losingUnknown))('delivers what can be read, and new rows after it: %s', async (way) => {
    await drained(way)
    expect(told.get(way)?.['code']).toBe(way === 'newer schema' ? 'spool_newer' : 'spool_damaged')
    const ids = await idsInLoki(way)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('delivers all that a log holds whose database is gone', async () => {
    const { waiting } = await drained('log without database')
    const ids = await idsInLoki('log without database')
    expect(waiting.filter((id) => !ids.includes(id))).toEqual([])
  })

  it.each(quarantined)('keeps the file that it could not read: %s', (way) => {
    const copyPath = told.get(way)?.['copyPath']
    expect(existsSync(String(copyPath)) || existsSync(`${String(copyPath)}-wal`)).toBe(true)
  })

  it.each(keysOf(unusable))('says which spool it cannot use, and lets it be: %s', (way) => {
    const line = told.get(way)
    expect(line).toMatchObject({ code: 'spool_write_failed' })
    expect(line?.msg).toContain(`${nameOf(way)}.sqlite cannot be written`)
    expect(
      service.log().filter((line) => line.metric === nameOf(way) && line.event === 'spool.quarantined'),
    ).toEqual([])
  })

  it('uses a locked spool as soon as it is free, and delivers every row of it', async () => {
    for (const lock of locks) lock.close()
    const { waiting } = await drained('locked')
    const ids = await idsInLoki('locked')
    expect(waiting.filter((id) => !ids.includes(id))).toEqual([])
    expect(new Set(ids).size).toBe(ids.length)
  })
})
