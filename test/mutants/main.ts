// `npm run mutants -- --unit`, or `--loki` for those that take a real Loki: breaks copies of the sources, one
// mutant after another, and runs the test file that has to fail; where the mutant breaks a rule, only the
// tests that name it. Words behind it pick mutants by a part of what they break, their rule or their files.
// Prints a line for each, and exits with 1 where a mutant lives, or where a test fails on sound sources.

import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { mutantsOfLimits } from './mutants-of-limits.ts'
import { unitMutants } from './list.ts'
import { type Mutant, mutated } from './mutant.ts'

/** Tests wait more than they work: so many copies at a time keep two cores busy. */
const lanes = 3
/** A test that a mutant keeps busy for so long has failed. */
const patienceMs = 300_000
/** The broken source is none at all. */
const noTestRan = 'the test file could not run'

const copied = ['src', 'test', 'scripts', 'package.json', 'tsconfig.json', 'vitest.config.ts']
const [kind, ...words] = process.argv.slice(2)
const waiting = (kind === '--loki' ? mutantsOfLimits : unitMutants).filter((mutant) =>
  words.every((word) => `${mutant.breaks} ${mutant.rule ?? ''} ${mutant.file} ${mutant.test}`.includes(word)),
)
const sound = new Map<string, Promise<readonly string[]>>()
const root = mkdtempSync(join(tmpdir(), 'rowtail-unit-mutants-'))
const soundCopy = copyOf('sound')
let caught = 0
let living = 0
try {
  await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(`lane-${lane}`)))
} finally {
  rmSync(root, { recursive: true, force: true })
}
say(`${caught} mutants caught, ${living} not`)
process.exit(living === 0 ? 0 : 1)

async function runLane(name: string): Promise<void> {
  const copy = copyOf(name)
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    await tryMutant(mutant, copy)
  }
}

async function tryMutant(mutant: Mutant, copy: string): Promise<void> {
  const verdict = await verdictOn(mutant, copy).catch((error: unknown) => ({
    isCaught: false,
    why: String(error),
  }))
  if (verdict.isCaught) caught += 1
  else living += 1
  const what = `${mutant.rule ?? '–'} | ${mutant.file} ${mutant.breaks} | ${mutant.test}`
  say(`${verdict.isCaught ? '✓' : '✗'} ${what} | ${verdict.why}`)
}

async function verdictOn(mutant: Mutant, copy: string): Promise<{ isCaught: boolean; why: string }> {
  const path = join(copy, mutant.file)
  const source = readFileSync(path, 'utf8')
  const broken = mutated(source, mutant)
  const before = await soundFailures(mutant)
  if (before.length > 0) return { isCaught: false, why: `fails on sound sources: ${before.join('; ')}` }
  writeFileSync(path, broken)
  const [killer] = await failedTests(mutant, copy).finally(() => writeFileSync(path, source))
  if (killer === undefined) return { isCaught: false, why: 'LIVES' }
  return { isCaught: killer !== noTestRan, why: killer }
}

/** A test that fails anyway catches nothing; each is run on sound sources once. */
function soundFailures(mutant: Mutant): Promise<readonly string[]> {
  const key = `${mutant.test} ${mutant.rule ?? ''}`
  const known = sound.get(key) ?? failedTests(mutant, soundCopy)
  sound.set(key, known)
  return known
}

/** Which tests fail in a copy, of those that name the mutant's rule. */
async function failedTests({ rule, test }: Mutant, copy: string): Promise<readonly string[]> {
  const report = join(copy, `${test.replaceAll('/', '-')}-${rule ?? 'all'}.json`)
  const vitest = resolve('node_modules/vitest/vitest.mjs')
  const filter = rule === undefined ? [] : ['-t', `${rule}: `]
  const project = test.startsWith('test/integration/') ? 'integration' : 'unit'
  const args = [vitest, 'run', '--project', project, '--reporter', 'json', '--outputFile', report]
  const child = spawn(process.execPath, [...args, ...filter, test], {
    cwd: copy,
    stdio: 'ignore',
    timeout: patienceMs,
    killSignal: 'SIGKILL',
  })
  const code = await new Promise<number | null>((done) => child.once('close', done))
  if (code === null) return [`no end within ${patienceMs / 1_000} s`]
  return code === 0 ? [] : namesOfFailed(report)
}

function namesOfFailed(path: string): readonly string[] {
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report // vitest's own report
  rmSync(path)
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const names = results.filter(({ status }) => status === 'failed').map(({ title }) => title)
  return names.length === 0 ? [noTestRan] : names
}

type Report = {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[]
  }[]
}

function copyOf(name: string): string {
  const copy = join(root, name)
  for (const part of copied) cpSync(part, join(copy, part), { recursive: true })
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'))
  return copy
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
