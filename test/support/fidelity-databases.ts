// The databases of the fidelity matrix, each with its table, and how a service of a route is told of them.

import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FidelityRoute, FidelityTable } from '../fidelity/matrix.ts'
import { statementsOf } from '../fidelity/table.ts'
import { MariaDbServer } from './servers/mariadb.ts'
import { postgresConnectionString } from './servers/postgres-address.ts'
import { sharedPostgres } from './servers/shared.ts'

export type FidelityDatabase = {
  /** Flags beside --odbc_binding. */
  flagsOf(route: FidelityRoute): readonly string[]
  environmentOf(route: FidelityRoute): Readonly<Record<string, string>>
  remove(): Promise<void>
}

export function startFidelityDatabase(table: FidelityTable): Promise<FidelityDatabase> {
  return starts[table.database](table)
}

const starts = { PostgreSQL: inPostgres, MariaDB: inMariadb, SQLite: inSqlite }

async function inPostgres(table: FidelityTable): Promise<FidelityDatabase> {
  const role = { user: 'fidelity', password: 'fidelity-of-the-test' }
  const server = sharedPostgres()
  // The role's own time zone is not UTC, so that a zone that is taken for granted shows.
  await server.psql(
    `create role ${role.user} login password '${role.password}';
    alter role ${role.user} set timezone = 'Asia/Kolkata';
    create schema ${role.user} authorization ${role.user};
    set role ${role.user};
    ${statementsOf(table).join(';\n')}`,
  )
  return {
    flagsOf: () => [],
    environmentOf: ({ driver }) => ({
      ROWTAIL_CONNECTION_STRING: postgresConnectionString({ ...server.address, ...role }, { Driver: driver }),
    }),
    remove: async () => {},
  }
}

async function inMariadb(table: FidelityTable): Promise<FidelityDatabase> {
  const server = await MariaDbServer.start()
  // Without its strict mode MariaDB takes dates that are none.
  await server.execute(["set sql_mode = ''", ...statementsOf(table)])
  return {
    flagsOf: () => [],
    environmentOf: () => ({ ROWTAIL_CONNECTION_STRING: server.connectionString() }),
    remove: () => server.remove(),
  }
}

async function inSqlite(table: FidelityTable): Promise<FidelityDatabase> {
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-fidelity-'))
  const path = join(directory, 'fidelity.db')
  const database = new DatabaseSync(path)
  for (const statement of statementsOf(table)) database.exec(statement)
  database.close()
  return {
    flagsOf: ({ way }) => (way === 'built-in' ? ['--driver', 'sqlite', '--database', path] : []),
    environmentOf: ({ driver, way }) =>
      way === 'built-in' ? {} : { ROWTAIL_CONNECTION_STRING: `Driver={${driver}};Database=${path};` },
    remove: async () => rmSync(directory, { recursive: true }),
  }
}
