// Toxiproxy for the torture harness: faults of the network on command. Built from its Go module once per
// machine and kept beside Loki, by version. TOXIPROXY_BIN names a program that is there already.

import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { findGo } from './requirements.mjs'
import { run, StepError } from './steps.mjs'

const version = '2.5.0'
const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
const cacheDirectory = join(cacheHome, 'rowtail', `toxiproxy-${version}`)
const binaryPath = join(cacheDirectory, 'toxiproxy-server')

/** The path of the program, built first where it is missing. */
export async function provideToxiproxy() {
  const named = process.env.TOXIPROXY_BIN
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return named
    throw new StepError(`TOXIPROXY_BIN names ${named}, which does not exist. Unset it, or name the program.`)
  }
  if (!existsSync(binaryPath)) await build()
  return binaryPath
}

/** Two that build at once both succeed: the rename puts a whole program in place. */
async function build() {
  const go = await findGo()
  if (go === undefined) throw new StepError('Go is missing; it builds toxiproxy.')
  mkdirSync(cacheDirectory, { recursive: true })
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-toxiproxy-'))
  try {
    const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', GOBIN: directory }
    const module = `github.com/Shopify/toxiproxy/v2/cmd/server@v${version}`
    await run(go.command, ['install', '-trimpath', module], { cwd: directory, env })
    const built = join(cacheDirectory, `new-${process.pid}`)
    await run('mv', [join(directory, 'server'), built])
    renameSync(built, binaryPath)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
