// How long somebody waits who has just cloned the project: from `npm run demo` to the first row in its Loki,
// with an empty home directory and an empty npm cache, and then once more. Prints both beside their bounds;
// with --strict it fails where one is over its bound, which a busy machine proves nothing by. Needs git and
// the network; the commit that is cloned is HEAD.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { main, root, run, StepError } from './lib/steps.mjs'

const coldBoundMs = 60_000
const warmBoundMs = 2_000
const givenUpMs = 600_000
const pauseMs = 20

await main(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-time-demo-'))
  try {
    const clone = join(directory, 'clone')
    await run('git', ['clone', '--quiet', root, clone])
    const coldMs = await timeDemo(directory, clone)
    const warmMs = await timeDemo(directory, clone)
    console.log(`first row, cold: ${seconds(coldMs)} of ${seconds(coldBoundMs)}`)
    console.log(`first row, warm: ${seconds(warmMs)} of ${seconds(warmBoundMs)}`)
    const isStrict = process.argv.includes('--strict')
    return !isStrict || (coldMs <= coldBoundMs && warmMs <= warmBoundMs) ? 0 : 1
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

/** From the command to the first row that its Loki shows. */
async function timeDemo(directory, clone) {
  const startMs = performance.now()
  const demo = startDemo(directory, clone)
  try {
    const url = await demo.lokiUrl
    const query = new URLSearchParams({ query: '{job=~".+", job!="rowtail"}', limit: '1' })
    while (!(await hasRow(`${url}/loki/api/v1/query_range?${query}`))) await sleep(pauseMs)
    return performance.now() - startMs
  } finally {
    demo.end()
    await demo.ended
  }
}

function startDemo(directory, clone) {
  const home = join(directory, 'home')
  mkdirSync(home, { recursive: true })
  const env = { ...process.env, HOME: home, npm_config_cache: join(directory, 'npm-cache') }
  for (const name of Object.keys(env)) if (/^(npm_(?!config_)|XDG_|ROWTAIL_)/.test(name)) delete env[name]
  const child = spawn('npm', ['run', 'demo', '--', '--listen', 'off'], { cwd: clone, env, stdio: 'pipe' })
  let output = ''
  const ended = new Promise((resolve) => child.once('close', resolve))
  const lokiUrl = new Promise((resolve, reject) => {
    const look = (piece) => {
      output += piece
      const url = /^ +Loki +(http:\/\/\S+)/m.exec(output)?.[1]
      if (url !== undefined) resolve(url)
    }
    child.stdout.setEncoding('utf8').on('data', look)
    child.stderr.setEncoding('utf8').on('data', look)
    void ended.then((code) => reject(new StepError(`the demo ended with ${code}:\n${output}`)))
    setTimeout(
      () => reject(new StepError(`no demo after ${seconds(givenUpMs)}:\n${output}`)),
      givenUpMs,
    ).unref()
  })
  return { lokiUrl, ended, end: () => child.stdin.end('q') }
}

async function hasRow(url) {
  const { data } = await (await fetch(url)).json()
  return data.result.length > 0
}

function seconds(ms) {
  return `${(ms / 1_000).toFixed(1)} s`
}
