// The built program on a real database: `node dist/main.js once` against a PostgreSQL of its own must print
// each row as a line of JSON, and nothing else on standard output. Needs the Node of node_modules, as .ci/run
// sets it.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PostgresServer } from '../test/support/servers/postgres.ts'
import { launch } from '../test/support/servers/processes.ts'
import { main, root, StepError } from './lib/steps.mjs'

const query = 'select n, n * 1.10 as price, null as nothing from generate_series(1, 3) as n order by n'
const expected = [1, 2, 3].map((n) => `{"n":${n},"price":${(n * 1.1).toFixed(2)},"nothing":null}`)

await main(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-smoke-'))
  const server = await PostgresServer.start()
  try {
    const once = await launch(process.execPath, argumentsFor(server.address, directory))
    const { code } = await once.exited
    if (code !== 0) throw new StepError(`once ended with ${code}: ${once.output()}`)
    assert.deepEqual(once.stdout().trimEnd().split('\n'), expected, once.output())
    return 0
  } finally {
    await server.remove()
    rmSync(directory, { recursive: true, force: true })
  }
})

function argumentsFor(address, directory) {
  const metricsPath = join(directory, 'metrics.json')
  const passwordPath = join(directory, 'password')
  writeFileSync(metricsPath, JSON.stringify({ prices: { every: '1m', query } }))
  writeFileSync(passwordPath, `${address.password}\n`, { mode: 0o600 })
  const flags = {
    driver: 'PostgreSQL Unicode',
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    password_file: passwordPath,
    metrics_json_path: metricsPath,
    state_dir: join(directory, 'state'),
  }
  const words = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)])
  return [join(root, 'dist', 'main.js'), 'once', ...words]
}
