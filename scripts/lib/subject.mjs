// The program under test or under measurement, compiled from a commit or from the working tree into a
// directory of its own, so that nothing that changes in the checkout meanwhile changes what is looked at.
// Called for the torture harness and for the benchmark.

import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from './compile.mjs'
import { ask, root, run, StepError, toolEnvironment } from './steps.mjs'

const sources = ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json']

/** `--tree`, or `--commit abc` for another one than HEAD, and all other words. */
export function whatToTest(args) {
  const at = args.indexOf('--commit')
  const isOurs = (word, index) => word === '--tree' || (at >= 0 && (index === at || index === at + 1))
  return {
    isTree: args.includes('--tree'),
    revision: at < 0 ? 'HEAD' : (args[at + 1] ?? ''),
    words: args.filter((word, index) => !isOurs(word, index)),
  }
}

/** The commit, and whether what is tested is more than that. */
export async function commitOf(isTree, revision) {
  const commit = (await ask('git', ['rev-parse', '--short=10', `${revision}^{commit}`]))?.trim()
  if (isTree) return `${commit ?? 'unknown'}+tree`
  if (commit === undefined)
    throw new StepError(`${revision} is no commit of this checkout. --tree needs none.`)
  return commit
}

/** A commit, or the working tree where none is named; the program is then `dist/main.js` of the directory. */
export async function compileSubject(directory, commit) {
  const archive = join(directory, 'sources.tar')
  if (commit === undefined)
    for (const name of sources) cpSync(join(root, name), join(directory, name), { recursive: true })
  else {
    await run('git', ['archive', '-o', archive, commit, ...sources])
    await run('tar', ['-xf', archive, '-C', directory])
  }
  mkdirSync(join(directory, 'dist'))
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  await compile(directory)
}

/**
 * Runs a TypeScript file on the Node that npm has installed; returns its exit code.
 * @param {string} program
 * @param {string[]} words
 */
export function runProgram(program, words, env = toolEnvironment()) {
  const node = join(root, 'node_modules', '.bin', 'node')
  return untilEnd(spawn(node, [join(root, program), ...words], { cwd: root, env, stdio: 'inherit' }))
}

/** The first signal goes to the program, which ends its processes; it dies with us in any case. */
function untilEnd(child) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
}
