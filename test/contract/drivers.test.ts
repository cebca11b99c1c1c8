// The contract of drivers over all of them: both ODBC bindings on PostgreSQL, and SQLite.

import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { OdbcBinding, Target } from '../../src/core/target.ts'
import { odbcDirectDriver } from '../../src/sources/sql/driver-host/drivers/odbc-direct/driver.ts'
import { odbcPackageDriver } from '../../src/sources/sql/driver-host/drivers/odbc-package/driver.ts'
import { sqliteDriver } from '../../src/sources/sql/driver-host/drivers/sqlite.ts'
import { sharedPostgres } from '../support/servers/shared.ts'
import { describeFailures, describeServerFailures, reportOf } from './driver-failures.contract.ts'
import { describeRows } from './driver.contract.ts'
import { ask, type DriverSubject, type ServerSubject } from './driver-subject.ts'
import { directValues, packageValues, sqliteValues } from './driver-values.ts'

const directory = mkdtempSync(join(tmpdir(), 'rowtail-drivers-'))
afterAll(() => rmSync(directory, { recursive: true }))

const direct: ServerSubject = {
  ...postgresSubject('direct'),
  name: 'odbc-direct on PostgreSQL',
  load: async (settings) => odbcDirectDriver(settings),
  values: directValues,
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
  sql: {
    series: (count) =>
      `with recursive s(n) as (select 1 union all select n + 1 from s where n < ${count}) select n from s`,
    failingSeries: (count, failAt) =>
      `with recursive s(n) as (select 1 union all select n + 1 from s where n < ${count})
       select abs(case when n = ${failAt} then -9223372036854775807 - 1 else n end) as n from s`,
    longText: (length) => `replace(hex(zeroblob(${length})), '00', 'x')`,
    createTable: 'create table if not exists t (a integer)',
    unknownTable: 'select * from no_such_table',
  },
}

for (const subject of [direct, packaged, sqlite]) {
  describeRows(subject)
  describeFailures(subject)
}
for (const subject of [direct, packaged]) {
  describeServerFailures(subject)
  describeOpening(subject)
}

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
  const failing = async (change: Readonly<Record<string, string | number>>) => {
    const target = subject.target()
    const connectionString = sharedPostgres().connectionString(change)
    const driver = await subject.load()
    const report = await reportOf(driver.open({ ...target, connectionString }, { loginTimeoutMs: 5_000 }))
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
    sql: {
      series: (count) => `select n from generate_series(1, ${count}) n`,
      failingSeries: (count, failAt) =>
        `select n, 1 / (${failAt} - n) as quotient from generate_series(1, ${count}) n`,
      longText: (length) => `repeat('x', ${length})`,
      createTable: 'create temporary table if not exists t (a integer)',
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
