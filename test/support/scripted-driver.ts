// A Driver that does what a test says: rows, failures, calls that hang until they are cancelled or let go.

import { ReportedError } from '../../src/core/errors.ts'
import type { Target } from '../../src/core/target.ts'
import type {
  Cursor,
  Driver,
  DriverConnection,
  OpenOptions,
  RowBlock,
} from '../../src/sources/sql/driver-host/drivers/driver.ts'
import { reportOfCode } from './scripted-source.ts'

/** What a query does. The query's text chooses: `rows 5`, `hang`, `wedge`, `lost`, `fail`. */
export type ScriptedDriverOptions = {
  /** The next connections to open fail with this. */
  readonly openErrors?: ReportedError[]
  readonly limitations?: readonly string[]
}

export class ScriptedDriver implements Driver {
  readonly connections: ScriptedConnection[] = []
  readonly loginTimeoutsMs: number[] = []
  /** While set, opening a connection waits for it. */
  opening: Promise<void> | undefined
  /** While set, opening a connection fails, and its login stays in the driver until this settles. */
  overdue: Promise<void> | undefined
  readonly #options: ScriptedDriverOptions

  constructor(options: ScriptedDriverOptions = {}) {
    this.#options = options
  }

  async open(_target: Target, { loginTimeoutMs, onOverdue }: OpenOptions): Promise<DriverConnection> {
    this.loginTimeoutsMs.push(loginTimeoutMs)
    await this.opening
    if (this.overdue !== undefined) {
      onOverdue?.(this.overdue)
      throw new ReportedError(reportOfCode('database_unreachable'))
    }
    const error = this.#options.openErrors?.shift()
    if (error !== undefined) throw error
    const connection = new ScriptedConnection(this.#options.limitations ?? [])
    this.connections.push(connection)
    return connection
  }
}

export class ScriptedConnection implements DriverConnection {
  readonly queries: string[] = []
  readonly limitations: readonly string[]
  cancels = 0
  isUsable = true
  isClosed = false
  /** The next query finds the connection dead. */
  isStale = false
  #hanging: { reject: (error: Error) => void; isWedged: boolean } | undefined

  constructor(limitations: readonly string[]) {
    this.limitations = limitations
  }

  async execute(query: string): Promise<Cursor> {
    this.queries.push(query)
    if (this.isStale) {
      this.isUsable = false
      throw new ReportedError(reportOfCode('connection_lost'))
    }
    if (query === 'fail') throw new ReportedError(reportOfCode('query_failed'))
    if (query === 'hang' || query === 'wedge') await this.#hang(query === 'wedge')
    const [, count = '0', size = '1'] = /^rows (\d+)(?: of (\d+))?$/.exec(query) ?? []
    return cursorOf(Number(count), Number(size))
  }

  async cancel(): Promise<void> {
    this.cancels += 1
    if (this.#hanging?.isWedged === false) this.letGo()
  }

  /** A wedged call ends at last. */
  letGo(): void {
    this.#hanging?.reject(new ReportedError({ ...reportOfCode('query_failed'), said: 'canceled by user' }))
    this.#hanging = undefined
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.isUsable = false
  }

  #hang(isWedged: boolean): Promise<never> {
    return new Promise((_, reject) => {
      this.#hanging = { reject, isWedged }
    })
  }
}

/** Lines of `size` bytes, the newline included, in blocks of at most 200. */
function cursorOf(count: number, size: number): Cursor {
  let left = count
  return {
    columns: [{ name: 'n', typeName: 'int4' }],
    fetch: async (maxRows): Promise<RowBlock | undefined> => {
      if (left === 0) return undefined
      const rows = Math.min(left, maxRows, 200)
      left -= rows
      const line = `${'x'.repeat(size - 1)}\n`
      return { rows, lines: Buffer.from(line.repeat(rows)) }
    },
    flags: () => [],
    close: async () => undefined,
  }
}
