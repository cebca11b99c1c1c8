// Runs what the docs tell a new user to type: every `sh` block of the README and of the page on PostgreSQL,
// in their order, in a temporary clone of the last commit, against a PostgreSQL and a Loki of its own, whose
// addresses take the place of those in the text. A block marked `sh service` runs until its rows are in Loki
// and is stopped with Ctrl-C; one marked `sh not-run` is counted. A block that fails ends the script with 1.
//   node_modules/.bin/node scripts/run-docs.mjs

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LokiServer } from '../test/support/servers/loki.ts'
import { PostgresServer } from '../test/support/servers/postgres.ts'
import { waitFor } from '../test/support/servers/waiting.ts'
import { blocksOf } from './docs/shell-blocks.mjs'
import { main, root, run, step, StepError, toolEnvironment } from './lib/steps.mjs'

const pages = ['README.md', 'docs/getting-started/postgresql.md']
const readyTimeoutMs = 60_000

await main(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-docs-'))
  const [postgres, loki] = await Promise.all([PostgresServer.start(), LokiServer.start()])
  try {
    const clone = join(directory, 'rowtail')
    await run('git', ['clone', '--quiet', root, clone])
    const env = environmentFor(directory)
    const blocks = pages.flatMap((page) => blocksOf(page, readFileSync(join(clone, page), 'utf8')))
    for (const block of blocks.filter(({ kind }) => kind !== 'not-run')) {
      const text = withOurServers(block.text, { address: postgres.address, lokiUrl: loki.baseUrl })
      await step(`${block.page}:${block.line}`, () => runBlock({ ...block, text }, { clone, env, loki }))
    }
    const notRun = blocks.filter(({ kind }) => kind === 'not-run')
    for (const { page, line } of notRun) console.log(`- ${page}:${line} not run`)
    console.log(`${blocks.length - notRun.length} blocks run, ${notRun.length} not run`)
    return 0
  } finally {
    await Promise.all([postgres.remove(), loki.remove()])
    rmSync(directory, { recursive: true, force: true })
  }
})

/** Nothing of this machine's rowtail, and no state left in the home directory. */
function environmentFor(directory) {
  const own = Object.keys(process.env).filter((name) => name.startsWith('ROWTAIL_'))
  const none = Object.fromEntries(own.map((name) => [name, undefined]))
  return toolEnvironment({ ...none, XDG_STATE_HOME: join(directory, 'state') })
}

/** The docs' example addresses and names, each replaced by what the tests' servers have. */
function withOurServers(text, { address, lokiUrl }) {
  const password = `{${address.password.replaceAll('}', '}}')}}`
  return text
    .replaceAll('10.0.0.8:3100', new URL(lokiUrl).host)
    .replaceAll('Server=10.0.0.9;Port=5432', `Server=${address.host};Port=${address.port}`)
    .replaceAll('Database=shop', `Database=${address.database}`)
    .replaceAll('UID=monitor;PWD=…', `UID=${address.user};PWD=${password}`)
}

async function runBlock(block, { clone, env, loki }) {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', block.text], { cwd: clone, env, detached: true })
  let output = ''
  const keep = (piece) => {
    output = (output + piece).slice(-64 * 1024)
  }
  child.stdin.end()
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)))
  try {
    if (block.kind === 'service') await untilDelivered(child, { loki, ended })
    const end = await ended
    if (end !== 0) throw new StepError(`It ended with ${end}:\n${block.text}\n${output}`)
  } finally {
    endGroup(child, 'SIGKILL')
  }
}

/** Lets a service bring a run line that Loki did not have before, then presses Ctrl-C. */
async function untilDelivered(child, { loki, ended }) {
  const runLines = async () => (await loki.query('{job="rowtail"}')).length
  const before = await runLines()
  const isThere = waitFor(async () => (await runLines()) > before, {
    what: 'a run line in Loki',
    timeoutMs: readyTimeoutMs,
    everyMs: 200,
  })
  await Promise.race([isThere, ended])
  endGroup(child, 'SIGINT')
}

function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It is gone by itself.
  }
}
