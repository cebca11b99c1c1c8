// What the torture harness and its mutants share: the program under test, compiled from a commit into a
// directory of its own, so that nothing that changes in the checkout meanwhile changes what is tested.

import { cpSync, existsSync, mkdirSync, readdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile } from './compile.mjs'
import { installDebianPackages } from './debian.mjs'
import { findLoki, provideLoki } from './loki.mjs'
import { ask, root, run, step, StepError, toolEnvironment } from './steps.mjs'
import { provideToxiproxy } from './toxiproxy.mjs'

const sources = ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json']

/**
 * Compiles HEAD, another commit or the working tree, and runs a program of test/torture on it; returns its
 * exit code. What the program needs to know stands in its environment.
 * @param {string} program
 * @param {string[]} args
 */
export async function runTorture(program, args) {
  const { isTree, revision, words } = whatToTest(args)
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-torture-'))
  try {
    const loki = (await findLoki()) ?? (await provideLoki())
    const toxiproxy = await provideToxiproxy()
    await installDebianPackages([{ name: 'faketime' }, { name: 'gcc', program: 'cc' }])
    const commit = await commitOf(isTree, revision)
    const powerCut = join(directory, 'power-cut.so')
    await compileC('test/support/power-cut/journal.c', powerCut)
    await step(`rowtail of ${commit}`, () => compileSources(directory, isTree ? undefined : commit))
    const env = toolEnvironment({
      LOKI_BIN: loki,
      TOXIPROXY_BIN: toxiproxy,
      FAKETIME_LIBRARY: faketimeLibrary(),
      POWER_CUT_LIBRARY: powerCut,
      TORTURE_COMMIT: commit,
      ROWTAIL_ENTRY: join(directory, 'dist', 'main.js'),
    })
    return await runProgram(program, words, env)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
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

/** Debian keeps it in a directory named for the machine; MT is the one for programs with threads. */
function faketimeLibrary() {
  const places = readdirSync('/usr/lib').map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`)
  const path = places.find((place) => existsSync(place))
  if (path === undefined) throw new StepError('libfaketimeMT.so.1 is missing: apt-get install faketime')
  return path
}

/** `--tree`, or `--commit abc` for another one than HEAD, and all other words. */
function whatToTest(args) {
  const at = args.indexOf('--commit')
  const isOurs = (word, index) => word === '--tree' || (at >= 0 && (index === at || index === at + 1))
  return {
    isTree: args.includes('--tree'),
    revision: at < 0 ? 'HEAD' : (args[at + 1] ?? ''),
    words: args.filter((word, index) => !isOurs(word, index)),
  }
}

/** The commit, and whether what is tested is more than that. */
async function commitOf(isTree, revision) {
  const commit = (await ask('git', ['rev-parse', '--short=10', `${revision}^{commit}`]))?.trim()
  if (isTree) return `${commit ?? 'unknown'}+tree`
  if (commit === undefined)
    throw new StepError(`${revision} is no commit of this checkout. --tree needs none.`)
  return commit
}

/** A commit, or the working tree where none is named. */
async function compileSources(directory, commit) {
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

async function compileC(source, library) {
  const flags = ['-O1', '-Wall', '-Werror', '-shared', '-fPIC']
  await run('cc', [...flags, '-o', library, source, '-ldl', '-lpthread'])
}

/** The first signal goes to the program, which ends its round's processes; it dies with us in any case. */
function untilEnd(child) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
}
