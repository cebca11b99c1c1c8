// A SQream target for the tests of the startup checks.

import type { Target } from '../../src/core/target.ts'
import { describeConnectionString, sqreamConnectionString } from '../../src/sources/sql/connection-string.ts'

export const password = 'canary-password'

export type SqreamPlace = { readonly port?: number; readonly clustered?: boolean }

export function sqreamTarget({ port = 5_000, clustered = false }: SqreamPlace = {}): Target {
  const connectionString = sqreamConnectionString({
    host: 'db1',
    port,
    database: 'master',
    user: 'sqream',
    password,
    service: 'monitor',
    clustered,
  })
  return {
    kind: 'odbc',
    connectionString,
    binding: 'direct',
    name: 'db1_5000_master',
    labels: { host: 'db1', database: 'master' },
    isSqream: true,
    tried: describeConnectionString(connectionString),
  }
}
