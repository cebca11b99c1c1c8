// Where a PostgreSQL for tests is, and how to talk to it: as rowtail does, by an ODBC connection string, and
// by psql to prepare and to compare. Works for the shared server of a run and for a server of one's own.

import { type LaunchOptions, run } from './processes.ts'

export type PostgresAddress = {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** The name under which Debian's odbc-postgresql registers psqlodbc. */
const postgresDriver = 'PostgreSQL Unicode'

/** Keywords in `extra` replace or join those of the address: `{ Password: 'wrong' }`. */
export function postgresConnectionString(
  address: PostgresAddress,
  extra: Readonly<Record<string, string | number>> = {},
): string {
  const keywords = {
    Driver: postgresDriver,
    Server: address.host,
    Port: address.port,
    Database: address.database,
    Uid: address.user,
    Pwd: address.password,
    ...extra,
  }
  return Object.entries(keywords)
    .map(([keyword, value]) => `${keyword}=${braced(String(value))};`)
    .join('')
}

/**
 * Runs SQL with psql and returns the rows, fields separated by `|`, without headers; throws on the first
 * error.
 */
export async function psql(address: PostgresAddress, sql: string): Promise<string> {
  const flags = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-f', '-']
  const where = ['-h', address.host, '-p', String(address.port), '-U', address.user, '-d', address.database]
  const options: LaunchOptions = {
    input: sql,
    env: { PGPASSWORD: address.password, PGCONNECT_TIMEOUT: '10' },
  }
  return (await run('psql', [...flags, ...where], options)).replace(/\n$/, '')
}

/** Reads `postgres://user:password@host:port/database`. */
export function parsePostgresUrl(text: string): PostgresAddress {
  const url = new URL(text)
  return {
    host: url.hostname,
    port: Number(url.port === '' ? 5432 : url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
  }
}

function braced(value: string): string {
  return /[;{}=\s]/.test(value) ? `{${value.replaceAll('}', '}}')}}` : value
}
