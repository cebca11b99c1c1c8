// The directory of the hosts' sockets: 0700, under XDG_RUNTIME_DIR or the temp directory, its path short
// enough for a socket. A process that was killed leaves its directory behind; the next one sweeps it away.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const prefix = 'rowtail-'
/** On Linux: the others may lie on a disk that is full. */
const memoryDirectory = '/dev/shm'
/** A Unix socket's path holds at most 107 bytes; the file name takes the rest. */
const maxDirectoryBytes = 88

export function makeRuntimeDirectory(): string {
  const candidates = [process.env['XDG_RUNTIME_DIR'], os.tmpdir(), '/tmp', memoryDirectory]
  for (const parent of candidates) {
    if (parent === undefined || parent === '') continue
    if (Buffer.byteLength(path.join(parent, `${prefix}${process.pid}-XXXXXX`)) > maxDirectoryBytes) continue
    try {
      return mkdtempSync(path.join(parent, `${prefix}${process.pid}-`))
    } catch {
      // Not writable: the next one.
    }
  }
  throw new Error(
    `no directory for the driver hosts' sockets: tried ${candidates.filter(Boolean).join(', ')}`,
  )
}

export function removeRuntimeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
}

/** On Windows a named pipe, which needs no directory. */
export function socketPathIn(directory: string, hostId: number): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\${path.basename(directory)}-${hostId}`
  return path.join(directory, `${hostId}.sock`)
}

/** Removes what processes left beside this directory that were killed. */
export function sweepRuntimeDirectories(own: string): void {
  const parent = path.dirname(own)
  for (const name of namesIn(parent)) {
    const pid = /^rowtail-(\d+)-\w{6}$/.exec(name)?.[1]
    if (pid === undefined || isAlive(Number(pid))) continue
    try {
      removeRuntimeDirectory(path.join(parent, name))
    } catch {
      // Another user's: theirs to sweep.
    }
  }
}

/** None of a directory that may be written but not read. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process of that number is alive too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
