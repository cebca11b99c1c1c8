// The stand-in behaves as SQream does, asked as rowtail asks SQream: by ODBC, with production's connection
// string.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ErrorReport, ReportedError } from '../../src/core/errors.ts'
import type { SqreamAddress } from '../../src/sources/sql/connection-string.ts'
import { sharedPostgres } from '../support/servers/shared.ts'
import { within } from '../support/servers/waiting.ts'
import { OdbcClient } from '../support/sqream/odbc-client.ts'
import { type DriverRegistration, registerSqreamDriver } from '../support/sqream/odbc-driver.ts'
import { SqreamStandIn } from '../support/sqream/stand-in.ts'
import { standInTarget } from '../support/sqream/target.ts'
import { utilityFunctions, utilityNames } from '../support/sqream/utility-functions.ts'

let registration: DriverRegistration
let standIn: SqreamStandIn
const clients: OdbcClient[] = []

async function connect(
  target = standInTarget({ port: standIn.port }),
  registered = registration,
): Promise<OdbcClient> {
  const client = await OdbcClient.open(target, registered.environment)
  clients.push(client)
  return client
}

/** What the drivers make of a refusal. */
async function refusalOf(address: Partial<SqreamAddress> = {}): Promise<ErrorReport> {
  return reportOf(connect(standInTarget({ port: standIn.port, ...address })))
}

async function reportOf(attempt: Promise<unknown>): Promise<ErrorReport> {
  try {
    await attempt
  } catch (error) {
    if (error instanceof ReportedError) return error.report
    throw error
  }
  throw new Error('it worked')
}

beforeAll(async () => {
  registration = await registerSqreamDriver()
})
afterAll(() => registration.remove())

beforeEach(async () => {
  standIn = await SqreamStandIn.start(sharedPostgres().address)
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await standIn.stop()
})

describe('utility functions', () => {
  it('answer with their documented columns and as many rows as usual', async () => {
    const client = await connect()
    for (const name of utilityNames) {
      const { columns, lines } = await client.query(`select ${name}();`)
      const { columns: documented, rows } = utilityFunctions[name]
      const names = documented.map(([column]) => column.replaceAll(' ', '_'))
      expect({ name, columns, rows: lines.length }).toEqual({ name, columns: names, rows })
    }
  })

  it('give the same texts as PostgreSQL itself: quotes, line breaks, emoji, 8 kB', async () => {
    const client = await connect()
    const { lines } = await client.query('select show_locks();')
    const direct = await standIn.rowsOf('show_locks')
    const statements = lines.map((line) => JSON.parse(line).stmt_string)
    expect(statements).toEqual(direct.map((row) => JSON.parse(row)['stmt string']))
    expect(statements.some((statement) => statement.includes('🚀'))).toBe(true)
    expect(Math.max(...statements.map((statement) => statement.length))).toBeGreaterThan(8_192)
  })

  it.each([
    ['through the driver package', 'package', {}],
    ["inside psqlodbc's cursors", 'direct', { UseDeclareFetch: '1' }],
  ] as const)('answer %s too', async (_, binding, defaults) => {
    const registered = await registerSqreamDriver(defaults)
    const client = await connect(standInTarget({ port: standIn.port }, binding), registered)
    const { lines } = await client.query('select show_cluster_nodes();')
    const report = await reportOf(client.query('select 1'))
    await registered.remove()
    expect(lines).toHaveLength(27)
    expect(report.said).toContain('Internal Runtime Error')
  })

  it('take arguments and other spellings of the call', async () => {
    const client = await connect()
    expect((await client.query('SELECT show_node_info(9001)')).lines).toHaveLength(9)
    expect((await client.query('\n select  show_connections ( ) ;\n')).lines).toHaveLength(14)
  })

  it('have as many rows as a test wants, and underscores where it wants them', async () => {
    standIn.settings.rows = { show_server_status: 57 }
    standIn.settings.spelling = 'underscores'
    const direct = await standIn.rowsOf('show_server_status')
    expect(direct).toHaveLength(57)
    expect(Object.keys(JSON.parse(direct[0] ?? ''))).toContain('server_ip')
  })

  it('have no locks and no statements on an idle cluster, but their columns', async () => {
    standIn.settings.isIdle = true
    const client = await connect()
    for (const name of ['show_locks', 'show_server_status'] as const) {
      const { columns, lines } = await client.query(`select ${name}();`)
      expect(lines).toEqual([])
      expect(columns).toHaveLength(utilityFunctions[name].columns.length)
    }
    expect((await client.query('select show_cluster_nodes();')).lines).toHaveLength(27)
  })

  it('are counted as they are asked', async () => {
    const client = await connect()
    const seen = standIn.nextQuery(({ utility }) => utility === 'reset_leveldb_stats')
    await client.query('select reset_leveldb_stats();')
    expect((await seen).statement).toMatch(/^select reset_leveldb_stats\(\)/)
    expect(standIn.countOf('reset_leveldb_stats')).toBe(1)
  })

  it('leave every other query to PostgreSQL', async () => {
    const client = await connect()
    const { lines } = await client.query("select 'show_locks();' as text, n from generate_series(1, 2) as n")
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { text: 'show_locks();', n: 1 },
      { text: 'show_locks();', n: 2 },
    ])
  })
})

describe('select 1', () => {
  it('fails in the words of SQream where there is no GPU, and the connection stays usable', async () => {
    const client = await connect()
    const report = await reportOf(client.query('select 1'))
    expect(report).toMatchObject({
      code: 'query_failed',
      said: expect.stringContaining('Internal Runtime Error'),
    })
    expect((await client.query('select get_license_info();')).lines).toHaveLength(1)
  })

  it('succeeds on a worker with one', async () => {
    standIn.settings.worker = 'gpu'
    const client = await connect()
    expect((await client.query('select 1;')).lines).toHaveLength(1)
  })
})

describe('refusals, as the drivers report them', () => {
  it('names a role that does not exist', async () => {
    const report = await refusalOf({ user: 'nobody' })
    expect(report).toMatchObject({ code: 'login_refused' })
    expect(report.said).toContain("Login failure: role 'nobody' doesn't exist")
  })

  it('refuses a wrong password', async () => {
    const report = await refusalOf({ password: 'wrong' })
    expect(report).toMatchObject({ code: 'login_refused' })
    expect(report.said).toContain('password authentication failed for user "sqream"')
  })

  it('takes a password with the characters that end connection strings', async () => {
    const password = 'a;b}c{d=e %20'
    standIn.settings.roles = { sqream: password }
    await connect(standInTarget({ port: standIn.port, password }))
    expect(standIn.logins).toBe(1)
  })

  it('names a database that is gone', async () => {
    const report = await refusalOf({ database: 'flomaster' })
    expect(report).toMatchObject({ code: 'database_unknown' })
    expect(report.said).toContain('Database flomaster no longer exists')
  })

  it('says that no worker subscribes to the service', async () => {
    standIn.settings.door = 'service_unsubscribed'
    const report = await refusalOf({ service: 'moniter' })
    expect(report).toMatchObject({ code: 'service_refused' })
    expect(report.said).toContain(
      'Login failure: There are no instances subscribed to the requested service.',
    )
  })

  it('hangs up on a client of the other kind of port', async () => {
    standIn.settings.door = 'other_kind_of_port'
    expect(await refusalOf({ clustered: true })).toMatchObject({ code: 'database_unreachable' })
  })

  it('can keep silent until the login times out', async () => {
    standIn.settings.door = 'mute'
    expect(await refusalOf()).toMatchObject({ code: 'database_unreachable' })
  })

  it('is unreachable while it is down, and back on its port', async () => {
    await standIn.goDown()
    expect((await refusalOf()).said).toContain('Connection refused')
    await standIn.comeBack()
    const client = await connect()
    expect((await client.query('select get_license_info();')).lines).toHaveLength(1)
  })
})

describe('misbehaviour', () => {
  it('holds a query until it is cancelled, and the connection lives on', async () => {
    standIn.misbehave('show_locks', { kind: 'hang' })
    const client = await connect()
    const asked = standIn.nextQuery(({ utility }) => utility === 'show_locks')
    const held = reportOf(client.query('select show_locks();'))
    await asked
    await client.cancel()
    expect((await held).sqlState).toBe('57014')
    expect((await client.query('select show_cluster_nodes();')).lines).toHaveLength(27)
  })

  it('holds one function and no other, and answers it once it is restored', async () => {
    standIn.misbehave('show_locks', { kind: 'hang' })
    const [slow, fast] = await Promise.all([connect(), connect()])
    const asked = standIn.nextQuery(({ utility }) => utility === 'show_locks')
    const held = slow.query('select show_locks();')
    await asked
    expect((await fast.query('select get_license_info();')).lines).toHaveLength(1)
    standIn.restore('show_locks')
    expect((await held).lines).toHaveLength(1_250)
  })

  it('holds every query, and is deaf to cancels, where a test wants that', async () => {
    const client = await connect()
    standIn.misbehave('*', { kind: 'hang', isDeaf: true })
    const asked = standIn.nextQuery(() => true) // the driver may set a timeout first: that is held as well
    const held = Promise.allSettled([client.query('select get_license_info();')])
    await asked
    await client.cancel()
    expect(await within(held, 300)).toBeUndefined()
    standIn.restore()
    expect(await held).toHaveLength(1)
  })

  it('passes a cancel on to a query that PostgreSQL runs', async () => {
    const client = await connect()
    const asked = standIn.nextQuery(({ statement }) => statement.includes('pg_sleep'))
    const running = reportOf(client.query('select pg_sleep(60)'))
    await asked
    // A cancel that comes before the query runs has no effect: it is said again.
    const cancelOnce = async () => {
      await client.cancel()
      return within(running, 100)
    }
    await expect.poll(cancelOnce, { timeout: 20_000 }).toMatchObject({ sqlState: '57014' })
  })

  it('answers a delayed function, but not before its time', async () => {
    standIn.misbehave('get_license_info', { kind: 'delay', ms: 300 })
    const client = await connect()
    const startMs = performance.now()
    expect((await client.query('select get_license_info();')).lines).toHaveLength(1)
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(299)
  })

  it('fails a function with an error of choice', async () => {
    standIn.misbehave('get_leveldb_stats', { kind: 'fail', sqlState: '42501', said: "it's not allowed" })
    const client = await connect()
    const report = await reportOf(client.query('select get_leveldb_stats();'))
    expect(report).toMatchObject({ sqlState: '42501', said: expect.stringContaining("it's not allowed") })
  })

  it.each([
    ['when a function is asked', async () => standIn.misbehave('show_locks', { kind: 'drop' })],
    ['at once', async () => standIn.dropConnections()],
    ['by a restart', () => standIn.restart()],
  ])('cuts connections %s', async (_, cut) => {
    const client = await connect()
    await cut()
    const report = await reportOf(client.query('select show_locks();'))
    expect(report.code).toBe('connection_lost')
    await expect.poll(() => standIn.connections).toBe(0)
  })

  it('listens on the same port after a restart and counts logins over it', async () => {
    const { port } = standIn
    await connect()
    await standIn.restart()
    await connect()
    expect(standIn.port).toBe(port)
    expect(standIn.logins).toBe(2)
  })
})
