// What settings depend on besides the command line: environment, directories, files. A parameter, so that
// tests own it; `processSurroundings` is the real one.

import { statSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ReadText, readText } from '../config/read-text.ts'

export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Where package.json and rowtail's own monitor_input.json stand. */
  readonly packageDir: string
  /** Undefined for a user who has none, as in some containers. */
  readonly homeDir: string | undefined
  readonly hostname: string
  readonly readText: (path: string, maxBytes: number) => ReadText
  readonly exists: (path: string) => boolean
}

export function processSurroundings(): Surroundings {
  return {
    env: process.env,
    cwd: process.cwd(),
    // Both src/cli and dist/cli lie two levels below it.
    packageDir: resolve(dirname(fileURLToPath(import.meta.url)), '../..'),
    homeDir: homeOfUser(),
    hostname: hostname(),
    readText,
    exists: (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
  }
}

function homeOfUser(): string | undefined {
  try {
    return homedir()
  } catch {
    return undefined // no HOME, and no entry of this user id in the system's list
  }
}
