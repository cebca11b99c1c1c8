// Secrets in no place where they could be read: neither in what rowtail prints, logs, stores and serves,
// nor in the command lines of its processes, nor in the environment of its driver host. Searched for plain,
// URL-encoded, in ODBC's braces and in base64, through starts that work and starts that fail.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { killTree, launch, treeOf } from '../support/servers/processes.ts'
import { sharedLoki, sharedPostgres } from '../support/servers/shared.ts'
import { newServiceDirectory, type RunningService, type ServiceOptions } from '../support/service.ts'
import { runToEnd, startedServices } from '../support/services.ts'

const user = 'canary'
const password = 'c4n@ry;{pa}ss wörd%20'
const lokiPassword = 'l0k1;c4n@ry "pass" wörd'
const lokiToken = 'l0k1-c4n4ry-t0ken'

const services = startedServices(afterEach)

beforeAll(async () => {
  await sharedPostgres().psql(`create role ${user} login password '${password}'`)
})

/** The forms of a secret that its reader could undo. */
function formsOf(secret: string): string[] {
  const url = encodeURIComponent(secret)
  const forms = [
    secret,
    url,
    url.replaceAll('%20', '+'),
    secret.replaceAll('}', '}}'),
    JSON.stringify(secret).slice(1, -1),
    ...base64FormsOf(Buffer.from(secret)),
  ]
  return [...new Set(forms)]
}

/** Base64 depends on how many bytes stand before: `user:` of a header, for one. The edges are left out. */
function base64FormsOf(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '')
    const inner = encoded.slice(4, -4)
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

const canaries = [password, lokiPassword, lokiToken].flatMap(formsOf)

/** Where a canary was found, by the name of the place. */
function hitsIn(places: Readonly<Record<string, string | Buffer>>): string[] {
  return Object.entries(places).flatMap(([place, content]) => {
    const bytes = Buffer.from(content)
    return canaries.filter((canary) => bytes.includes(canary)).map((canary) => `${canary} in ${place}`)
  })
}

/** What the processes of a running service show to other users, and their driver hosts to their own. */
function processesOf(service: RunningService): Record<string, Buffer> {
  const pids = treeOf(service.launched.pid)
  expect(pids.length).toBeGreaterThanOrEqual(2)
  const places = pids.flatMap((pid) => {
    const cmdline = [`cmdline of ${pid}`, readFileSync(`/proc/${pid}/cmdline`)] as const
    if (pid === service.launched.pid) return [cmdline]
    return [cmdline, [`environment of ${pid}`, readFileSync(`/proc/${pid}/environ`)] as const]
  })
  return Object.fromEntries(places)
}

function filesBelow(directory: string): Record<string, Buffer> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
  expect(files.length).toBeGreaterThan(0)
  return Object.fromEntries(files.map((file) => [file, readFileSync(file)]))
}

function outputOf({ launched }: RunningService): Record<string, string> {
  return { 'standard output': launched.stdout(), 'standard error': launched.stderr() }
}

/** What a reader of the status page gets, its latest rows and errors with it. */
async function answersOf({ port }: RunningService): Promise<Record<string, string>> {
  const paths = ['/api/status', '/metrics', '/readyz', '/api/events']
  const answers = paths.map(async (asked) => [asked, await beginningOf(port, asked)] as const)
  return Object.fromEntries(await Promise.all(answers))
}

/** The first message of events, which do not end by themselves; all of the others. */
async function beginningOf(port: number, asked: string): Promise<string> {
  const { body } = await fetch(`http://127.0.0.1:${port}${asked}`)
  const decoder = new TextDecoder()
  let text = ''
  for await (const part of body ?? []) {
    text += decoder.decode(part, { stream: true })
    if (/data: .*\n\n/.test(text)) break
  }
  expect(text).toContain(asked === '/readyz' ? 'status' : 'canary_failing')
  return text
}

/** How the secrets are given; those of Loki are not asked for there, which takes any. */
type Given = Pick<ServiceOptions, 'flags'> & { readonly env: Readonly<Record<string, string>> }

const ways: Readonly<Record<string, (directory: string) => Given>> = {
  'by flags': () => ({
    flags: ['--password', password, '--loki_user', 'rowtail', '--loki_password', lokiPassword],
    env: {},
  }),
  'by the environment': () => ({
    flags: ['--loki_user', 'rowtail'],
    env: { ROWTAIL_PASSWORD: password, ROWTAIL_LOKI_PASSWORD: lokiPassword },
  }),
  'by files': (directory) => ({
    flags: ['--password_file', fileOf(directory, 'password', password)],
    env: { ROWTAIL_LOKI_TOKEN_FILE: fileOf(directory, 'token', lokiToken) },
  }),
  'in a connection string': () => ({
    flags: ['--loki_token', lokiToken],
    env: { ROWTAIL_CONNECTION_STRING: sharedPostgres().connectionString({ Uid: user, Pwd: password }) },
  }),
}

function fileOf(directory: string, name: string, content: string): string {
  const file = path.join(directory, name)
  writeFileSync(file, `${content}\n`, { mode: 0o600 })
  return file
}

type Change = { readonly database?: string; readonly port?: number }

function optionsOf(way: string, secrets: string, change: Change = {}): ServiceOptions {
  const given = ways[way]?.(secrets) ?? { flags: [], env: {} }
  const directory = newServiceDirectory()
  mkdirSync(path.join(directory, 'log'))
  const sink = ['--loki_url', sharedLoki().baseUrl, '--startup_wait', '0']
  const logFile = ['--log_to_loki', '--log_file_path', path.join(directory, 'log', 'rowtail.log')]
  const target = 'ROWTAIL_CONNECTION_STRING' in given.env ? [] : targetFlags(change)
  return {
    metrics: {
      canary_ok: { every: '200ms', query: 'select 1 as one' },
      canary_failing: { every: '200ms', query: 'select * from no_such_canary' },
    },
    directory,
    flags: [...target, ...sink, ...logFile, ...given.flags],
    env: given.env,
  }
}

function targetFlags(change: Change): string[] {
  const { host, port, database } = { ...sharedPostgres().address, ...change }
  const place = ['--host', host, '--port', String(port), '--database', database]
  return ['--driver', 'PostgreSQL Unicode', ...place, '--user', user]
}

/** The run lines and rowtail's own log, both with the words of the query that fails. */
async function inLoki(): Promise<string> {
  const streams = ['{metric="canary_failing"}', '{job="rowtail_log"} |= "canary_failing"']
  const ask = async () => {
    const entries = await Promise.all(streams.map((logql) => sharedLoki().query(logql)))
    return entries.map((found) => JSON.stringify(found))
  }
  const both = streams.map(() => expect.stringContaining('no_such_canary'))
  await expect.poll(ask, { timeout: 20_000 }).toEqual(both)
  return (await ask()).join('\n')
}

describe('the search', () => {
  it('finds a secret in each of its forms', async () => {
    const login = Buffer.from(`rowtail:${lokiPassword}`).toString('base64')
    const inUrl = `http://rowtail:${encodeURIComponent(lokiPassword)}@loki`
    const inBraces = sharedPostgres().connectionString({ Pwd: password })
    const places = { login: `Basic ${login}`, inUrl, inBraces, inJson: JSON.stringify({ lokiPassword }) }
    for (const [place, text] of Object.entries(places)) expect(hitsIn({ [place]: text })).not.toEqual([])
  })

  it('finds one in the environment of a process', async () => {
    const sleeper = await launch('sleep', ['60'], { env: { SECRET: password } })
    expect(hitsIn({ environment: readFileSync(`/proc/${sleeper.pid}/environ`) })).not.toEqual([])
    await killTree(sleeper)
  })
})

describe.each(Object.keys(ways))('secrets given %s', (way) => {
  it('are nowhere to be read while the service runs, nor after', async () => {
    const options = optionsOf(way, newServiceDirectory())
    const service = await services.start(options)
    await service.ready()
    await service.metric('canary_ok', ({ delivered }) => delivered.rows > 0)
    await service.metric('canary_failing', ({ runs }) => runs.failed > 0)
    const answers = await answersOf(service)
    const loki = await inLoki()
    expect(hitsIn({ ...processesOf(service), ...filesBelow(service.directory), ...answers, loki })).toEqual(
      [],
    )
    expect((await service.stop()).code).toBe(0)
    expect(hitsIn({ ...filesBelow(service.directory), ...outputOf(service) })).toEqual([])
  })
})

describe('secrets of a start that fails', () => {
  it.each([
    ['a database that does not exist', { database: 'no_such_canary' }, 'database_unknown'],
    ['a port where nobody listens', { port: 1 }, 'database_unreachable'],
  ])('are nowhere to be read: %s', async (_, change, code) => {
    const ended = await runToEnd(optionsOf('by flags', newServiceDirectory(), change))
    expect(ended.exit.code).toBe(3)
    expect(ended.stdout).toContain(code)
    expect(hitsIn({ ...filesBelow(ended.service.directory), ...outputOf(ended.service) })).toEqual([])
  })

  it('are nowhere to be read: a password that is refused', async () => {
    const options = optionsOf('by flags', newServiceDirectory())
    const wrong = `${password}!`
    const flags = options.flags.map((flag) => (flag === password ? wrong : flag))
    const ended = await runToEnd({ ...options, flags })
    expect(ended.exit.code).toBe(3)
    expect(ended.stdout).toContain('login_refused')
    expect(ended.output).not.toContain(wrong)
    expect(hitsIn({ ...filesBelow(ended.service.directory), ...outputOf(ended.service) })).toEqual([])
  })
})
