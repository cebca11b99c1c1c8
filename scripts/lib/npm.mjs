// npm's packages, for the tests and for the demo. They are installed when node_modules is missing or older
// than the lock file. `odbc` is an optional dependency, about which npm is silent: it is loaded afterwards,
// or the reason is shown.

import { existsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root, run, step, StepError, toolEnvironment } from './steps.mjs'

/** Says that packages were installed for the demo alone. npm removes it with the rest of node_modules. */
const demoMark = join(root, 'node_modules', '.without-scripts')

/** Runs `npm ci` where it is needed; the remark says so. Prints why `odbc` is missing, where it is. */
export async function installNpmPackages() {
  const output =
    isFresh() && !existsSync(demoMark)
      ? undefined
      : await run('npm', ['ci', '--foreground-scripts'], { env: installEnvironment() })
  const fault = await odbcFault()
  if (fault !== undefined) console.log(`  npm's odbc was not built: ${fault}\n${reasonsIn(output)}`)
  const deed = output === undefined ? 'up to date' : 'installed'
  return `${deed}, odbc ${fault === undefined ? 'loads' : 'is missing'}`
}

/** The Node that npm installs; the package brings it by a script. */
export const installedNode = join(root, 'node_modules', 'node', 'bin', nodeFileName())

/**
 * Runs no script of a package but the one that brings Node, and that only where it is needed: `odbc` would be
 * compiled, and the demo needs no ODBC.
 */
export async function installDemoPackages({ needsNode }) {
  if (!isFresh()) {
    await step("npm's packages", async () => {
      await run('npm', ['ci', '--ignore-scripts'])
      writeFileSync(demoMark, '')
    })
  }
  if (needsNode && !existsSync(installedNode)) {
    await step('a newer Node', async () => void (await run('npm', ['rebuild', 'node'])))
  }
}

function nodeFileName() {
  return process.platform === 'win32' ? 'node.exe' : 'node'
}

function isFresh() {
  const installed = statSync(join(root, 'node_modules', '.package-lock.json'), { throwIfNoEntry: false })
  return installed !== undefined && installed.mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs
}

/**
 * node-gyp downloads Node's headers unless it is told where some are; `odbc` uses Node-API, so any version
 * does.
 */
function installEnvironment() {
  const prefixes = [dirname(dirname(process.execPath)), '/usr', '/usr/local']
  const prefix = prefixes.find((path) => existsSync(join(path, 'include', 'node', 'node_api.h')))
  return prefix === undefined ? process.env : { ...process.env, npm_config_nodedir: prefix }
}

async function odbcFault() {
  const script = "import('odbc').catch((error) => { console.error(error.message); process.exitCode = 1 })"
  try {
    await run('node', ['--input-type=module', '-e', script], { env: toolEnvironment() })
    return undefined
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return error.message.split('\n').slice(1).join(' ')
  }
}

/** The compiler's and node-gyp's own words, out of all that the installation wrote. */
function reasonsIn(output) {
  if (output === undefined) return '  To see why: rm -rf node_modules && npm test'
  const lines = output.split('\n').filter((line) => /gyp ERR|error:|ERR!/i.test(line))
  return lines
    .slice(-15)
    .map((line) => `  ${line}`)
    .join('\n')
}
