// The package as its users get it: `npm pack`, an installation into an empty directory, and the program
// `rowtail` that it puts there, with a SQLite file as its database. `npm run build` comes before. What npm
// has in its cache is taken from there, the rest from the registry that npm knows. Needs the Node of
// node_modules, as .ci/run sets it.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { main, run, step, toolEnvironment } from './lib/steps.mjs'

const env = toolEnvironment()

await main(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-package-'))
  try {
    const file = await packInto(directory)
    const user = join(directory, 'user')
    mkdirSync(user)
    writeFileSync(join(user, 'package.json'), '{}') // without one, npm installs where it finds one above
    await step('install', () => install(file, user))
    await step('rowtail --help', () => tryHelp(user))
    await step('rowtail once', () => tryOnce(user))
    return 0
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

/** Without scripts: what `npm pack` does before, a build, has been done. */
async function packInto(directory) {
  await step('npm pack', async () => {
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', directory], { env })
  })
  return join(
    directory,
    readdirSync(directory).find((name) => name.endsWith('.tgz')),
  )
}

/** Without scripts, of which only the second binding has one that counts: a minute of compiling. */
async function install(file, cwd) {
  const flags = ['--ignore-scripts', '--prefer-offline', '--omit=dev']
  await run('npm', ['install', ...flags, file], { cwd, env })
}

async function tryHelp(cwd) {
  const help = await rowtail(cwd, '--help')
  assert.match(help, /--metrics_json_path/)
}

async function tryOnce(cwd) {
  const database = new DatabaseSync(join(cwd, 'app.db'))
  database.exec("create table visitors (name text, age integer); insert into visitors values ('Ann', 41)")
  database.close()
  const query = 'select name, age from visitors'
  writeFileSync(join(cwd, 'monitor_input.json'), JSON.stringify({ visitors: { every: '1m', query } }))
  const rows = await rowtail(cwd, 'once', 'visitors', '--driver', 'sqlite', '--database', 'app.db')
  assert.match(rows, /^\{"name":"Ann","age":41\}$/m)
}

function rowtail(cwd, ...words) {
  return run(join(cwd, 'node_modules', '.bin', 'rowtail'), words, { cwd, env })
}
