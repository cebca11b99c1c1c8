import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { lockStateDirectory } from '../../src/spool/state-lock.ts'
import { startChild } from './support/child-process.ts'
import { temporaryDirectory } from './support/temporary-spool.ts'
import { nobody } from './support/unprivileged.ts'

// Every write waits for the disk, and a busy disk is no failure.
vi.setConfig({ testTimeout: 30_000 })

/** A directory that the unprivileged user owns. */
function ownedDirectory(mode: number): string {
  const parent = temporaryDirectory()
  const directory = join(parent, 'state')
  mkdirSync(directory)
  if (process.getuid?.() === 0) {
    chownSync(directory, nobody, nobody)
    chmodSync(parent, 0o755)
  }
  chmodSync(directory, mode)
  return directory
}

describe('the lock of a state directory', () => {
  it('creates the directory, with its parents, for its user only', () => {
    const directory = join(temporaryDirectory(), 'a', 'b')
    lockStateDirectory(directory).release()
    expect(statSync(directory).mode & 0o777).toBe(0o700)
  })

  it('takes no room of the disk but for its pid: it may be full', () => {
    const directory = temporaryDirectory()
    const lock = lockStateDirectory(directory)
    const files = readdirSync(directory).sort()
    const lockBytes = statSync(join(directory, 'state.lock')).size
    lock.release()
    expect({ files, lockBytes }).toEqual({ files: ['state.lock', 'state.pid'], lockBytes: 0 })
  })

  it('is refused to a second process, which is told the first one’s pid and what to do', async () => {
    const directory = temporaryDirectory()
    const holder = startChild('hold-lock', [directory])
    expect(await holder.nextMessage()).toBe('locked')
    const second = startChild('hold-lock', [directory])
    expect(await second.nextMessage()).toEqual({
      code: 'state_dir_in_use',
      message: `The state directory ${directory} is in use by process ${holder.pid}.`,
      hint: expect.stringContaining('--state_dir'),
    })
  })

  it('is free at once when its holder is killed, although its pid file is still there', async () => {
    const directory = temporaryDirectory()
    const holder = startChild('hold-lock', [directory])
    expect(await holder.nextMessage()).toBe('locked')
    await holder.kill()
    expect(statSync(join(directory, 'state.pid')).size).toBeGreaterThan(0)
    const next = startChild('hold-lock', [directory])
    expect(await next.nextMessage()).toBe('locked')
  })

  it('does not name a pid that no process has', async () => {
    const directory = temporaryDirectory()
    const gone = startChild('hold-lock', [directory])
    await gone.nextMessage()
    await gone.kill()
    const holder = startChild('hold-lock', [directory])
    await holder.nextMessage()
    // As in the moment between a holder's lock and its pid.
    writeFileSync(join(directory, 'state.pid'), `${gone.pid}\n`)
    expect(() => lockStateDirectory(directory)).toThrow('is in use by another process.')
  })

  it('can be taken again after its release, and not before', () => {
    const directory = temporaryDirectory()
    const lock = lockStateDirectory(directory)
    expect(() => lockStateDirectory(directory)).toThrow(`in use by process ${process.pid}`)
    lock.release()
    lockStateDirectory(directory).release()
  })
})

describe('a state directory that cannot be used', () => {
  it.each(['file', 'file/below'])('is reported with its path and the cure: %s', (name) => {
    const parent = temporaryDirectory()
    writeFileSync(join(parent, 'file'), '')
    const directory = join(parent, name)
    const report = {
      code: 'state_dir_unusable',
      message: `The state directory ${directory} cannot be used.`,
      hint: expect.stringContaining('is a file'),
    }
    expect(() => lockStateDirectory(directory)).toThrow(
      expect.objectContaining({ report: expect.objectContaining(report) }),
    )
  })

  it.each(['500', '300', '600'])('is reported where its mode is %s', async (mode) => {
    const directory = ownedDirectory(Number.parseInt(mode, 8))
    const child = startChild('open-unprivileged', ['lock', directory])
    expect(await child.nextMessage()).toMatchObject({
      code: 'state_dir_unusable',
      message: `The state directory ${directory} cannot be used.`,
      hint: expect.stringMatching(/writable for user id \d+/),
    })
  })

  it('is reported where it cannot be created', async () => {
    const parent = ownedDirectory(0o500)
    const child = startChild('open-unprivileged', ['lock', join(parent, 'new')])
    expect(await child.nextMessage()).toMatchObject({ code: 'state_dir_unusable' })
  })

  it('is not one that its user may write to', async () => {
    const child = startChild('open-unprivileged', ['lock', ownedDirectory(0o700)])
    expect(await child.nextMessage()).toBe('opened')
  })
})
