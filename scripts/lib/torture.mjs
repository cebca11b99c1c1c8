// What the torture harness and its mutants need: the servers, the libraries that play tricks on a process,
// and rowtail, compiled apart (subject.mjs).

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installDebianPackages } from './debian.mjs'
import { findLoki, provideLoki } from './loki.mjs'
import { run, step, StepError, toolEnvironment } from './steps.mjs'
import { commitOf, compileSubject, runProgram, whatToTest } from './subject.mjs'
import { provideToxiproxy } from './toxiproxy.mjs'

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
    await step(`rowtail of ${commit}`, () => compileSubject(directory, isTree ? undefined : commit))
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

/** Debian keeps it in a directory named for the machine; MT is the one for programs with threads. */
function faketimeLibrary() {
  const places = readdirSync('/usr/lib').map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`)
  const path = places.find((place) => existsSync(place))
  if (path === undefined) throw new StepError('libfaketimeMT.so.1 is missing: apt-get install faketime')
  return path
}

async function compileC(source, library) {
  const flags = ['-O1', '-Wall', '-Werror', '-shared', '-fPIC']
  await run('cc', [...flags, '-o', library, source, '-ldl', '-lpthread'])
}
