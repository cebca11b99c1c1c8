// Servers that are built from their Go modules, once per machine, and kept outside the checkout with a
// checksum that is looked at whenever the program is used. scripts/loki.mjs and scripts/telegraf.mjs are
// their commands: without a flag they build what is missing and print its path, with --find they only look.

import { createHash } from 'node:crypto'
import { copyFileSync, createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { findGo } from './requirements.mjs'
import { run, StepError } from './steps.mjs'

const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')

/**
 * `variable` names a program that is there already; `package` is what the module `goMod` beside this file
 * requires, at `version`; `script` in the folder above builds it when it is given --build.
 * @typedef {{ name: string, title: string, version: string, variable: string, script: string, goMod: string,
 *   package: string, flags: string[], cost: string }} GoProgram
 */

/** What the script of a program does with its flags. */
export async function serveGoProgram(program) {
  if (process.argv.includes('--build')) return buildLocked(program)
  const found = await findGoProgram(program)
  if (found === undefined && process.argv.includes('--find')) {
    const cure = `Build it (${program.cost}, once): node scripts/${program.script}`
    throw new StepError(`${program.title}'s program is missing or damaged. ${cure}`)
  }
  console.log(found ?? (await provideGoProgram(program)))
  return 0
}

/** The path of a sound program, or undefined where it has to be built. */
export async function findGoProgram(program) {
  const { variable, title } = program
  const named = process.env[variable]
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return named
    throw new StepError(
      `${variable} names ${named}, which does not exist. Unset it, or name ${title}'s program.`,
    )
  }
  const { binaryPath, checksumPath } = placesOf(program)
  if (!existsSync(binaryPath) || !existsSync(checksumPath)) return undefined
  const isSound = (await sha256Of(binaryPath)) === readFileSync(checksumPath, 'utf8').trim()
  return isSound ? binaryPath : undefined
}

/**
 * Builds it into the cache and returns its path. Of several that run at once, one builds and the others
 * wait: the lock is the kernel's (flock), so it goes with its holder, however that ends.
 */
export async function provideGoProgram(program) {
  const { directory, binaryPath } = placesOf(program)
  mkdirSync(directory, { recursive: true })
  const script = fileURLToPath(new URL(`../${program.script}`, import.meta.url))
  await run('flock', [join(directory, 'lock'), process.execPath, script, '--build'])
  return binaryPath
}

/** The build itself, for the holder of the lock. */
async function buildLocked(program) {
  if ((await findGoProgram(program)) !== undefined) return
  const go = await findGo()
  if (go === undefined) throw new StepError(`Go is missing; it builds ${program.title}.`)
  const { directory, binaryPath, checksumPath } = placesOf(program)
  const workplace = mkdtempSync(join(tmpdir(), `rowtail-${program.name}-build-`))
  try {
    copyFileSync(new URL(program.goMod, import.meta.url), join(workplace, 'go.mod'))
    const built = join(directory, `${program.name}.new`)
    const flags = ['-mod=mod', '-trimpath', '-ldflags', '-s -w', ...program.flags, '-o', built]
    const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' }
    await run(go.command, ['build', ...flags, program.package], { cwd: workplace, env })
    writeFileSync(checksumPath, `${await sha256Of(built)}\n`)
    renameSync(built, binaryPath)
  } finally {
    rmSync(workplace, { recursive: true, force: true })
  }
}

function placesOf({ name, version }) {
  const directory = join(cacheHome, 'rowtail', `${name}-${version}`)
  return {
    directory,
    binaryPath: join(directory, name),
    checksumPath: join(directory, `${name}.sha256`),
  }
}

async function sha256Of(path) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash)
  return hash.digest('hex')
}
