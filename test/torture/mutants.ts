// `npm run mutants`: proves the harness. Each mutant of rowtail is put through its scenario, and the
// ledger has to find what it does; rowtail itself is put through the same scenarios, and nothing may be
// found. Words behind `--` pick mutants by a part of their name. Exits with 1 where a mutant lives.

import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { edited, type Mutant, mutants } from './mutant-list.ts'

/** A mutant that lives through this many rounds of its scenario is not caught. */
const rounds = 5
const seed = 11

/** Mutants that are tried at the same time. */
const lanes = 2

type Verdict = { readonly name: string; readonly scenario: string; readonly found: string | undefined }

const entry = process.env['ROWTAIL_ENTRY']
if (entry === undefined) throw new Error('ROWTAIL_ENTRY is not set: start it by `npm run mutants`')
const words = process.argv.slice(2)
const chosen = mutants.filter(({ name }) => words.every((word) => name.includes(word)))
const trials: (() => Promise<Verdict>)[] = [
  ...chosen.map((mutant) => () => tryMutant(mutant, dirname(dirname(entry)))),
  ...[...new Set(chosen.map(({ scenario }) => scenario))].map((name) => () => tryItself(name, entry)),
]
const verdicts: Verdict[] = []
const running = new Set<ChildProcess>()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, endAll)
await Promise.all(Array.from({ length: lanes }, tryAll))
const table = verdicts.map(
  ({ name, scenario, found }) => `| ${name} | ${scenario} | ${found ?? '**FAILED**'} |`,
)
say(['| mutant | scenario | found |', '| --- | --- | --- |', ...table].join('\n'))
process.exit(verdicts.every(({ found }) => found !== undefined) ? 0 : 1)

/** Each ends its round first, and its servers. */
function endAll(): void {
  trials.length = 0
  for (const child of running) child.kill('SIGTERM')
}

async function tryAll(): Promise<void> {
  for (let trial = trials.shift(); trial !== undefined; trial = trials.shift()) verdicts.push(await trial())
}

async function tryMutant(mutant: Mutant, program: string): Promise<Verdict> {
  const { name, scenario, caughtAs } = mutant
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-mutant-'))
  try {
    const { code, output } = await torture(mutate(mutant, program, directory), scenario, rounds)
    const kind = caughtAs.find((one) => output.includes(`\n  ${one}: `))
    const found = code === 1 ? kind : undefined
    say(found === undefined ? `✗ ${name} LIVES\n${output}` : `✓ ${name} → ${scenario}: ${found}`)
    return { name, scenario, found }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function tryItself(scenario: string, entry: string): Promise<Verdict> {
  const { code, output } = await torture(entry, scenario, 1)
  say(code === 0 ? `✓ rowtail itself → ${scenario}: nothing` : `✗ rowtail itself → ${scenario}\n${output}`)
  return { name: 'rowtail itself', scenario, found: code === 0 ? 'nothing' : undefined }
}

/** A copy of the program with the mutant's edits. */
function mutate({ edits }: Mutant, program: string, directory: string): string {
  cpSync(join(program, 'dist'), join(directory, 'dist'), { recursive: true })
  cpSync(join(program, 'package.json'), join(directory, 'package.json'))
  symlinkSync(join(program, 'node_modules'), join(directory, 'node_modules'))
  for (const edit of edits) {
    const path = join(directory, 'dist', edit.file)
    writeFileSync(path, edited(readFileSync(path, 'utf8'), edit))
  }
  return join(directory, 'dist', 'main.js')
}

function torture(
  entry: string,
  scenario: string,
  rounds: number,
): Promise<{ code: number | null; output: string }> {
  const program = join(import.meta.dirname, 'main.ts')
  const args = ['--seed', String(seed), '--rounds', String(rounds), '--scenario', scenario, '--stop']
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ROWTAIL_ENTRY: entry },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.add(child)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (output += piece))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      running.delete(child)
      resolve({ code, output })
    })
  })
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
