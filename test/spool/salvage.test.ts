// What a damaged spool still holds is in the new one, in its order, and what it lost is counted to the row.

import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openSpool, type OpenedSpool, replaceSpool } from '../../src/spool/open.ts'
import { damageReport } from '../../src/spool/sqlite-error.ts'
import type { Spool } from '../../src/spool/spool.ts'
import { chunkOf, commitOf, roomyBounds } from './support/chunks.ts'
import { closeIfOpen, drain, openedSpool, takeRange, temporarySpoolPath } from './support/temporary-spool.ts'

// Every write waits for the disk, and a busy disk is no failure.
vi.setConfig({ testTimeout: 30_000 })

const options = { bounds: roomyBounds, nowMs: 0 }
const letters = 'abcdefghij'.split('')
/** Longer than a page, so that each chunk has pages of its own. */
const bodyOf = (letter: string) => letter.repeat(9_000)
const pageBytes = 4096
const frameBytes = pageBytes + 24

/** A spool with a chunk of each letter, one commit each; all of it in its log where that is not cut. */
function lettersSpool(path: string): Spool {
  const spool = openedSpool(path)
  const rows = spool.streamOf('{job="a"}', 'rows')
  for (const [index, letter] of letters.entries()) {
    spool.commitRun(commitOf([chunkOf(rows, bodyOf(letter), BigInt(index + 1))], index + 1))
  }
  return spool
}

/** The same, as a kill leaves it: `copyPath` holds database and log of a spool in use. */
function killedSpool(): string {
  const path = temporarySpoolPath()
  const copyPath = temporarySpoolPath()
  lettersSpool(path)
  for (const companion of ['', '-wal']) copyFileSync(path + companion, copyPath + companion)
  return copyPath
}

function closedSpool(): string {
  const path = temporarySpoolPath()
  lettersSpool(path).close()
  return path
}

function reopen(path: string): OpenedSpool {
  const opened = openSpool(path, options)
  onTestFinished(() => closeIfOpen(opened.spool))
  return opened
}

/** The letters of all that waits, in order. */
function lettersOf(spool: Spool): string {
  const text = drain(spool, spool.streamOf('{job="a"}', 'rows')).join('')
  return text.replaceAll(/(.)\1*/g, '$1')
}

function flipBit(path: string, at: number): void {
  const file = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, at)
  byte[0] = (byte[0] ?? 0) ^ 1
  writeSync(file, byte, 0, 1, at)
  closeSync(file)
}

function tearPage(path: string, at: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(pageBytes, 0xff), 0, pageBytes, at - (at % pageBytes))
  closeSync(file)
}

/** Where the rows of a letter lie in a file. */
function placeOf(path: string, letter: string): number {
  return readFileSync(path).indexOf(letter.repeat(1_000)) + 500
}

const lostOne = { saved: { entries: 9 }, lost: { entries: 1, bytes: 9_000 } }

describe('a flipped bit in rows', () => {
  it('Q-30: is found when they are read, and never handed over', () => {
    const path = closedSpool()
    flipBit(path, placeOf(path, 'a'))
    const { spool, quarantined } = reopen(path)
    expect(quarantined).toBeUndefined()
    const range = takeRange(spool, spool.streamOf('{job="a"}', 'rows'))
    const damage = expect.objectContaining({ report: expect.objectContaining({ code: 'spool_damaged' }) })
    expect(() => spool.read(range)).toThrow(damage)
  })

  it('Q-32: costs its own rows only: all others are in the new spool, and the loss is counted in it', () => {
    const path = closedSpool()
    flipBit(path, placeOf(path, 'e'))
    const { spool, quarantined } = replaceSpool(path, damageReport(path, 'found'), options)
    onTestFinished(() => closeIfOpen(spool))
    expect(quarantined).toMatchObject(lostOne)
    expect(spool.droppedTotals()).toEqual([{ reason: 'spool_damaged', entries: 1, bytes: 9_000 }])
    expect(spool.lastRunMs()).toBe(10)
    expect(spool.lastNs(spool.streamOf('{job="a"}', 'rows'))).toBe(10n)
    expect(lettersOf(spool)).toBe('abcdfghij')
  })

  it('in rows of an older rowtail, which has no checksums, is not found', () => {
    const path = closedSpool()
    const database = new DatabaseSync(path)
    database.exec('update chunks set checksum = null')
    database.close()
    flipBit(path, placeOf(path, 'e'))
    const { spool, quarantined } = replaceSpool(path, damageReport(path, 'found'), options)
    onTestFinished(() => closeIfOpen(spool))
    expect(quarantined).toMatchObject({ saved: { entries: 10 }, lost: { entries: 0 } })
  })
})

describe('a torn page', () => {
  it('of rows costs those rows', () => {
    const path = closedSpool()
    tearPage(path, placeOf(path, 'c') + pageBytes)
    const { spool, quarantined } = replaceSpool(path, damageReport(path, 'found'), options)
    onTestFinished(() => closeIfOpen(spool))
    expect(quarantined).toMatchObject(lostOne)
    expect(lettersOf(spool)).toBe('abdefghij')
  })

  it('of the index costs no row, though nothing tells then whether there were more', () => {
    const path = closedSpool()
    const database = new DatabaseSync(path)
    const page = database.prepare("select rootpage from sqlite_schema where name = 'chunk_index'").get()
    database.close()
    tearPage(path, (Number(page?.['rootpage']) - 1) * pageBytes)
    const { spool, quarantined } = reopen(path)
    expect(quarantined).toMatchObject({ error: { code: 'spool_damaged' }, saved: { entries: 10 } })
    expect(quarantined?.lost).toBeUndefined()
    expect(lettersOf(spool)).toBe('abcdefghij')
  })
})

describe('a broken log', () => {
  it('is no end: what was committed behind a flipped bit is in the new spool', () => {
    const path = killedSpool()
    flipBit(`${path}-wal`, placeOf(`${path}-wal`, 'e'))
    const { spool, quarantined } = reopen(path)
    expect(quarantined).toMatchObject({ error: { said: 'Its write-ahead log is broken.' }, ...lostOne })
    expect(lettersOf(spool)).toBe('abcdfghij')
  })

  it('with a flipped bit in its header is read all the same', () => {
    const path = killedSpool()
    flipBit(`${path}-wal`, 17)
    const { spool, quarantined } = reopen(path)
    expect(quarantined).toMatchObject({ saved: { entries: 10 }, lost: { entries: 0 } })
    expect(lettersOf(spool)).toBe('abcdefghij')
  })

  it('Q-33: is kept with its database, as it was', () => {
    const path = killedSpool()
    flipBit(`${path}-wal`, placeOf(`${path}-wal`, 'e'))
    const before = readFileSync(`${path}-wal`)
    const { quarantined } = reopen(path)
    expect(readFileSync(`${quarantined?.copyPath}-wal`).equals(before)).toBe(true)
  })

  it('Q-35: that only breaks in its last commit is one that the power was cut from: it never counted', () => {
    const path = killedSpool()
    const frames = Math.floor((statSync(`${path}-wal`).size - 32) / frameBytes)
    flipBit(`${path}-wal`, 32 + (frames - 1) * frameBytes + 100)
    const { spool, quarantined } = reopen(path)
    expect(quarantined).toBeUndefined()
    expect(lettersOf(spool)).toBe('abcdefghi')
  })

  it('without its database gives what is in it', () => {
    const path = killedSpool()
    rmSync(path)
    const { spool, quarantined } = reopen(path)
    expect(quarantined).toMatchObject({ error: { said: 'Only its write-ahead log is there.' } })
    expect(lettersOf(spool)).toBe('abcdefghij')
  })

  it('that is whole is no reason to begin anew', () => {
    const path = killedSpool()
    const { spool, quarantined } = reopen(path)
    expect(quarantined).toBeUndefined()
    expect(lettersOf(spool)).toBe('abcdefghij')
  })
})

describe('what a crash left of an earlier replacement', () => {
  it('Q-33: is begun again', () => {
    const path = killedSpool()
    lettersSpool(`${path}.new`).close()
    flipBit(`${path}-wal`, placeOf(`${path}-wal`, 'e'))
    expect(lettersOf(reopen(path).spool)).toBe('abcdfghij')
  })
})
