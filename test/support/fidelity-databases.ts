// The databases of the fidelity matrix, each with its table, and how a service of a route is told of them.

import type { FidelityRoute, FidelityTable } from '../fidelity/matrix.ts'
import { statementsOf } from '../fidelity/table.ts'
import { postgresConnectionString } from './servers/postgres-address.ts'
import { sharedPostgres } from './servers/shared.ts'

export type FidelityDatabases = {
  flagsOf(route: FidelityRoute): string[]
  environmentOf(route: FidelityRoute): Readonly<Record<string, string>>
  remove(): Promise<void>
}

/** The role's own time zone is not UTC, so that a zone that is taken for granted shows. */
const role = { user: 'fidelity', password: 'fidelity-of-the-test' }

export async function startFidelityDatabases(tables: readonly FidelityTable[]): Promise<FidelityDatabases> {
  for (const { cells } of tables) {
    await sharedPostgres().psql(
      `create role ${role.user} login password '${role.password}';
      alter role ${role.user} set timezone = 'Asia/Kolkata';
      create schema ${role.user} authorization ${role.user};
      set role ${role.user};
      ${statementsOf(cells).join(';\n')}`,
    )
  }
  return {
    flagsOf: ({ way }) => ['--odbc_binding', way],
    environmentOf: ({ driver }) => ({
      ROWTAIL_CONNECTION_STRING: postgresConnectionString(
        { ...sharedPostgres().address, ...role },
        { Driver: driver },
      ),
    }),
    remove: async () => {},
  }
}
