// A spool whose file cannot be written: the error says why, nothing has changed, and it works again
// afterwards.

import { chmodSync, chownSync, copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Spool } from '../../src/spool/spool.ts'
import { startChild } from './support/child-process.ts'
import { chunkOf, commitOf } from './support/chunks.ts'
import {
  drain,
  nothingRefused,
  openedSpool,
  takeRange,
  temporaryDirectory,
  temporarySpool,
  temporarySpoolPath,
  textOf,
} from './support/temporary-spool.ts'
import { nobody } from './support/unprivileged.ts'

// Every write waits for the disk, and a busy disk is no failure.
vi.setConfig({ testTimeout: 30_000 })

const writeFailed = (message: string) =>
  expect.objectContaining({
    report: expect.objectContaining({
      code: 'spool_write_failed',
      message: expect.stringContaining(message),
      hint: expect.any(String),
    }),
  })

/** Holds the file's write lock as a person with `sqlite3` may. */
function lockFromOutside(path: string): { release(): void } {
  const database = new DatabaseSync(path)
  database.exec('begin immediate')
  onTestFinished(() => database.close())
  return { release: () => database.exec('rollback') }
}

function stateOf(spool: Spool, rows: number) {
  return {
    depth: spool.depth(),
    backlogs: spool.backlogs(),
    lastNs: spool.lastNs(rows),
    at: spool.lastRunMs(),
  }
}

describe('a file that another program holds locked', () => {
  it('Q-5: fails every write without a trace, and takes it when the lock is gone', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'a', 1n)], 1))
    spool.stage(chunkOf(rows, 'b', 2n))
    const range = takeRange(spool, rows)
    const before = stateOf(spool, rows)
    const lock = lockFromOutside(path)

    const locked = writeFailed('another program holds it locked')
    expect(() => spool.stage(chunkOf(rows, 'c', 3n))).toThrow(locked)
    expect(() => spool.commitRun(commitOf([chunkOf(rows, 'c', 3n)], 2))).toThrow(locked)
    expect(() => spool.discardStaged()).toThrow(locked)
    expect(() => spool.settle(range, nothingRefused)).toThrow(locked)
    expect(() => spool.streamOf('{new="1"}', 'rows')).toThrow(locked)
    expect(stateOf(spool, rows)).toEqual(before)

    lock.release()
    spool.settle(range, nothingRefused)
    spool.commitRun(commitOf([chunkOf(rows, 'c', 3n)], 2))
    expect(drain(spool, rows)).toEqual(['bc'])
  })

  it('Q-5: leaves nothing of a write that fails in its middle, and takes it later', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'a', 1n)], 1))
    const range = takeRange(spool, rows)
    const before = stateOf(spool, rows)
    const other = new DatabaseSync(path)
    other.exec("create trigger stuck before insert on chunks begin select raise(abort, 'stuck'); end")

    const settlement = { dead: [], restamped: [chunkOf(rows, 'a again', 2n)] }
    expect(() => spool.settle(range, settlement)).toThrow('stuck')
    expect(stateOf(spool, rows)).toEqual(before)

    other.exec('drop trigger stuck')
    other.close()
    spool.settle(range, settlement)
    expect(drain(spool, rows)).toEqual(['a again'])
  })

  it('Q-4: keeps what a crash left staged invisible, and takes it away before the next run', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.stage(chunkOf(rows, 'torn', 1n))
    const lock = lockFromOutside(path)
    const successor = openedSpool(path)
    expect(() => successor.stage(chunkOf(rows, 'a', 2n))).toThrow(writeFailed('locked'))
    expect(() => successor.commitRun(commitOf([chunkOf(rows, 'a', 2n)], 1))).toThrow(writeFailed('locked'))
    lock.release()
    successor.commitRun(commitOf([chunkOf(rows, 'a', 2n)], 1))
    expect(drain(successor, rows)).toEqual(['a'])
  })

  it('can be read all the same', () => {
    const { spool, path } = temporarySpool()
    const rows = spool.streamOf('{}', 'rows')
    spool.commitRun(commitOf([chunkOf(rows, 'a')]))
    lockFromOutside(path)
    expect(textOf(spool, takeRange(spool, rows))).toBe('a')
  })

  it('Q-16: does not make a committed run look failed when only the bound cannot be kept', () => {
    const { spool, path } = temporarySpool({ maxBytes: 1 })
    const rows = spool.streamOf('{}', 'rows')
    const other = new DatabaseSync(path)
    other.exec("create trigger stuck before delete on chunks begin select raise(abort, 'stuck'); end")
    expect(spool.commitRun(commitOf([chunkOf(rows, 'a'), chunkOf(rows, 'b')]))).toEqual([])
    expect(spool.depth().rows).toBe(2)
    other.exec('drop trigger stuck')
    other.close()
    expect(spool.commitRun(commitOf([chunkOf(rows, 'c')]))).toMatchObject([{ bytes: 2 }])
    expect(drain(spool, rows)).toEqual(['c'])
  })
})

describe('a full disk', () => {
  it('Q-5: fails the write, keeps what was there, and the spool works when there is room', async () => {
    const child = startChild('fill-disk', [temporarySpoolPath()])
    const failed = { code: 'spool_write_failed', hint: expect.stringContaining('--state_dir') }
    expect(await child.nextMessage()).toEqual({
      staging: expect.objectContaining(failed),
      committing: expect.objectContaining(failed),
      full: { depth: { bytes: 6, rows: 1, oldestMs: 0, deadLetters: 0 }, lastRunMs: 1 },
      text: 'before staged after',
    })
  })
})

describe('a file without permission', () => {
  /** A spool of another user's, in a directory with the given mode. */
  function foreignSpool(fileMode: number, directoryMode: number): string {
    const directory = temporaryDirectory()
    const path = join(directory, 'state', 'a.sqlite')
    mkdirSync(dirname(path))
    const made = temporarySpoolPath()
    openedSpool(made).close()
    copyFileSync(made, path)
    if (process.getuid?.() === 0) {
      chmodSync(directory, 0o755)
      chownSync(path, nobody, nobody)
      chownSync(dirname(path), nobody, nobody)
    }
    chmodSync(path, fileMode)
    chmodSync(dirname(path), directoryMode)
    onTestFinished(() => chmodSync(dirname(path), 0o700))
    return path
  }

  it.each([
    ['a file that may only be read', 0o400, 0o700],
    ['a file that may not be read', 0o000, 0o700],
    ['a directory that may only be read', 0o600, 0o500],
  ])('is reported with its path and the cure: %s', async (_, fileMode, directoryMode) => {
    const path = foreignSpool(fileMode, directoryMode)
    const child = startChild('open-unprivileged', ['spool', path])
    expect(await child.nextMessage()).toMatchObject({
      code: 'spool_write_failed',
      message: expect.stringContaining(path),
      hint: expect.stringMatching(/writable for user id \d+/),
    })
  })

  it('is not one that its user may write to', async () => {
    const child = startChild('open-unprivileged', ['spool', foreignSpool(0o600, 0o700)])
    expect(await child.nextMessage()).toBe('opened')
  })
})
