// One ODBC connection: executes a query at a time, hands out its cursor, remembers what the driver cannot do.

import { ReportedError } from '../../../../../core/errors.ts'
import { type CellColumn, cellColumns, doubleTypes } from '../../../cells/columns.ts'
import { LineBuffer } from '../../../cells/line-buffer.ts'
import { RowWriter } from '../../../cells/row-writer.ts'
import { type DriverTraits, sentQuery } from '../../../profiles.ts'
import { type Diagnostic, type ErrorContext, reportOfDiagnostics } from '../../../sql-errors.ts'
import type { Cursor, DriverConnection } from '../driver.ts'
import { connectionAttributes, nullTerminated, type OdbcApi, returns, statementAttributes } from './api.ts'
import { Arena, type BindingPlan, maxBlockRows, planBinding } from './binding.ts'
import { OdbcCursor } from './cursor.ts'
import { describeResult, type OdbcColumn } from './describe.ts'
import { isSuccess, toWide, type TypedHandle } from './handles.ts'
import type { Limitations } from './limitations.ts'
import { LongCells } from './long-cells.ts'
import { Statement } from './statement.ts'

const lineBufferBytes = 64 * 1024
const keptArenaBytes = 1024 * 1024
/** One for all connections of the host: it is filled and read within a turn. */
const page = new Arena()
/** Where a cancel met no call: the driver has nothing to say but old warnings. */
const cancelled: Diagnostic = { state: 'HY008', message: 'The query was cancelled.' }

export type ConnectionParts = {
  readonly api: OdbcApi
  readonly handle: TypedHandle
  readonly traits: DriverTraits
  readonly limitations: Limitations
  readonly tried: ErrorContext['tried']
  readonly secrets: readonly string[]
  readonly maxLineBytes: number
}

export class OdbcConnection implements DriverConnection {
  /** Known after the connect, by asking; then timestamps with a zone can be written with a `Z`. */
  isSessionUtc = false
  readonly #parts: ConnectionParts
  #traits: DriverTraits
  #isUsable = true
  #statement: Statement | undefined
  readonly #arena = new Arena()
  readonly #long = new LongCells()
  readonly #lines = new LineBuffer(lineBufferBytes)

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    this.#traits = parts.traits
  }

  /** What shows only once the connection is there. */
  learn(traits: Partial<DriverTraits>): void {
    this.#traits = { ...this.#traits, ...traits }
  }

  get isUsable(): boolean {
    return this.#isUsable
  }

  get limitations(): readonly string[] {
    return this.#parts.limitations.sentences()
  }

  async execute(query: string, options: { readonly timeoutMs: number }): Promise<Cursor> {
    if (this.#statement !== undefined) throw new Error('a connection executes one query at a time')
    const statement = new Statement(this.#parts.api, this.#parts.handle)
    this.#statement = statement
    try {
      this.#setQueryTimeout(statement, options.timeoutMs)
      const code = await this.#send(statement, query)
      if (!isSuccess(code) && code !== returns.noData) throw this.#failure(statement)
      return await this.#openCursor(statement)
    } catch (error) {
      await this.#release(statement)
      throw error
    }
  }

  async cancel(): Promise<void> {
    await this.#statement?.cancel()
  }

  async close(): Promise<void> {
    const { api, handle } = this.#parts
    this.#isUsable = false
    if (this.#statement !== undefined) await this.#release(this.#statement)
    await api.disconnect.later(handle.handle)
    await api.freeHandle.later(handle.type, handle.handle)
  }

  #send(statement: Statement, query: string): Promise<number> {
    const { api } = this.#parts
    const text = sentQuery(query)
    return this.#traits.isNarrow
      ? statement.later(api.executeNarrow, Buffer.from(`${text}\0`, 'utf8'), nullTerminated)
      : statement.later(api.execute, toWide(text), nullTerminated)
  }

  async #openCursor(statement: Statement): Promise<Cursor> {
    const described = await describeResult(statement, this.#traits)
    if (described === undefined) throw this.#failure(statement)
    const plan = this.#bindAll(statement, described)
    const columns = cellColumns(described, this.isSessionUtc)
    const { maxLineBytes } = this.#parts
    const writer = new RowWriter(columns, this.#lines, maxLineBytes)
    if (this.#traits.roundsDoubles) flagDoubles(described, writer)
    this.#noteLosses(columns)
    return new OdbcCursor({
      statement,
      plan,
      arena: this.#arena,
      page,
      long: this.#long,
      writer,
      traits: this.#traits,
      maxCellBytes: maxLineBytes,
      failure: () => this.#failure(statement),
      onLyingSize: () => this.learn({ trustsSizes: false }),
      onClose: () => this.#release(statement),
    })
  }

  /** What shows in no value: it can be said, and not flagged. */
  #noteLosses(columns: readonly CellColumn[]): void {
    const { limitations } = this.#parts
    if (this.#traits.losesEra && columns.some(({ kind }) => kind === 'date')) limitations.add('era of dates')
    if (this.#traits.endsTextAtNul) limitations.add('NUL in text')
  }

  /** Block by block, or row by row where the driver has no blocks. */
  #bindAll(statement: Statement, described: readonly OdbcColumn[]): BindingPlan {
    const { limitations } = this.#parts
    const plan = planBinding(described, this.#traits, limitations.has('block fetch') ? 1 : maxBlockRows)
    this.#arena.ensure(plan.sizeBytes)
    if (!this.#setBlock(statement, plan)) {
      limitations.add('block fetch', statement.diagnostics())
      return this.#bindAll(statement, described)
    }
    if (plan.mode !== 'unbound') this.#bindColumns(statement, plan)
    return plan
  }

  /** False where the driver refuses blocks, or does not count their rows. */
  #setBlock(statement: Statement, plan: BindingPlan): boolean {
    const { api } = this.#parts
    const { address } = this.#arena
    const set = (attribute: number, value: bigint) => statement.now(api.setStatement, attribute, value, 0)
    const counted = set(statementAttributes.rowsFetched, address + BigInt(plan.fetched))
    set(statementAttributes.rowStatus, address + BigInt(plan.status))
    const sized = set(statementAttributes.rowArraySize, BigInt(plan.rows))
    return plan.rows === 1 || (isSuccess(counted) && sized === returns.success)
  }

  #bindColumns(statement: Statement, plan: BindingPlan): void {
    const { api } = this.#parts
    const arena = this.#arena
    for (const [index, column] of plan.columns.entries()) {
      const data = arena.address + BigInt(column.data)
      const indicators = arena.address + BigInt(column.indicators)
      const code = statement.now(api.bindColumn, index + 1, column.cType, data, column.widthBytes, indicators)
      if (!isSuccess(code)) throw this.#failure(statement)
    }
  }

  #setQueryTimeout(statement: Statement, timeoutMs: number): void {
    const { api, limitations } = this.#parts
    if (limitations.has('query timeout')) return
    const seconds = BigInt(Math.ceil(timeoutMs / 1_000))
    const code = statement.now(api.setStatement, statementAttributes.queryTimeout, seconds, 0)
    if (code !== returns.success) limitations.add('query timeout', statement.diagnostics())
  }

  #failure(statement: Statement): ReportedError {
    const said = statement.diagnostics()
    const isOurs = statement.isCancelled && said.every(({ state }) => state.startsWith('01'))
    const diagnostics = isOurs ? [cancelled] : said
    const { tried, secrets } = this.#parts
    const report = reportOfDiagnostics(diagnostics, { doing: 'query', tried, secrets })
    if (report.code === 'connection_lost' || this.#isDead()) this.#isUsable = false
    return new ReportedError(report)
  }

  /** Asked after an error only: the driver learns of a lost connection by using it. */
  #isDead(): boolean {
    const { api, handle } = this.#parts
    const dead = new Uint32Array(new ArrayBuffer(8))
    return (
      isSuccess(api.getConnection.now(handle.handle, connectionAttributes.dead, dead, 4, [0])) &&
      dead[0] === 1
    )
  }

  async #release(statement: Statement): Promise<void> {
    if (this.#statement !== statement) return
    const code = await statement.free()
    this.#statement = undefined
    this.#arena.shrink(keptArenaBytes)
    this.#long.shrink()
    this.#lines.shrink()
    if (!isSuccess(code)) this.#isUsable = false
  }
}

function flagDoubles(described: readonly OdbcColumn[], writer: RowWriter): void {
  for (const [index, column] of described.entries()) {
    if (doubleTypes.has(column.sqlType)) writer.flag(index, 'rounded')
  }
}
