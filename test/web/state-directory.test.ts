import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { watchStateDirectory } from '../../src/web/state-directory.ts'

function newDirectory(): string {
  const parent = mkdtempSync(join(tmpdir(), 'rowtail-state-'))
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  const directory = join(parent, 'state')
  mkdirSync(directory)
  return directory
}

it('a state directory that stays is no reason', () => {
  expect(watchStateDirectory(newDirectory())()).toEqual([])
})

it('a state directory that is removed, or another one in its place, is one', () => {
  const directory = newDirectory()
  const reasons = watchStateDirectory(directory)
  renameSync(directory, `${directory}.away`)
  expect(reasons()).toMatchObject([{ code: 'state_dir_gone', message: expect.stringContaining(directory) }])
  mkdirSync(directory)
  expect(reasons()).toMatchObject([{ code: 'state_dir_gone' }])
})
