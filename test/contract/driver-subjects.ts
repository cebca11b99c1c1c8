// The drivers and databases that the contract is run over: both ODBC bindings on PostgreSQL, the direct one
// on MariaDB and SQLite too, and rowtail's own for SQLite.

import { DatabaseSync } from 'node:sqlite'
import { maxLineBytes } from '../../src/core/metric.ts'
import type { OdbcBinding, Target } from '../../src/core/target.ts'
import { odbcDirectDriver } from '../../src/sources/sql/driver-host/drivers/odbc-direct/driver.ts'
import { odbcPackageDriver } from '../../src/sources/sql/driver-host/drivers/odbc-package/driver.ts'
import { sqliteDriver } from '../../src/sources/sql/driver-host/drivers/sqlite.ts'
import type { MariaDbServer } from '../support/servers/mariadb.ts'
import { sharedPostgres } from '../support/servers/shared.ts'
import type { DriverSubject, ServerSubject } from './driver-subject.ts'
import {
  directValues,
  mariadbValues,
  packageValues,
  sqliteOverOdbcValues,
  sqliteValues,
} from './driver-values.ts'

const byRows = { repairsInBlock: false, trustsSizes: false }

export const direct: ServerSubject = {
  ...postgresSubject('direct'),
  name: 'odbc-direct on PostgreSQL',
  load: async (settings) => odbcDirectDriver(settings),
  values: directValues,
}

/** How drivers are read that repair nothing inside a block, shown on the one driver that is there. */
export const rowByRow: DriverSubject = {
  ...direct,
  name: 'odbc-direct, a row a fetch',
  load: async (settings) => odbcDirectDriver({ maxLineBytes, ...settings, traits: byRows }),
}

export const cellByCell: DriverSubject = {
  ...direct,
  name: 'odbc-direct, a cell a call',
  load: async (settings) =>
    odbcDirectDriver({ maxLineBytes, ...settings, traits: { ...byRows, readsBoundCells: false } }),
}

export const ansi: DriverSubject = {
  ...direct,
  name: 'odbc-direct on PostgreSQL, the ANSI driver',
  target: () => ({
    ...postgresTarget('direct'),
    connectionString: sharedPostgres().connectionString({ Driver: 'PostgreSQL ANSI' }),
  }),
}

export const packaged: ServerSubject = {
  ...postgresSubject('package'),
  name: 'odbc-package on PostgreSQL',
  load: (settings) => odbcPackageDriver(settings),
  values: packageValues,
}

/** The server is there once the tests run. */
export function mariadbSubject(server: () => MariaDbServer): DriverSubject {
  return {
    name: 'odbc-direct on MariaDB',
    load: async (settings) => odbcDirectDriver(settings),
    target: () => server().target({ InitStmt: "set sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'" }),
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
}

export function sqliteSubject(path: string): DriverSubject {
  return {
    name: 'sqlite',
    load: async (settings) => sqliteDriver(settings),
    target: () => sqliteTarget(path),
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
}

export function sqliteOverOdbcSubject(path: string): DriverSubject {
  const sqlite = sqliteSubject(path)
  return {
    ...sqlite,
    name: 'odbc-direct on SQLite',
    load: async (settings) => odbcDirectDriver(settings),
    target: () => ({
      ...sqliteTarget(path),
      kind: 'odbc',
      connectionString: `Driver={SQLite3};Database=${path};`,
    }),
    values: sqliteOverOdbcValues,
    sql: { ...sqlite.sql, commented: '/* first */ select 1 as a /* last */' },
  }
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

/** Creates the file where it is missing. */
export function sqliteTarget(path: string): Target {
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
