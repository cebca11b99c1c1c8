// The PostgreSQL and the Loki that all tests of a run share. Tests keep apart by names of their own: a schema
// or database there, labels here. A test that stops, pauses or limits a server starts one of its own instead.

import { inject } from 'vitest'
import { type LokiEntry, type LokiRange, queryAllOfLoki, queryLoki } from './loki-client.ts'
import { type PostgresAddress, postgresConnectionString, psql } from './postgres-address.ts'

export type SharedPostgres = {
  readonly address: PostgresAddress
  connectionString(extra?: Readonly<Record<string, string | number>>): string
  psql(sql: string): Promise<string>
}

export type SharedLoki = {
  readonly baseUrl: string
  query(logql: string, range?: LokiRange): Promise<LokiEntry[]>
  queryAll(logql: string, range?: LokiRange): Promise<LokiEntry[]>
}

export function sharedPostgres(): SharedPostgres {
  const address = inject('postgres')
  return {
    address,
    connectionString: (extra) => postgresConnectionString(address, extra),
    psql: (sql) => psql(address, sql),
  }
}

export function sharedLoki(): SharedLoki {
  const baseUrl = inject('lokiUrl')
  return {
    baseUrl,
    query: (logql, range) => queryLoki(baseUrl, logql, range),
    queryAll: (logql, range) => queryAllOfLoki(baseUrl, logql, range),
  }
}
