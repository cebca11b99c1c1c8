// `npm run demo`: installs npm's packages and compiles the sources where that is needed, then runs the demo
// in this terminal. Runs on Node 20 without any package; the demo itself runs on the Node that npm installs.
// Needs no compiler and no unixODBC: the demo's database is SQLite. Arguments are the demo's flags.

import { spawn } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { installDemoPackages, installedNode } from './lib/npm.mjs'
import { main, root, run, step, StepError } from './lib/steps.mjs'

const oldestNode = 20
const parentLookMs = 500
/** From here on rowtail itself runs on it. */
const neededNode = 24
const nodeMajor = Number(process.versions.node.split('.')[0])
const node = nodeMajor < neededNode ? installedNode : process.execPath

await main(async () => {
  if (nodeMajor < oldestNode) {
    throw new StepError(`The demo needs Node ${oldestNode} or newer; this is ${process.versions.node}.`)
  }
  await installDemoPackages({ needsNode: nodeMajor < neededNode })
  if (!isBuilt()) {
    await step('build', async () => {
      await run(process.execPath, [join(root, 'scripts', 'build.mjs')])
    })
  }
  return runDemo(process.argv.slice(2))
})

/** True where nothing in src/ is newer than the compiled program. */
function isBuilt() {
  const built = statSync(join(root, 'dist', 'main.js'), { throwIfNoEntry: false })
  if (built === undefined) return false
  const sources = readdirSync(join(root, 'src'), { recursive: true }).map((name) => join(root, 'src', name))
  return sources.every((path) => statSync(path).mtimeMs <= built.mtimeMs)
}

/**
 * In the same terminal, until it ends. Whoever signals this process means the demo. A signal to npm ends only
 * the shell between npm and this process: its end counts as one.
 */
function runDemo(args) {
  const child = spawn(node, [join(root, 'dist', 'main.js'), 'demo', ...args], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  const shell = process.ppid
  setInterval(() => process.ppid === shell || child.kill('SIGTERM'), parentLookMs).unref()
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new StepError(`${node}: ${error.message}`)))
    child.once('exit', (code, signal) => resolve(signal === null ? code : 1))
  })
}
