// What a column is to rowtail: its name in the line, and how its values are written. Pure; every driver
// describes its result with these once a run.

import { sqlTypes } from './sql-types.ts'

/**
 * How a value is written. Of timestamps: `timestamp` has no zone by its type, `timestamp_utc` is known to be
 * UTC, `timestamp_unknown` may be anything, and is flagged.
 */
export type CellKind =
  | 'text'
  | 'number'
  | 'boolean'
  | 'bytes'
  | 'uuid'
  | 'date'
  | 'timestamp'
  | 'timestamp_utc'
  | 'timestamp_unknown'

export type CellColumn = {
  /** As it stands in the line. */
  readonly name: string
  readonly typeName: string
  readonly kind: CellKind
  /** More than its spaces was changed: the database has the name twice, or none. */
  readonly isRenamed: boolean
}

/** What a driver tells of a column. */
export type DescribedColumn = {
  readonly name: string
  readonly sqlType: number
  /** The database's own word, '' where the driver tells none. */
  readonly typeName: string
}

export function cellColumns(described: readonly DescribedColumn[], isSessionUtc: boolean): CellColumn[] {
  const names = lineNames(described.map((column) => column.name))
  return described.map((column, index) => ({
    name: names[index] ?? column.name,
    typeName: column.typeName,
    kind: kindOf(column, isSessionUtc),
    isRenamed: isRenamed(column.name, names[index] ?? column.name),
  }))
}

/** Spaces become `_` in every name: what is foreseen is not flagged. */
export function isRenamed(name: string, lineName: string): boolean {
  return lineName !== withoutSpaces(name)
}

/** Names as keys of a JSON line: spaces become `_`, an empty name `column_N`, a second `a` becomes `a_2`. */
export function lineNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name, index) => {
    const plain = name === '' ? `column_${index + 1}` : withoutSpaces(name)
    let free = plain
    for (let count = 2; taken.has(free); count++) free = `${plain}_${count}`
    taken.add(free)
    return free
  })
}

function withoutSpaces(name: string): string {
  return name.toWellFormed().replace(/\s/g, '_')
}

function kindOf(column: Omit<DescribedColumn, 'name'>, isSessionUtc: boolean): CellKind {
  const typeName = column.typeName.toLowerCase()
  if (typeName === 'bool' || typeName === 'boolean' || column.sqlType === sqlTypes.bit) return 'boolean'
  if (column.sqlType === sqlTypes.guid) return 'uuid'
  if (numberTypes.has(column.sqlType)) return 'number'
  if (binaryTypes.has(column.sqlType)) return 'bytes'
  if (column.sqlType === sqlTypes.date || column.sqlType === sqlTypes.dateOfOdbc2) return 'date'
  if (timestampTypes.has(column.sqlType)) return timestampKind(typeName, isSessionUtc)
  return 'text'
}

function timestampKind(typeName: string, isSessionUtc: boolean): CellKind {
  if (/without time zone|^(?:small)?datetime2?$/.test(typeName)) return 'timestamp'
  if (/timestamptz|with (?:local )?time zone/.test(typeName))
    return isSessionUtc ? 'timestamp_utc' : 'timestamp_unknown'
  return 'timestamp_unknown'
}

export const binaryTypes: ReadonlySet<number> = new Set([
  sqlTypes.binary,
  sqlTypes.varbinary,
  sqlTypes.longvarbinary,
])

export const doubleTypes: ReadonlySet<number> = new Set([sqlTypes.float, sqlTypes.real, sqlTypes.double])

const numberTypes: ReadonlySet<number> = new Set([
  sqlTypes.numeric,
  sqlTypes.decimal,
  sqlTypes.integer,
  sqlTypes.smallint,
  ...doubleTypes,
  sqlTypes.bigint,
  sqlTypes.tinyint,
])

const timestampTypes: ReadonlySet<number> = new Set([
  sqlTypes.timestamp,
  sqlTypes.timestampOfOdbc2,
  sqlTypes.datetimeoffset,
])
