// What a statement's result looks like, by the driver's own account. Declared sizes are hints: every driver
// was seen to return longer values than it declared.

import type { DescribedColumn } from '../../../cells/columns.ts'
import type { DriverTraits } from '../../../profiles.ts'
import type { OdbcCall } from './api.ts'
import { fromNarrow, fromWide, isSuccess } from './handles.ts'
import type { Statement } from './statement.ts'

export type OdbcColumn = DescribedColumn & {
  /** Characters, bytes or digits as declared; 0 where the driver does not know. */
  readonly size: number
}

const maxNameUnits = 1_024
const maxTypeUnits = 128
// Filled and read within one synchronous call.
const typeUnits = new Uint16Array(new ArrayBuffer(maxTypeUnits * 2))
/** SQL_DESC_TYPE_NAME: the database's own word for the type. */
const typeNameField = 14

/**
 * No columns: the statement gives no rows (DDL, a change, a procedure). Undefined: the driver refused to
 * tell. A driver may ask its server for the first answers, and hang: they are waited for off the event loop.
 */
export async function describeResult(
  statement: Statement,
  traits: DriverTraits,
): Promise<OdbcColumn[] | undefined> {
  const count: unknown[] = [0]
  if (!isSuccess(await statement.later(statement.api.columnCount, count))) return undefined
  const units = new Uint16Array(new ArrayBuffer(maxNameUnits * 2))
  const columns: OdbcColumn[] = []
  for (let number = 1; number <= Number(count[0]); number++) {
    const column = await describeColumn(statement, number, units)
    if (column === undefined) return undefined
    columns.push(traits.isNarrow ? { ...column, name: fromNarrow(column.name) } : column)
  }
  return columns
}

/** The first column's description is a call that may take long. */
async function describeColumn(
  statement: Statement,
  number: number,
  units: Uint16Array,
): Promise<OdbcColumn | undefined> {
  const length: unknown[] = [0]
  const sqlType: unknown[] = [0]
  const size: unknown[] = [0]
  const asked: Parameters<OdbcCall['now']> = [number, units, maxNameUnits, length, sqlType, size, [0], [0]]
  const { describeColumn: call } = statement.api
  const code = number === 1 ? await statement.later(call, ...asked) : statement.now(call, ...asked)
  if (!isSuccess(code)) return undefined
  return {
    name: fromWide(units, Math.min(Number(length[0]), maxNameUnits - 1)),
    sqlType: Number(sqlType[0]),
    typeName: typeNameOf(statement, number),
    size: Number(size[0]),
  }
}

function typeNameOf(statement: Statement, number: number): string {
  const lengthBytes: unknown[] = [0]
  const { columnAttribute } = statement.api
  const code = statement.now(
    columnAttribute,
    number,
    typeNameField,
    typeUnits,
    maxTypeUnits * 2,
    lengthBytes,
    null,
  )
  return isSuccess(code) ? fromWide(typeUnits, Math.min(Number(lengthBytes[0]) / 2, maxTypeUnits - 1)) : ''
}
