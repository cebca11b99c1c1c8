// A spool in a directory of its own, closed and removed when the test ends, and short ways to empty it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openSpool } from '../../../src/spool/open.ts'
import type { Spool } from '../../../src/spool/spool.ts'
import type { ChunkRange, SpoolBounds, StreamId } from '../../../src/spool/types.ts'
import { roomyBounds } from './chunks.ts'

/** Later than every entry of a test. */
export const farFutureNs = 2n ** 62n

export const nothingRefused = { dead: [], restamped: [] } as const

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-spool-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export function temporarySpoolPath(): string {
  return join(temporaryDirectory(), 'show_locks.sqlite')
}

export function temporarySpool(bounds: Partial<SpoolBounds> = {}): { spool: Spool; path: string } {
  const path = temporarySpoolPath()
  return { spool: openedSpool(path, bounds), path }
}

/** A spool that must need no quarantine. */
export function openedSpool(path: string, bounds: Partial<SpoolBounds> = {}): Spool {
  const { spool, quarantined } = openSpool(path, { bounds: { ...roomyBounds, ...bounds }, nowMs: 0 })
  onTestFinished(() => closeIfOpen(spool))
  if (quarantined !== undefined) throw new Error(`unexpected quarantine: ${quarantined.error.message}`)
  return spool
}

export function closeIfOpen(spool: Spool): void {
  try {
    spool.close()
  } catch {
    // The test has closed it already.
  }
}

export function textOf(spool: Spool, range: ChunkRange): string {
  return Buffer.from(spool.read(range)).toString()
}

/** The next range of a stream; a test that expects one fails without it. */
export function takeRange(spool: Spool, stream: StreamId, notAfterNs = farFutureNs): ChunkRange {
  const range = spool.nextRange(stream, { notAfterNs })
  if (range === undefined) throw new Error(`stream ${stream} has nothing to deliver`)
  return range
}

/** Delivers all of a stream and returns the text of each push. */
export function drain(spool: Spool, stream: StreamId): string[] {
  const pushes: string[] = []
  for (;;) {
    const range = spool.nextRange(stream, { notAfterNs: farFutureNs })
    if (range === undefined) return pushes
    pushes.push(textOf(spool, range))
    spool.settle(range, nothingRefused)
  }
}
