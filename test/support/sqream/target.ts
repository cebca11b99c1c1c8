// The stand-in as a target, with the connection string that production builds.

import type { OdbcBinding, Target } from '../../../src/core/target.ts'
import {
  describeConnectionString,
  type SqreamAddress,
  sqreamConnectionString,
} from '../../../src/sources/sql/connection-string.ts'

export type StandInAddress = Partial<SqreamAddress> & { readonly port: number }

/** Without more than a port: the role, database and service that the stand-in knows by itself. */
export function standInTarget(address: StandInAddress, binding: OdbcBinding = 'direct'): Target {
  const whole: SqreamAddress = {
    host: '127.0.0.1',
    database: 'master',
    user: 'sqream',
    password: 'sqream',
    service: 'monitor',
    clustered: false,
    ...address,
  }
  const connectionString = sqreamConnectionString(whole)
  return {
    kind: 'odbc',
    connectionString,
    binding,
    name: 'stand-in',
    labels: { host: whole.host, database: whole.database },
    isSqream: true,
    tried: describeConnectionString(connectionString),
  }
}
