// What the contract of drivers is run over: a driver, a database, and the SQL of its dialect. Differences
// between bindings stand here as expected flags and values, so that the contract itself has no exceptions.

import { onTestFinished } from 'vitest'
import type { Flag } from '../../src/core/source.ts'
import type { Target } from '../../src/core/target.ts'
import type {
  Cursor,
  CursorColumn,
  Driver,
  DriverConnection,
} from '../../src/sources/sql/driver-host/drivers/driver.ts'

/** A value in SQL, what must stand in the line (JSON), and the flag it must carry. */
export type ExpectedValue = {
  readonly sql: string
  readonly json: string
  readonly why?: Flag['why']
}

export type DriverSubject = {
  readonly name: string
  load(settings?: { readonly maxLineBytes: number }): Promise<Driver>
  target(): Target
  readonly values: readonly ExpectedValue[]
  /** A column's name with a quote, a backslash, and as odd characters as the database takes. */
  readonly oddName: string
  readonly sql: {
    /** Numbers 1 to `count`, in order, as column `n`. */
    series(count: number): string
    /** As many rows, then an error before row `failAt`. */
    failingSeries(count: number, failAt: number): string
    /** The letter x, `length` times. */
    longText(length: number): string
    readonly createTable: string
    /** With a comment before it and one behind it; a semicolon in one, where the driver takes that. */
    readonly commented: string
    readonly unknownTable: string
  }
}

/** What only a server has: sessions that can be cancelled, killed and counted. */
export type ServerSubject = DriverSubject & {
  readonly longQuery: string
  /** One column `id`: the session's own. */
  readonly sessionQuery: string
  endSession(id: number): Promise<void>
  /** 'idle', 'active', …; undefined where it is gone. */
  sessionState(id: number): Promise<string | undefined>
}

export type Answer = {
  readonly lines: readonly string[]
  readonly columns: readonly CursorColumn[]
  readonly flags: readonly Flag[]
  /** Rows of each block. */
  readonly blocks: readonly number[]
}

export const timeoutMs = 20_000

export async function connect(
  subject: DriverSubject,
  settings?: { readonly maxLineBytes: number },
): Promise<DriverConnection> {
  const driver = await subject.load(settings)
  const connection = await driver.open(subject.target(), { loginTimeoutMs: 5_000 })
  onTestFinished(() => connection.close())
  return connection
}

export async function ask(connection: DriverConnection, query: string, maxRows = 1_000): Promise<Answer> {
  const cursor = await connection.execute(query, { timeoutMs })
  try {
    return { ...(await readAll(cursor, maxRows)), columns: cursor.columns, flags: cursor.flags() }
  } finally {
    await cursor.close()
  }
}

async function readAll(cursor: Cursor, maxRows: number): Promise<Pick<Answer, 'lines' | 'blocks'>> {
  const lines: string[] = []
  const blocks: number[] = []
  for (;;) {
    const block = await cursor.fetch(maxRows)
    if (block === undefined) return { lines, blocks }
    blocks.push(block.rows)
    const text = Buffer.from(block.lines).toString('utf8')
    if (!text.endsWith('\n')) throw new Error('a block must end with a whole line')
    lines.push(...text.slice(0, -1).split('\n'))
  }
}
