// The contract of drivers over all of them: both ODBC bindings on PostgreSQL, the direct one on MariaDB and
// SQLite, and rowtail's own for SQLite.

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { maxLineBytes } from '../../src/core/metric.ts'
import type { OdbcBinding, Target } from '../../src/core/target.ts'
import { odbcDirectDriver } from '../../src/sources/sql/driver-host/drivers/odbc-direct/driver.ts'
import { odbcPackageDriver } from '../../src/sources/sql/driver-host/drivers/odbc-package/driver.ts'
import { sqliteDriver } from '../../src/sources/sql/driver-host/drivers/sqlite.ts'
import { MariaDbServer } from '../support/servers/mariadb.ts'
import { sharedPostgres } from '../support/servers/shared.ts'
import { describeFailures, describeServerFailures, reportOf } from './driver-failures.contract.ts'
import { describeRows } from './driver.contract.ts'
import { ask, connect, type DriverSubject, type ServerSubject, timeoutMs } from './driver-subject.ts'
import {
  directValues,
  mariadbValues,
  packageValues,
  sqliteOverOdbcValues,
  sqliteValues,
} from './driver-values.ts'

const byRows = { repairsInBlock: false, trustsSizes: false }

const directory = mkdtempSync(join(tmpdir(), 'rowtail-drivers-'))
afterAll(() => rmSync(directory, { recursive: true }))

const direct: ServerSubject = {
  ...postgresSubject('direct'),
  name: 'odbc-direct on PostgreSQL',
  load: async (settings) => odbcDirectDriver(settings),
  values: directValues,
}

/** How drivers are read that repair nothing inside a block, shown on the one driver that is there. */
const rowByRow: DriverSubject = {
  ...direct,
  name: 'odbc-direct, a row a fetch',
  load: async (settings) => odbcDirectDriver({ maxLineBytes, ...settings, traits: byRows }),
}

const cellByCell: DriverSubject = {
  ...direct,
  name: 'odbc-direct, a cell a call',
  load: async (settings) =>
    odbcDirectDriver({ maxLineBytes, ...settings, traits: { ...byRows, readsBoundCells: false } }),
}

const ansi: DriverSubject = {
  ...direct,
  name: 'odbc-direct on PostgreSQL, the ANSI driver',
  target: () => ({
    ...postgresTarget('direct'),
    connectionString: sharedPostgres().connectionString({ Driver: 'PostgreSQL ANSI' }),
  }),
}

let mariadbServer: MariaDbServer
const mariadb: DriverSubject = {
  name: 'odbc-direct on MariaDB',
  load: async (settings) => odbcDirectDriver(settings),
  target: () => mariadbServer.target({ InitStmt: "set sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'" }),
  values: mariadbValues,
  oddName: 'é漢"\\',
  sql: {
    series: (count) => `select seq as n from seq_1_to_${count}`,
    failingSeries: (count, failAt) =>
      `select seq as n, (select 1 union select 2 where seq = ${failAt}) from seq_1_to_${count}`,
    longText: (length) => `repeat('x', ${length})`,
    createTable: 'create table if not exists t (a integer)',
    commented: '/* ; */ select 1 as a /* last */',
    unknownTable: 'select * from no_such_table',
  },
}

const packaged: ServerSubject = {
  ...postgresSubject('package'),
  name: 'odbc-package on PostgreSQL',
  load: (settings) => odbcPackageDriver(settings),
  values: packageValues,
}

const sqlite: DriverSubject = {
  name: 'sqlite',
  load: async (settings) => sqliteDriver(settings),
  target: sqliteTarget,
  values: sqliteValues,
  oddName: 'é😀"\\',
  sql: {
    series: (count) =>
      `with recursive s(n) as (select 1 union all select n + 1 from s where n < ${count}) select n from s`,
    failingSeries: (count, failAt) =>
      `with recursive s(n) as (select 1 union all select n + 1 from s where n < ${count})
       select abs(case when n = ${failAt} then -9223372036854775807 - 1 else n end) as n from s`,
    longText: (length) => `replace(hex(zeroblob(${length})), '00', 'x')`,
    createTable: 'create table if not exists t (a integer)',
    commented: '/* ; */ select 1 as a /* last */',
    unknownTable: 'select * from no_such_table',
  },
}

const sqliteOverOdbc: DriverSubject = {
  ...sqlite,
  name: 'odbc-direct on SQLite',
  load: async (settings) => odbcDirectDriver(settings),
  target: () => ({
    ...sqliteTarget(),
    kind: 'odbc',
    connectionString: `Driver={SQLite3};Database=${sqliteTarget().connectionString};`,
  }),
  values: sqliteOverOdbcValues,
  sql: { ...sqlite.sql, commented: '/* first */ select 1 as a /* last */' },
}

beforeAll(async () => {
  mariadbServer = await MariaDbServer.start()
})
afterAll(() => mariadbServer.remove())

for (const subject of [direct, rowByRow, cellByCell, packaged, sqlite]) {
  describeRows(subject)
  describeFailures(subject)
}
for (const subject of [ansi, mariadb, sqliteOverOdbc]) describeRows(subject)
for (const subject of [direct, packaged]) {
  describeServerFailures(subject)
  describeOpening(subject)
}

describe('cancelling odbc-direct', () => {
  it('at once, before the driver has sent the query, ends it all the same', async () => {
    const connection = await connect(direct)
    const running = reportOf(connection.execute(direct.longQuery, { timeoutMs }))
    await connection.cancel()
    expect((await running).sqlState).toBe('57014')
    expect((await ask(connection, 'select 1 as a')).lines).toEqual(['{"a":1}'])
  })

  it('between two blocks ends the next fetch', async () => {
    const connection = await connect(direct)
    const cursor = await connection.execute(direct.sql.series(5_000), { timeoutMs })
    await cursor.fetch(10)
    await connection.cancel()
    const next = reportOf(cursor.fetch(1_000).then(() => cursor.fetch(1_000)))
    expect(await next).toMatchObject({ code: 'query_failed', sqlState: 'HY008' })
    await cursor.close()
    expect((await ask(connection, 'select 1 as a')).lines).toEqual(['{"a":1}'])
  })

  it('is something that PostgreSQL can do: no limitation of it is noted', async () => {
    const connection = await connect(direct)
    await ask(connection, direct.sql.series(1_000))
    expect(connection.limitations).not.toContainEqual(expect.stringMatching(/timeout|block fetch/))
  })
})

describe('settings of a profile that the operator chose otherwise', () => {
  const own = {
    ConnSettings: "set time zone 'Asia/Kolkata'",
    BoolsAsChar: 1,
    MaxVarcharSize: 10,
    UnknownsAsLongVarchar: 0,
    UseDeclareFetch: 0,
  }
  const query =
    "select true as a, repeat('x', 9000)::varchar as b, to_json(repeat('x', 9000)) as c, " +
    "timestamptz '2026-01-02 03:04:05Z' as d"
  const owned = (subject: ServerSubject): DriverSubject => ({
    ...subject,
    target: () => ({ ...subject.target(), connectionString: sharedPostgres().connectionString(own) }),
  })
  const long = 'x'.repeat(9_000)

  it('change no value of the direct binding but the zone, which is flagged', async () => {
    const { lines, flags } = await ask(await connect(owned(direct)), query)
    expect(lines).toEqual([
      `{"a":true,"b":"${long}","c":${JSON.stringify(`"${long}"`)},"d":"2026-01-02T08:34:05"}`,
    ])
    expect(flags.map(({ column, why }) => [column, why])).toEqual([['d', 'zone_unknown']])
  })

  it('let the package binding cut text, which is flagged', async () => {
    const { flags } = await ask(await connect(owned(packaged)), query)
    expect(flags.map(({ column, why }) => [column, why])).toEqual([
      ['b', 'cut_by_driver'],
      ['d', 'zone_unknown'],
    ])
  })
})

describe('what shows in no value', () => {
  const toldOf = async (subject: DriverSubject, query: string) => {
    const connection = await connect(subject)
    await ask(connection, query)
    return connection.limitations
  }

  it('is told: psqlodbc drops the BC of a date', async () => {
    expect(await toldOf(direct, "select date '2026-01-02' as a")).toContainEqual(
      expect.stringMatching(/^psqlodbcw\.so has no era of dates: /),
    )
  })

  it('is told: the SQLite ODBC driver ends a text at a NUL', async () => {
    expect(await toldOf(sqliteOverOdbc, "select 'a' as a")).toContainEqual(
      expect.stringMatching(/has no NUL in text: /),
    )
  })
})

describe('odbc-direct on a driver whose declared sizes are too small', () => {
  it('flags the first text that was cut, and reads it whole from the next run on', async () => {
    const trusting = { repairsInBlock: false, trustsSizes: true }
    const subject = {
      ...direct,
      load: async () => odbcDirectDriver({ maxLineBytes, traits: trusting }),
    }
    const connection = await connect(subject)
    const short = "select array[repeat('x', 10)] as a from generate_series(1, 200)"
    const query = `${short} union all select array[repeat('y', 9000)]`
    const first = await ask(connection, query)
    expect(first.flags.map(({ column, why }) => [column, why])).toEqual([['a', 'cut_by_driver']])
    expect(first.lines[200]).toMatch(/^\{"a":"\{y+"\}$/)
    const second = await ask(connection, query)
    expect(second.flags).toEqual([])
    expect(second.lines[200]).toBe(`{"a":"{${'y'.repeat(9_000)}}"}`)
  })
})

describe('opening a SQLite file', () => {
  it.each(['missing.db', '.', 'no/such/directory.db'])(
    '%s is database_unknown, and nothing is created',
    async (name) => {
      const path = join(directory, name)
      const opening = sqliteDriver().open(
        { ...sqliteTarget(), connectionString: path },
        { loginTimeoutMs: 1_000 },
      )
      expect(await reportOf(opening)).toMatchObject({
        code: 'database_unknown',
        message: expect.stringContaining(path),
      })
      const again = sqliteDriver().open(
        { ...sqliteTarget(), connectionString: path },
        { loginTimeoutMs: 1_000 },
      )
      expect((await reportOf(again)).code).toBe('database_unknown')
    },
  )

  it('a file that is no database is database_unknown', async () => {
    const target = { ...sqliteTarget(), connectionString: import.meta.filename }
    const report = await reportOf(sqliteDriver().open(target, { loginTimeoutMs: 1_000 }))
    expect(report).toMatchObject({ code: 'database_unknown', said: 'file is not a database' })
  })
})

function describeOpening(subject: ServerSubject): void {
  const failing = async (change: Readonly<Record<string, string | number>>, loginTimeoutMs = 5_000) => {
    const target = subject.target()
    const connectionString = sharedPostgres().connectionString(change)
    const driver = await subject.load()
    const report = await reportOf(driver.open({ ...target, connectionString }, { loginTimeoutMs }))
    expect(JSON.stringify(report)).not.toContain(sharedPostgres().address.password)
    return report
  }

  describe(`opening by ${subject.name}`, () => {
    it('a wrong password is login_refused', async () => {
      expect(await failing({ Pwd: 'canary-of-the-test' })).toMatchObject({
        code: 'login_refused',
        said: expect.not.stringContaining('canary-of-the-test'),
      })
    })

    it('an unknown database is database_unknown', async () => {
      expect(await failing({ Database: 'no_such_database' })).toMatchObject({ code: 'database_unknown' })
    })

    it('a port where nobody listens is database_unreachable, and says what was tried', async () => {
      expect(await failing({ Port: 1 })).toMatchObject({
        code: 'database_unreachable',
        message: expect.stringContaining('host 127.0.0.1'),
      })
    })

    it('a server that accepts and says nothing is given up at the login timeout', async () => {
      const mute = createServer((socket) => socket.on('error', () => undefined))
      const port = await new Promise<number>((resolve) => {
        mute.listen(0, '127.0.0.1', () => resolve(portOf(mute)))
      })
      onTestFinished(() => void mute.close())
      expect(await failing({ Port: port }, 1_000)).toMatchObject({ code: 'database_unreachable' })
    })

    it('a driver that is not registered is driver_missing', async () => {
      expect(await failing({ Driver: 'No Such Driver' })).toMatchObject({
        code: 'driver_missing',
        sqlState: '01000',
      })
    })

    it('the session is named rowtail, unless the operator names it', async () => {
      const nameOf = async (extra: Readonly<Record<string, string>>) => {
        const target = { ...subject.target(), connectionString: sharedPostgres().connectionString(extra) }
        const connection = await (await subject.load()).open(target, { loginTimeoutMs: 5_000 })
        const { lines } = await ask(connection, "select current_setting('application_name')::text as a")
        await connection.close()
        return lines
      }
      expect(await nameOf({})).toEqual(['{"a":"rowtail"}'])
      expect(await nameOf({ ConnSettings: "set application_name = 'mine'" })).toEqual(['{"a":"mine"}'])
    })
  })
}

function postgresSubject(binding: OdbcBinding): Omit<ServerSubject, 'name' | 'load' | 'values'> {
  return {
    target: () => postgresTarget(binding),
    oddName: 'é😀"\\',
    sql: {
      series: (count) => `select n from generate_series(1, ${count}) n`,
      failingSeries: (count, failAt) =>
        `select n, 1 / (${failAt} - n) as quotient from generate_series(1, ${count}) n`,
      longText: (length) => `repeat('x', ${length})`,
      createTable: 'create temporary table if not exists t (a integer)',
      commented: '/* ; */ select 1 as a /* last */',
      unknownTable: 'select * from no_such_table',
    },
    longQuery: 'select pg_sleep(600)',
    sessionQuery: 'select pg_backend_pid() as id',
    endSession: async (id) => {
      await sharedPostgres().psql(`select pg_terminate_backend(${id}, 5000)`)
    },
    sessionState: async (id) => {
      const state = await sharedPostgres().psql(`select state from pg_stat_activity where pid = ${id}`)
      return state === '' ? undefined : state
    },
  }
}

function postgresTarget(binding: OdbcBinding): Target {
  const postgres = sharedPostgres()
  const { address } = postgres
  return {
    kind: 'odbc',
    connectionString: postgres.connectionString(),
    binding,
    name: 'test',
    labels: { host: address.host, database: address.database },
    isSqream: false,
    tried: { host: address.host, port: String(address.port), database: address.database, user: address.user },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port')
  return address.port
}

function sqliteTarget(): Target {
  const path = join(directory, 'test.db')
  new DatabaseSync(path).close()
  return {
    kind: 'sqlite',
    connectionString: path,
    binding: 'direct',
    name: 'test',
    labels: { host: 'localhost', database: path },
    isSqream: false,
    tried: { database: path },
  }
}
