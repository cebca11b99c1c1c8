// Runs vitest in a temporary directory of its own, and leaves nothing of it: no process, no file, also when
// it is interrupted. The servers that the tests need are started by vitest's global setup.

import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { endLeftovers } from './leftovers.mjs'
import { root, toolEnvironment } from './steps.mjs'

const stopTimeoutMs = 15_000
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Returns the exit code: vitest's own, 128 + n after a signal, 1 where processes were left behind.
 * @param {string[]} args
 */
export async function runVitest(args) {
  const token = randomUUID()
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-test-'))
  chmodSync(directory, 0o1777) // tests run programs as other users, who need a temporary directory too
  try {
    // Tests of the whole service run what ships: `npm test` has just built it.
    const entry = join(root, 'dist/main.js')
    const env = toolEnvironment({ TMPDIR: directory, TEST_RUN_TOKEN: token, ROWTAIL_ENTRY: entry })
    const exitCode = await untilEnd(spawn('vitest', ['run', ...args], { cwd: root, env, stdio: 'inherit' }))
    const leftovers = await endLeftovers(token)
    if (leftovers.length === 0) return exitCode
    console.error(`The tests left processes behind, now ended:\n${leftovers.join('\n')}`)
    return exitCode === 0 ? 1 : exitCode
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Passes our signals on and waits; what does not end after one is killed. */
function untilEnd(child) {
  let stopSignal
  let killTimer
  const stop = (signal) => {
    stopSignal ??= signal
    child.kill('SIGTERM')
    killTimer ??= setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  }
  for (const signal of signals) process.on(signal, stop)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(killTimer)
      for (const name of signals) process.off(name, stop)
      const endedBy = stopSignal ?? signal
      resolve(endedBy === null ? code : 128 + constants.signals[endedBy])
    })
  })
}
