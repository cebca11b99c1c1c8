import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openSpool, type OpenedSpool } from '../../src/spool/open.ts'
import { maxQuarantineCopies, quarantine, quarantineCopies } from '../../src/spool/quarantine.ts'
import { chunkOf, chunkOfSize, commitOf, roomyBounds } from './support/chunks.ts'
import { closeIfOpen, drain, openedSpool, temporarySpoolPath } from './support/temporary-spool.ts'

// Every write waits for the disk, and a busy disk is no failure.
vi.setConfig({ testTimeout: 30_000 })

const nowMs = Date.UTC(2026, 10, 25, 21, 37, 10, 123)

function reopen(path: string): OpenedSpool {
  const opened = openSpool(path, { bounds: roomyBounds, nowMs })
  onTestFinished(() => closeIfOpen(opened.spool))
  return opened
}

/** A closed spool with one stream and some MiB in it. */
function closedSpool(): string {
  const path = temporarySpoolPath()
  const spool = openedSpool(path)
  const rows = spool.streamOf('{job="a"}', 'rows')
  for (let count = 0; count < 20; count += 1) spool.commitRun(commitOf([chunkOfSize(rows, 100_000)]))
  spool.close()
  return path
}

function overwrite(path: string, offset: number, sizeBytes: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, new Uint8Array(sizeBytes).fill(0xff), 0, sizeBytes, offset)
  closeSync(file)
}

/** What an opening that set a file aside led to, and that the fresh spool works. */
function outcomeOf({ spool, quarantined }: OpenedSpool) {
  const rows = spool.streamOf('{job="a"}', 'rows')
  spool.commitRun(commitOf([chunkOf(rows, 'works')]))
  return {
    code: quarantined?.error.code,
    copyPath: quarantined?.copyPath ?? '',
    delivered: drain(spool, rows),
  }
}

const damaged = { code: 'spool_damaged', delivered: ['works'] }

describe('a file that cannot be used', () => {
  it('is moved aside with its time when it is no database, and a fresh spool is begun', () => {
    const path = temporarySpoolPath()
    writeFileSync(path, 'this is no database, although it has the name of one'.repeat(100))
    const copyPath = `${path}.quarantine-20261125T213710.123Z`
    expect(outcomeOf(reopen(path))).toEqual({ ...damaged, copyPath })
    expect(readFileSync(copyPath, 'utf8')).toContain('this is no database')
  })

  it('is told by its header, its schema or its index', () => {
    const pageBytes = 4096
    for (const offset of [0, 100, pageBytes * 2]) {
      const path = closedSpool()
      overwrite(path, offset, 16)
      expect(outcomeOf(reopen(path))).toMatchObject(damaged)
    }
  })

  it('is moved aside when its end is missing', () => {
    const path = closedSpool()
    truncateSync(path, 500_000)
    expect(outcomeOf(reopen(path))).toMatchObject(damaged)
  })

  it('is moved aside when a table is missing, and its rows are in the new one', () => {
    const path = closedSpool()
    const database = new DatabaseSync(path)
    database.exec('drop table dropped')
    database.close()
    const { spool, quarantined } = reopen(path)
    const saved = { entries: 20, bytes: 2_000_000 }
    expect(quarantined).toMatchObject({ error: { code: 'spool_damaged' }, saved, lost: { entries: 0 } })
    expect(spool.depth()).toMatchObject({ rows: 20, bytes: 2_000_000 })
  })

  it('is left as it was when it belongs to another program', () => {
    const path = temporarySpoolPath()
    const database = new DatabaseSync(path)
    database.exec('create table notes (text); insert into notes values (1)')
    database.close()
    const before = readFileSync(path)
    const { copyPath, ...outcome } = outcomeOf(reopen(path))
    expect(outcome).toEqual(damaged)
    expect(readFileSync(copyPath).equals(before)).toBe(true)
  })

  it('is left as it was when a newer rowtail wrote it, and the error says so', () => {
    const path = closedSpool()
    const database = new DatabaseSync(path)
    database.exec('pragma user_version = 3')
    database.close()
    const { copyPath, ...outcome } = outcomeOf(reopen(path))
    expect(outcome).toEqual({ ...damaged, code: 'spool_newer' })
    const copy = new DatabaseSync(copyPath, { readOnly: true })
    onTestFinished(() => copy.close())
    expect(copy.prepare('select count(*) as count from chunks').get()).toEqual({ count: 20 })
  })
})

describe('copies set aside', () => {
  it('are whole: the write-ahead log goes with its database', () => {
    const path = temporarySpoolPath()
    for (const companion of ['', '-wal', '-shm']) writeFileSync(path + companion, `file${companion}`)
    const copyPath = quarantine(path, nowMs)
    const texts = ['', '-wal', '-shm'].map((companion) => readFileSync(copyPath + companion, 'utf8'))
    expect(texts).toEqual(['file', 'file-wal', 'file-shm'])
    expect(existsSync(path)).toBe(false)
  })

  it('are at most three of one spool; the oldest go, and those of other spools stay', () => {
    const path = temporarySpoolPath()
    const other = path.replace('show_locks', 'show_locks.sqlite')
    for (const [spool, count] of [
      [other, 1],
      [path, maxQuarantineCopies + 1],
    ] as const) {
      for (let index = 0; index < count; index += 1) {
        writeFileSync(spool, `no database ${index} `.repeat(100))
        openSpool(spool, { bounds: roomyBounds, nowMs: nowMs + index }).spool.close()
      }
    }
    const kept = quarantineCopies(path).map((copy) => readFileSync(copy, 'utf8').slice(0, 13))
    expect(kept).toEqual(['no database 1', 'no database 2', 'no database 3'])
    expect(quarantineCopies(other)).toHaveLength(1)
  })

  it('of one millisecond do not replace each other', () => {
    const path = temporarySpoolPath()
    for (const text of ['one', 'two']) {
      writeFileSync(path, `${text} is no database`.repeat(100))
      openSpool(path, { bounds: roomyBounds, nowMs }).spool.close()
    }
    expect(quarantineCopies(path)).toHaveLength(2)
  })
})

describe('opening', () => {
  it('Q-34: takes an empty file for a damaged one: a new spool has its name only with its tables', () => {
    const path = temporarySpoolPath()
    writeFileSync(path, '')
    expect(outcomeOf(reopen(path))).toMatchObject(damaged)
  })

  it('looks at the index, not at the backlog', () => {
    const path = closedSpool()
    // A damaged body is found when it is read, not by reading 256 MiB at every start.
    overwrite(path, 1_000_000, 1_000)
    const { spool, quarantined } = reopen(path)
    expect(quarantined).toBeUndefined()
    expect(spool.depth()).toMatchObject({ rows: 20, bytes: 2_000_000 })
  })

  it('Q-31: leaves a broken page to who reads it, and the file can be set aside then', () => {
    const path = closedSpool()
    overwrite(path, 1_000_000, 300_000)
    const { spool } = reopen(path)
    const rows = spool.streamOf('{job="a"}', 'rows')
    const damage = expect.objectContaining({ report: expect.objectContaining({ code: 'spool_damaged' }) })
    expect(() => drain(spool, rows)).toThrow(damage)
    spool.close()
    quarantine(path, nowMs)
    expect(reopen(path)).toMatchObject({ spool: { isEmpty: true } })
  })

  it('names the path and the cure where the path is a directory', () => {
    const path = temporarySpoolPath()
    const parent = path.replace('/show_locks.sqlite', '')
    expect(() => reopen(parent)).toThrow(
      expect.objectContaining({
        report: expect.objectContaining({
          code: 'spool_write_failed',
          message: expect.stringContaining(parent),
          hint: expect.stringContaining('--state_dir'),
        }),
      }),
    )
  })
})
