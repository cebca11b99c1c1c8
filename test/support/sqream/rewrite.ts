// From what a client of SQream asks to what PostgreSQL can answer. Pure. psqlodbc may wrap a query into the
// declaration of a cursor; the query inside is what counts, and what stands around it is kept.

import { isUtilityName, type UtilityName, utilityFunctions } from './utility-functions.ts'

export type ClientQuery = {
  /** What the client asked, without the cursor that its driver put around it. */
  readonly statement: string
  /** Set where the statement is `select <utility function>(…)`. */
  readonly utility?: UtilityName
  readonly before: string
  readonly after: string
}

/** What decides the answer to a utility function. */
export type Answers = {
  /** On a worker without a GPU `select 1` fails. */
  readonly worker: 'cpu' | 'gpu'
  /** Of column names: as documented, or as other versions have them. */
  readonly spelling: 'spaces' | 'underscores'
  readonly isIdle: boolean
  /** Overrides the usual row counts. */
  readonly rows: Readonly<Partial<Record<UtilityName, number>>>
  /** Overrides what stands in a column of all rows: `{ show_locks: { 'stmt string': "repeat('x', 9)" } }`. */
  readonly cells: Readonly<Partial<Record<UtilityName, Readonly<Record<string, string>>>>>
}

const cursor = /^([\s\S]*?\bdeclare\s+"[^"]+"[^;]*?\sfor\s)([\s\S]*?)(;+\s*fetch\s[^;]*)$/i
const callOfFunction = /^\s*select\s+([a-z_]+)\s*\([^()]*\)\s*;?\s*$/i
const probeOfGpu = /^\s*select\s+1\s*;?\s*$/i

const internalRuntimeError = 'Internal Runtime Error'

export function readQuery(sql: string): ClientQuery {
  const [, before = '', inner, after = ''] = cursor.exec(sql) ?? []
  const statement = inner ?? sql
  const name = callOfFunction.exec(statement)?.[1]?.toLowerCase()
  const isUtility = name !== undefined && isUtilityName(name)
  return { statement, before, after, ...(isUtility ? { utility: name } : {}) }
}

/** The SQL that PostgreSQL gets. Arguments of a utility function are accepted and have no effect. */
export function answerOf(query: ClientQuery, answers: Answers): string {
  return query.before + answerTo(query, answers) + query.after
}

/**
 * The same where the query is to fail: SQL that raises the error, so that PostgreSQL keeps the protocol in
 * order.
 */
export function failureOf(query: ClientQuery, sqlState: string, said: string): string {
  return query.before + raising(sqlState, said) + query.after
}

function answerTo({ statement, utility }: ClientQuery, answers: Answers): string {
  if (utility !== undefined) return selectOf(utility, answers)
  if (answers.worker === 'cpu' && probeOfGpu.test(statement)) return raising('XX000', internalRuntimeError)
  return statement
}

/** The rows of a utility function as PostgreSQL gives them. */
export function selectOf(utility: UtilityName, { spelling, isIdle, rows, cells }: Answers): string {
  const { isEmptyWhenIdle, columns, rows: usualRows } = utilityFunctions[utility]
  const count = isIdle && isEmptyWhenIdle ? 0 : (rows[utility] ?? usualRows)
  const spelled = columns.map(([name]) => ({
    name: `"${spelling === 'underscores' ? name.replaceAll(' ', '_') : name}"`,
    cell: cells[utility]?.[name],
  }))
  const names = spelled.map(({ name }) => name).join(', ')
  const selected = spelled.map(({ name, cell }) => (cell === undefined ? name : `${cell} as ${name}`))
  return `select ${selected.join(', ')} from ${utility}(${count}) as answer(${names})`
}

function raising(sqlState: string, said: string): string {
  return `select sqream_raise('${sqlState}', '${said.replaceAll("'", "''")}')`
}
