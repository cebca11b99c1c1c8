// Loki for the tests, built from its Go module once per machine and kept outside the checkout, with a
// checksum that is looked at whenever the program is used. LOKI_BIN names a program that is there already.

import { createHash } from 'node:crypto'
import { copyFileSync, createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { findGo } from './requirements.mjs'
import { run, StepError } from './steps.mjs'

const version = '3.7.8' // the one that loki.go.mod requires
const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
const cacheDirectory = join(cacheHome, 'rowtail', `loki-${version}`)
const binaryPath = join(cacheDirectory, 'loki')
const checksumPath = join(cacheDirectory, 'loki.sha256')

/** The path of a sound Loki program, or undefined where it has to be built. */
export async function findLoki() {
  const named = process.env.LOKI_BIN
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return named
    throw new StepError(`LOKI_BIN names ${named}, which does not exist. Unset it, or name Loki's program.`)
  }
  if (!existsSync(binaryPath) || !existsSync(checksumPath)) return undefined
  const isSound = (await sha256Of(binaryPath)) === readFileSync(checksumPath, 'utf8').trim()
  return isSound ? binaryPath : undefined
}

/**
 * Builds Loki into the cache and returns its path. Of several that run at once, one builds and the others
 * wait: the lock is the kernel's (flock), so it goes with its holder, however that ends.
 */
export async function provideLoki() {
  mkdirSync(cacheDirectory, { recursive: true })
  const script = fileURLToPath(new URL('../loki.mjs', import.meta.url))
  await run('flock', [join(cacheDirectory, 'lock'), process.execPath, script, '--build'])
  return binaryPath
}

/** The build itself, for the holder of the lock. */
export async function buildLoki() {
  if ((await findLoki()) !== undefined) return
  const go = await findGo()
  if (go === undefined) throw new StepError('Go is missing; it builds Loki.')
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-loki-build-'))
  try {
    copyFileSync(new URL('loki.go.mod', import.meta.url), join(directory, 'go.mod'))
    const built = join(cacheDirectory, 'loki.new')
    const flags = ['-mod=mod', '-tags', 'netgo', '-trimpath', '-ldflags', '-s -w', '-o', built]
    const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' }
    await run(go.command, ['build', ...flags, 'github.com/grafana/loki/v3/cmd/loki'], { cwd: directory, env })
    writeFileSync(checksumPath, `${await sha256Of(built)}\n`)
    renameSync(built, binaryPath)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function sha256Of(path) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash)
  return hash.digest('hex')
}
