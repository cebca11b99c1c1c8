// rowtail under a real pm2: start waits for ready, stop and restart end cleanly within pm2's patience, and a
// main process that is killed is replaced without leaving a driver host behind.

import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StatusSnapshot } from '../../src/core/status.ts'
import { freePort } from '../support/servers/ports.ts'
import { processesWithToken, run } from '../support/servers/processes.ts'
import { sharedLoki, sharedPostgres } from '../support/servers/shared.ts'
import { waitFor } from '../support/servers/waiting.ts'
import { programEntry } from '../support/service.ts'

const pm2Program = path.resolve('node_modules/pm2/bin/pm2')
const directory = mkdtempSync(path.join(os.tmpdir(), 'rowtail-pm2-'))
const token = randomUUID()
let port = 0

/** The token is given to the program by pm2's own file, so that pm2's daemon does not carry it. */
async function pm2(...words: string[]): Promise<string> {
  const env = { PM2_HOME: path.join(directory, 'pm2'), TEST_RUN_TOKEN: undefined }
  return run(process.execPath, [pm2Program, ...words], { cwd: directory, env })
}

beforeAll(async () => {
  port = await freePort()
  const metricsPath = path.join(directory, 'monitor_input.json')
  writeFileSync(metricsPath, JSON.stringify({ under_pm2: { every: '200ms', query: 'select 1 as one' } }))
  const app = {
    name: 'rowtail',
    script: programEntry,
    interpreter: process.execPath,
    args: [
      '--connection_string',
      sharedPostgres().connectionString(),
      '--loki_url',
      sharedLoki().baseUrl,
      '--metrics_json_path',
      metricsPath,
      '--state_dir',
      path.join(directory, 'state'),
      '--listen',
      `127.0.0.1:${port}`,
      '--log_format',
      'json',
    ],
    env: { TEST_RUN_TOKEN: token },
    wait_ready: true,
    listen_timeout: 30_000,
    out_file: path.join(directory, 'out.log'),
    error_file: path.join(directory, 'error.log'),
  }
  writeFileSync(path.join(directory, 'pm2.config.json'), JSON.stringify({ apps: [app] }))
  await pm2('start', 'pm2.config.json')
})

afterAll(async () => {
  await pm2('kill')
})

async function status(): Promise<StatusSnapshot> {
  const response = await fetch(`http://127.0.0.1:${port}/api/status`)
  return (await response.json()) as StatusSnapshot // the service's own answer
}

function logged(event: string): number {
  const lines = readFileSync(path.join(directory, 'out.log'), 'utf8').split('\n')
  return lines.filter((line) => line.includes(`"event":"${event}"`)).length
}

type Described = {
  readonly pid: number
  readonly status: string
  readonly restarts: number
  readonly exitCode: number | undefined
}

/** What pm2 says of the program. */
async function described(name = 'rowtail'): Promise<Described> {
  const listed = JSON.parse(await pm2('jlist')) as {
    name: string
    pid: number
    pm2_env: { status: string; restart_time: number; exit_code?: number }
  }[] // pm2's own listing
  const app = listed.find((one) => one.name === name)
  if (app === undefined) throw new Error(`pm2 knows no ${name}`)
  const { status, restart_time: restarts, exit_code: exitCode } = app.pm2_env
  return { pid: app.pid, status, restarts, exitCode }
}

const nothingLeft = () =>
  waitFor(() => processesWithToken(token).length === 0, { what: 'no process of rowtail', timeoutMs: 5_000 })

describe('under pm2', () => {
  it('start returns when rowtail is ready', async () => {
    expect(logged('service.ready')).toBe(1)
    expect((await status()).service.state).toBe('ready')
    expect((await described()).status).toBe('online')
  })

  it('stop ends it cleanly, before pm2 would kill it, and leaves no process', async () => {
    await pm2('stop', 'rowtail')
    await nothingLeft()
    expect(logged('service.stopped')).toBe(1)
    expect((await described()).status).toBe('stopped')
  })

  it('restart starts it again, and stops it cleanly first where it runs', async () => {
    await pm2('restart', 'rowtail')
    expect(logged('service.ready')).toBe(2)
    await pm2('restart', 'rowtail')
    expect(logged('service.stopped')).toBe(2)
    expect(logged('service.ready')).toBe(3)
  })

  it('a wrong setting ends it with 2, and pm2 leaves it ended', async () => {
    const script = { script: programEntry, interpreter: process.execPath }
    const refused = { ...script, name: 'refused', args: ['--no_such_flag'], stop_exit_codes: [2] }
    writeFileSync(path.join(directory, 'refused.config.json'), JSON.stringify({ apps: [refused] }))
    await pm2('start', 'refused.config.json')
    const isEnded = async () => (await described('refused')).status === 'stopped'
    await waitFor(isEnded, { what: 'the end of what was refused', timeoutMs: 20_000, everyMs: 200 })
    expect(await described('refused')).toMatchObject({ pid: 0, restarts: 0, exitCode: 2 })
  })

  it('a killed main process is replaced, and its driver host is gone', async () => {
    const before = await described()
    const hostBefore = (await status()).hosts.map((host) => host.pid)
    expect(hostBefore.length).toBe(1)
    process.kill(before.pid, 'SIGKILL')
    await waitFor(() => logged('service.ready') === 4, { what: 'the next start', timeoutMs: 30_000 })
    const after = await described()
    expect(after.pid).not.toBe(before.pid)
    expect(processesWithToken(token)).not.toContain(hostBefore[0])
    await pm2('delete', 'rowtail')
    await nothingLeft()
  })
})
