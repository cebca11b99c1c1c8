import { copyFileSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Deliveries, maxDeliveries } from '../../src/spool/deliveries.ts'
import { SpoolReader } from '../../src/spool/reader.ts'
import type { Delivered } from '../../src/spool/types.ts'
import { chunkOf, commitOf, mebibyte } from './support/chunks.ts'
import { openedSpool, takeRange, temporarySpool, temporarySpoolPath } from './support/temporary-spool.ts'

// Every write waits for the disk, and a busy disk is no failure.
vi.setConfig({ testTimeout: 30_000 })

const dayMs = 24 * 60 * 60_000
const firstVersion = join(import.meta.dirname, 'fixtures/version-1.sqlite')

function deliveredAt(atMs: number): Delivered {
  const content = { entries: 3, bytes: 190_000, checksum: 0xffff_fff0, metadataNames: ['run_id', 'level'] }
  return { atMs, firstNs: 1_764_000_000_000_000_001n, lastNs: 1_764_000_000_000_000_003n, ...content }
}

function readerOf(path: string): SpoolReader {
  const reader = new SpoolReader(path)
  onTestFinished(() => reader.close())
  return reader
}

/** The table alone, without a disk to wait for between records. */
function deliveriesIn(path: string) {
  openedSpool(path).close()
  const database = new DatabaseSync(path)
  onTestFinished(() => database.close())
  database.exec("insert into streams (labels, kind) values ('{}', 'rows'); begin")
  const deliveries = new Deliveries(database)
  const count = () => database.prepare('select count(*) as count from deliveries').get()?.['count']
  return { database, deliveries, count }
}

describe('the record of what was delivered', () => {
  it('Q-25: is kept with the end of the range, as it was given', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{job="a"}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'one')]))
    const delivered = deliveredAt(5)
    spool.settle(takeRange(spool, rows), { delivered, dead: [], restamped: [] })
    expect(readerOf(path).deliveriesAfter(0)).toEqual([{ ...delivered, id: 1, stream: rows }])
  })

  it('Q-25: is none where everything was refused', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{job="a"}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'one')]))
    spool.settle(takeRange(spool, rows), { dead: [], restamped: [] })
    expect(readerOf(path).deliveriesAfter(0)).toEqual([])
  })

  it('Q-25: goes after 7 days and not before, at most four records at a time', () => {
    const { deliveries, count } = deliveriesIn(temporarySpoolPath())
    for (let atMs = 0; atMs < 10; atMs += 1) deliveries.append(1, deliveredAt(atMs))
    deliveries.append(1, deliveredAt(7 * dayMs))
    expect(count()).toBe(11)
    deliveries.append(1, deliveredAt(7 * dayMs + 1))
    expect(count()).toBe(11)
    deliveries.append(1, deliveredAt(14 * dayMs))
    expect(count()).toBe(8)
  })

  it('Q-25: takes 16 MiB at most; the oldest record goes for the first one past that', () => {
    const path = temporarySpoolPath()
    const { database, deliveries, count } = deliveriesIn(path)
    deliveries.append(1, deliveredAt(1_764_000_000_000))
    const columns = 'stream, at_ms, first_ns, last_ns, entries, bytes, checksum, metadata_names'
    database.exec(`insert into deliveries (${columns}) select ${columns} from deliveries,
      (with recursive n (i) as (select 2 union all select i + 1 from n where i < ${maxDeliveries})
      select i from n)`)
    expect(count()).toBe(maxDeliveries)
    deliveries.append(1, deliveredAt(1_764_000_000_000))
    expect(count()).toBe(maxDeliveries)
    expect(database.prepare('select min(id) as id from deliveries').get()).toEqual({ id: 2 })
    database.exec('commit; pragma wal_checkpoint(truncate)')
    expect(statSync(path).size).toBeLessThan(16 * mebibyte)
  })
})

describe('a spool of version 1', () => {
  it('Q-26: is given the tables of this one at open, and keeps what it holds', () => {
    const path = temporarySpoolPath()
    copyFileSync(firstVersion, path)
    const spool = openedSpool(path)
    expect(spool.depth()).toMatchObject({ rows: 2, deadLetters: 1 })
    expect(spool.droppedTotals()).toMatchObject([{ reason: 'spool_full', entries: 1 }])
    expect(spool.lastRunMs()).toBe(1_764_000_060_000)
    const rows = spool.streamOf('{job="a", metric="m"}', 'rows')
    const delivered = deliveredAt(5)
    spool.settle(takeRange(spool, rows), { delivered, dead: [], restamped: [] })
    expect(readerOf(path).deliveriesAfter(0)).toMatchObject([delivered])
    spool.close()
    expect(openedSpool(path).depth()).toMatchObject({ rows: 1, deadLetters: 1 })
  })

  it('Q-26: is not changed where that fails, and migrated at the next open', () => {
    const path = temporarySpoolPath()
    copyFileSync(firstVersion, path)
    const holder = new DatabaseSync(path)
    onTestFinished(() => holder.close())
    holder.exec('begin immediate')
    expect(() => openedSpool(path)).toThrow('another program holds it locked')
    holder.exec('rollback')
    expect(holder.prepare('pragma user_version').get()).toEqual({ user_version: 1 })
    expect(openedSpool(path).depth()).toMatchObject({ rows: 2 })
  })

  it('is read as it is', () => {
    const path = temporarySpoolPath()
    copyFileSync(firstVersion, path)
    const reader = readerOf(path)
    expect(reader.deliveriesAfter(0)).toEqual([])
    expect(reader.lettersAfter(0)).toMatchObject([{ reason: 'too_old', said: 'timestamp too old' }])
    expect(reader.content()).toMatchObject({
      deliveries: 0,
      deadLetters: [{ reason: 'too_old', entries: 1 }],
    })
    expect(readFileSync(path)).toEqual(readFileSync(firstVersion))
  })
})
