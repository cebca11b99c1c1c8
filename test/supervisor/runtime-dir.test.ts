import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  makeRuntimeDirectory,
  removeRuntimeDirectory,
  socketPathIn,
  sweepRuntimeDirectories,
} from '../../src/supervisor/runtime-dir.ts'
import { temporaryDirectory } from '../spool/support/temporary-spool.ts'

/** No process has this number: Linux gives none above 4,194,304. */
const deadPid = 4_194_305

function made(): string {
  const directory = makeRuntimeDirectory()
  onTestFinished(() => removeRuntimeDirectory(directory))
  return directory
}

/** A directory in the temporary one whose path makes a runtime directory of so many bytes. */
function parentFor(directoryBytes: number): string {
  const base = temporaryDirectory()
  const name = `/rowtail-${process.pid}-XXXXXX`
  const parent = path.join(base, 'x'.repeat(directoryBytes - base.length - 1 - name.length))
  mkdirSync(parent)
  return parent
}

beforeEach(() => void vi.stubEnv('XDG_RUNTIME_DIR', ''))
afterEach(() => void vi.unstubAllEnvs())

describe('the directory of the sockets', () => {
  it('is for its user alone, and lies under XDG_RUNTIME_DIR where there is one', () => {
    const parent = temporaryDirectory()
    vi.stubEnv('XDG_RUNTIME_DIR', parent)
    const directory = made()
    expect(path.dirname(directory)).toBe(parent)
    expect(statSync(directory).mode & 0o777).toBe(0o700)
  })

  it('lies in the temporary directory where there is none, or none that can be used', () => {
    expect(path.dirname(made())).toBe(os.tmpdir())
    vi.stubEnv('XDG_RUNTIME_DIR', '/nonexistent/run')
    expect(path.dirname(made())).toBe(os.tmpdir())
  })

  it('leaves room for a socket: 88 bytes are taken, 89 are not', () => {
    const fits = parentFor(88)
    vi.stubEnv('XDG_RUNTIME_DIR', fits)
    const directory = made()
    expect(path.dirname(directory)).toBe(fits)
    expect(Buffer.byteLength(socketPathIn(directory, 999_999))).toBeLessThanOrEqual(100)
    vi.stubEnv('XDG_RUNTIME_DIR', parentFor(89))
    expect(path.dirname(made())).toBe(os.tmpdir())
  })

  it('is removed with what is in it, and once more does no harm', () => {
    const directory = made()
    mkdirSync(path.join(directory, 'deep'))
    removeRuntimeDirectory(directory)
    removeRuntimeDirectory(directory)
    expect(existsSync(directory)).toBe(false)
  })

  it('of a process that was killed is swept away by another; all else stays', () => {
    const parent = temporaryDirectory()
    const kept = [
      'rowtail-1-abcdef',
      `rowtail-${deadPid}-abc`,
      `rowtail-${deadPid}-abcdefg`,
      'rowtail-x-abcdef',
    ]
    for (const name of [...kept, `rowtail-${deadPid}-abcdef`]) mkdirSync(path.join(parent, name))
    vi.stubEnv('XDG_RUNTIME_DIR', parent)
    const own = made()
    sweepRuntimeDirectories(own)
    expect(readdirSync(parent).sort()).toEqual([...kept, path.basename(own)].sort())
  })

  it('lies where others cannot be listed: then nothing is swept', () => {
    expect(() => sweepRuntimeDirectories('/nonexistent/rowtail-1-abcdef')).not.toThrow()
  })
})
