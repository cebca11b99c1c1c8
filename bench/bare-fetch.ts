// The bare ODBC fetch loop: a query by rowtail's own binding, its rows fetched into bound buffers in the same
// shape as the driver host does, and not looked at. What is left out is all that rowtail adds.

import {
  handleTypes,
  loadOdbc,
  nullTerminated,
  type OdbcApi,
  returns,
  statementAttributes,
} from '../src/sources/sql/driver-host/drivers/odbc-direct/api.ts'
import {
  Arena,
  type BindingPlan,
  planBinding,
} from '../src/sources/sql/driver-host/drivers/odbc-direct/binding.ts'
import { describeResult } from '../src/sources/sql/driver-host/drivers/odbc-direct/describe.ts'
import {
  allocate,
  diagnosticsOf,
  isSuccess,
  odbcEnvironment,
  toWide,
  type TypedHandle,
} from '../src/sources/sql/driver-host/drivers/odbc-direct/handles.ts'
import { Statement } from '../src/sources/sql/driver-host/drivers/odbc-direct/statement.ts'
import { sentQuery, traitsOf, withProfile } from '../src/sources/sql/profiles.ts'

export type Fetched = { readonly rows: number; readonly seconds: number }

/**
 * Asks as often as `times` says on one connection, and returns what the last time took: the first warm
 * up.
 */
export async function fetchBarely(connectionString: string, query: string, times: number): Promise<Fetched> {
  const api = loadOdbc()
  const connection = allocate(api, handleTypes.connection, odbcEnvironment())
  const text = toWide(withProfile(connectionString))
  checked(
    connection,
    api,
    await api.connect.later(connection.handle, null, text, nullTerminated, null, 0, null, 0),
  )
  try {
    let fetched: Fetched = { rows: 0, seconds: 0 }
    for (let time = 0; time < times; time += 1) fetched = await fetchOnce(api, connection, query)
    return fetched
  } finally {
    await api.disconnect.later(connection.handle)
    await api.freeHandle.later(connection.type, connection.handle)
  }
}

async function fetchOnce(api: OdbcApi, connection: TypedHandle, query: string): Promise<Fetched> {
  const begunMs = performance.now()
  const statement = new Statement(api, connection)
  const arena = new Arena()
  try {
    const code = await statement.later(api.execute, toWide(sentQuery(query)), nullTerminated)
    checked(connection, api, code)
    const plan = await bind(statement, arena)
    let rows = 0
    while ((await statement.later(api.fetch)) !== returns.noData) rows += arena.low(plan.fetched)
    return { rows, seconds: (performance.now() - begunMs) / 1_000 }
  } finally {
    await statement.free()
  }
}

async function bind(statement: Statement, arena: Arena): Promise<BindingPlan> {
  const { api } = statement
  const traits = traitsOf('psqlodbcw.so', 0)
  const columns = await describeResult(statement, traits)
  if (columns === undefined) throw new Error('the driver does not describe the result')
  const plan = planBinding(columns, traits)
  arena.ensure(plan.sizeBytes)
  const set = (attribute: number, value: bigint) => statement.now(api.setStatement, attribute, value, 0)
  set(statementAttributes.rowsFetched, arena.address + BigInt(plan.fetched))
  set(statementAttributes.rowStatus, arena.address + BigInt(plan.status))
  set(statementAttributes.rowArraySize, BigInt(plan.rows))
  for (const [index, { cType, widthBytes, data, indicators }] of plan.columns.entries()) {
    const place = arena.address + BigInt(data)
    statement.now(api.bindColumn, index + 1, cType, place, widthBytes, arena.address + BigInt(indicators))
  }
  return plan
}

function checked(handle: TypedHandle, api: OdbcApi, code: number): void {
  if (!isSuccess(code)) throw new Error(`the driver said ${JSON.stringify(diagnosticsOf(api, handle))}`)
}
