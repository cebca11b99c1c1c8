import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spoolFiles, spoolPathOf } from '../../src/spool/files.ts'
import { temporaryDirectory } from './support/temporary-spool.ts'

describe('the files of a state directory', () => {
  it('are one per metric, found again by the metric’s name', () => {
    const directory = temporaryDirectory()
    const metrics = ['disk*use', 'lock', 'show_locks', 'größe/2', '..', 'a b%20']
    for (const metric of metrics) writeFileSync(spoolPathOf(directory, metric), '')
    const found = spoolFiles(directory)
    expect(found.map(({ metric }) => metric).sort()).toEqual(metrics.toSorted())
    for (const { metric, path } of found) expect(path).toBe(spoolPathOf(directory, metric))
  })

  it('have names that every file system takes', () => {
    expect(basename(spoolPathOf('/state', 'a/b\\c:d*e?f"g<h>i|j'))).toBe(
      'a%2Fb%5Cc%3Ad%2Ae%3Ff%22g%3Ch%3Ei%7Cj.sqlite',
    )
  })

  it('are not the companions, the copies set aside, the lock or what others left there', () => {
    const directory = temporaryDirectory()
    const others = [
      'a.sqlite-wal',
      'a.sqlite.quarantine-20261125T213710.123Z',
      'state.lock',
      'bad%.sqlite',
      'x',
    ]
    for (const name of others) writeFileSync(join(directory, name), '')
    expect(spoolFiles(directory)).toEqual([])
  })
})
