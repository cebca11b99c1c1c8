// The servers of the test support do what their methods say: other tests draw conclusions from it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LokiServer } from '../support/servers/loki.ts'
import { freePort } from '../support/servers/ports.ts'
import { PostgresServer } from '../support/servers/postgres.ts'
import { psql } from '../support/servers/postgres-address.ts'
import { isAlive, killTree, launch, processesWithToken, run } from '../support/servers/processes.ts'
import { sharedLoki, sharedPostgres } from '../support/servers/shared.ts'
import { waitFor, within } from '../support/servers/waiting.ts'

describe('PostgresServer', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await PostgresServer.start()
  })
  afterAll(() => server.remove())

  it('answers SQL over TCP and keeps its data over a restart and a kill', async () => {
    await server.psql('create table kept (n int); insert into kept values (1); checkpoint')
    await server.restart()
    await server.kill()
    await expect(server.psql('select 1')).rejects.toThrow('Connection refused')
    await server.start()
    expect(await server.psql('select n from kept')).toBe('1')
  })

  it('refuses a wrong password', async () => {
    const address = { ...server.address, password: 'wrong' }
    await expect(psql(address, 'select 1')).rejects.toThrow('password authentication failed')
  })

  it('does not answer while it is paused, and does after', async () => {
    server.pause()
    const answer = server.psql('select 2')
    expect(await within(answer, 300)).toBeUndefined()
    server.resume()
    expect(await answer).toBe('2')
  })

  it('takes the connection string through the ODBC driver', async () => {
    const stdout = await run('isql', ['-b', '-k', server.connectionString()], { input: 'select 40+2\n' })
    expect(stdout).toContain('42')
  })

  it('takes settings', async () => {
    const other = await PostgresServer.start({ settings: { max_connections: 7 } })
    expect(await other.psql('show max_connections')).toBe('7')
    await other.remove()
  })
})

describe('LokiServer', () => {
  let server: LokiServer
  beforeAll(async () => {
    server = await LokiServer.start()
  })
  afterAll(() => server.remove())

  it('gives back exactly what was pushed: labels, nanoseconds, line and metadata apart', async () => {
    const entry = {
      labels: { job: 'exact', service_name: 'exact' },
      atNs: nowNs(),
      line: '{"a":9007199254740993}',
      metadata: { run_id: 'r1', detected_level: 'info' },
    }
    expect(await push(server.baseUrl, entry)).toBe(204)
    expect(await server.query('{job="exact"}')).toEqual([entry])
  })

  it('keeps what it acknowledged over a kill and a restart', async () => {
    const entry = { labels: { job: 'kept' }, atNs: nowNs(), line: 'x', metadata: {} }
    await push(server.baseUrl, entry)
    await server.kill()
    await server.start()
    await server.restart()
    expect((await server.query('{job="kept"}')).map(({ line }) => line)).toEqual(['x'])
  })

  it('reads more entries than one answer holds', async () => {
    const start = BigInt(nowNs())
    const values = Array.from({ length: 5_001 }, (_, index) => [String(start + BigInt(index)), `${index}`])
    await pushBody(server.baseUrl, { streams: [{ stream: { job: 'many' }, values }] })
    const lines = (await server.queryAll('{job="many"}')).map(({ line }) => line)
    expect(lines).toEqual(values.map(([, line]) => line))
  })

  it('has the default limits: a line of 256 KiB passes, one byte more does not', async () => {
    const entry = { labels: { job: 'limits' }, atNs: nowNs(), metadata: {} }
    expect(await push(server.baseUrl, { ...entry, line: 'x'.repeat(262_144) })).toBe(204)
    expect(await push(server.baseUrl, { ...entry, line: 'x'.repeat(262_145) })).toBe(400)
  })

  it('takes other limits', async () => {
    const small = await LokiServer.start({ overrides: { limits_config: { max_line_size: '10B' } } })
    const entry = { labels: { job: 'small' }, atNs: nowNs(), metadata: {} }
    expect(await push(small.baseUrl, { ...entry, line: 'x'.repeat(11) })).toBe(400)
    await small.remove()
  })
})

describe('the shared servers', () => {
  it('are there for every test', async () => {
    expect(await sharedPostgres().psql('select 3')).toBe('3')
    expect(await sharedLoki().query('{job="nobody"}')).toEqual([])
  })
})

describe('processes', () => {
  it('are found by a token of their environment and killed with their children', async () => {
    const token = `token-${await freePort()}-${process.pid}`
    const parent = await launch('sh', ['-c', 'sleep 60 & sleep 60'], { env: { ANY_NAME: token } })
    const pids = await waitFor(
      () => {
        const found = processesWithToken(token)
        return found.length === 3 && found
      },
      { what: 'the shell and its two children', timeoutMs: 5_000 },
    )
    await killTree(parent)
    expect(pids.map(isAlive)).toEqual([false, false, false])
    expect(processesWithToken(token)).toEqual([])
  })

  it('die with the process that launched them', async () => {
    const support = new URL('../support/servers/processes.ts', import.meta.url).href
    const script = `const { launch } = await import('${support}')
      console.log((await launch('sleep', ['60'])).pid)
      process.kill(process.pid, 'SIGKILL')`
    const parent = await launch(process.execPath, ['--input-type=module', '-e', script])
    expect((await parent.exited).signal).toBe('SIGKILL')
    const pid = Number(parent.stdout())
    expect(pid).toBeGreaterThan(1)
    expect(await waitFor(() => !isAlive(pid), { what: 'the end of sleep', timeoutMs: 5_000 })).toBe(true)
  })

  it('that do not exist say so', async () => {
    await expect(run('no-such-program-here', [])).rejects.toThrow('no-such-program-here')
  })
})

type Pushed = { labels: Record<string, string>; atNs: string; line: string; metadata: Record<string, string> }

function nowNs(): string {
  return String(BigInt(Date.now()) * 1_000_000n)
}

function push(baseUrl: string, { labels, atNs, line, metadata }: Pushed): Promise<number> {
  return pushBody(baseUrl, { streams: [{ stream: labels, values: [[atNs, line, metadata]] }] })
}

async function pushBody(baseUrl: string, body: unknown): Promise<number> {
  const response = await fetch(`${baseUrl}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  await response.text()
  return response.status
}
