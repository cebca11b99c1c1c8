// Puts SQream's utility functions into a PostgreSQL database, and the one that says SQream's errors. They
// live in a schema named after their own text, so that test files at once, or of two versions, do not disturb
// each other.

import { createHash } from 'node:crypto'
import { type PostgresAddress, psql } from '../servers/postgres-address.ts'
import { type UtilityFunction, utilityFunctions } from './utility-functions.ts'

/**
 * Fails its caller's query with a text and SQLSTATE of our choice; the proxy puts a call of it in a query's
 * place.
 */
const raise = `create or replace function sqream_raise(state text, said text) returns integer
language plpgsql as $$ begin raise exception using errcode = state, message = said; end $$;`

/** Returns the schema's name: sessions find the functions with it as search_path. */
export async function installUtilityFunctions(address: PostgresAddress): Promise<string> {
  const functions = Object.entries(utilityFunctions).map(([name, definition]) => creationOf(name, definition))
  const creations = [raise, ...functions].join('\n')
  const schema = `sqream_${createHash('sha256').update(creations).digest('hex').slice(0, 12)}`
  // Two sessions that replace one function at once fail with "tuple concurrently updated": the lock makes
  // them wait.
  const lock = 'do $$ begin perform pg_advisory_xact_lock(3108); end $$;'
  const place = `create schema if not exists ${schema}; set local search_path = ${schema};`
  await psql(address, `set client_min_messages = warning; begin; ${lock} ${place} ${creations} commit;`)
  return schema
}

function creationOf(name: string, { rows, columns }: UtilityFunction): string {
  const declared = columns.map(([column, type]) => `"${column}" ${type}`).join(', ')
  const values = columns.map(([, type, value]) => `(${value})::${type}`).join(', ')
  return `create or replace function ${name}(row_count integer default ${rows}) returns table (${declared})
language sql as $sqream$ select ${values} from generate_series(1, row_count) as i $sqream$;`
}
