// Runs the unit tests where unixODBC's library cannot be found, as on a machine that has none: they must
// pass, and rowtail must say what to install. Hides the library in a mount namespace; where the container
// allows none, an empty file found first by the loader stands in its way.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main, root, run, StepError, toolEnvironment } from './lib/steps.mjs'
import { runVitest } from './lib/vitest.mjs'

const library = 'libodbc.so.2'

await main(() => (process.argv.includes('--inside') ? testInside() : startInside()))

/** Runs this script again where the library is hidden. */
function startInside() {
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-without-odbc-'))
  try {
    const again = [process.execPath, fileURLToPath(import.meta.url), '--inside']
    const { command, args, env } = canUnshare()
      ? inNamespace(directory, again)
      : behindDecoy(directory, again)
    return spawnSync(command, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function testInside() {
  const load = `import koffi from 'koffi'; koffi.load('${library}')`
  const answer = await run('node', ['--input-type=module', '-e', load], { env: toolEnvironment() }).catch(
    (error) => error.message,
  )
  if (!answer.includes('Failed to load shared library')) {
    throw new StepError(`${library} was to be hidden, but loading it gave: ${answer || 'the library'}`)
  }
  return runVitest(['--project', 'unit'])
}

function canUnshare() {
  return spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'rowtail', '/mnt']).status === 0
}

/**
 * Lays a writable layer over each folder that holds the library, seen by this command alone, and removes it
 * there.
 */
function inNamespace(directory, command) {
  const script = `
    layers=$1; shift; count=$1; shift
    mount -t tmpfs rowtail "$layers"
    while [ "$count" -gt 0 ]; do
      mkdir -p "$layers/$count/upper" "$layers/$count/work"
      mount -t overlay rowtail -o "lowerdir=$1,upperdir=$layers/$count/upper,workdir=$layers/$count/work" "$1"
      rm -f "$1"/${library}*
      shift; count=$((count - 1))
    done
    exec "$@"`
  const folders = libraryFolders()
  const args = [
    '--mount',
    'sh',
    '-ec',
    script,
    'sh',
    directory,
    String(folders.length),
    ...folders,
    ...command,
  ]
  return { command: 'unshare', args, env: process.env }
}

function behindDecoy(directory, [command, ...args]) {
  writeFileSync(join(directory, library), '')
  return { command, args, env: { ...process.env, LD_LIBRARY_PATH: directory } }
}

function libraryFolders() {
  const known = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).split('\n')
  const paths = known.filter((line) => line.includes(`${library} `)).map((line) => line.split(' => ')[1])
  return [...new Set(paths.map((path) => dirname(realpathSync(path))))]
}
