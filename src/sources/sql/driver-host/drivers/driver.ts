// The contract of a database driver inside the driver host: open a connection, execute one query, read its
// rows block by block as the JSON lines that Loki will store. odbc-direct, odbc-package and sqlite implement
// it; all pass test/contract/driver.contract.ts.

import type { Target } from '../../../../core/target.ts'
import type { Flag } from '../../../../core/source.ts'

export interface Driver {
  /** Opens a connection and logs in. Rejects with ReportedError; bounded by `loginTimeoutMs`. */
  open(target: Target, options: OpenOptions): Promise<DriverConnection>
}

export type OpenOptions = {
  readonly loginTimeoutMs: number
  /** Told of a login that did not heed its deadline: it occupies a thread until this settles. */
  readonly onOverdue?: (login: Promise<unknown>) => void
}

/** One connection, one query at a time. */
export interface DriverConnection {
  /**
   * Sends the query; resolves when its first rows can be fetched. Rejects with ReportedError (query_failed,
   * connection_lost, …). `timeoutMs` is passed to the database where the driver can; the caller owns the
   * deadline.
   */
  execute(query: string, options: { readonly timeoutMs: number }): Promise<Cursor>
  /** Asks the database to end the running query, off the event loop; safe at any time; never rejects. */
  cancel(): Promise<void>
  /** False once the connection is known to be of no use. */
  readonly isUsable: boolean
  close(): Promise<void>
  /** What this driver refused to do and is done without, each said once (HYC00, IM001, 01S02). */
  readonly limitations: readonly string[]
}

export type RowBlock = {
  readonly rows: number
  /** `rows` JSON objects, each ended by '\n', columns in SELECT order; valid until the next fetch. */
  readonly lines: Uint8Array
}

export type CursorColumn = {
  readonly name: string
  /** The database's own name of the type, or the driver's best word for it. */
  readonly typeName: string
}

export interface Cursor {
  /** Names as they stand in the lines, in SELECT order. */
  readonly columns: readonly CursorColumn[]
  /**
   * At most `maxRows` rows and some 200; undefined after the last one. Rejects with ReportedError mid-way.
   */
  fetch(maxRows: number): Promise<RowBlock | undefined>
  /** What could not be passed on exactly, so far; complete after the last fetch. */
  flags(): readonly Flag[]
  /** Frees the statement; the connection can execute again. */
  close(): Promise<void>
}
