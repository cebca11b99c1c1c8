// The contract of database drivers, as far as failures go: what went wrong is a report with a stable code, a
// connection is usable again or says that it is not, and a cancelled query ends.

import { describe, expect, it } from 'vitest'
import { ReportedError, type ErrorReport } from '../../src/core/errors.ts'
import type { DriverConnection } from '../../src/sources/sql/driver-host/drivers/driver.ts'
import { ask, connect, type DriverSubject, type ServerSubject, timeoutMs } from './driver-subject.ts'

export function describeFailures(subject: DriverSubject): void {
  describe(`failures of ${subject.name}`, () => {
    it('a refused query is query_failed with the words of the database, and the next one works', async () => {
      const connection = await connect(subject)
      const report = await reportOf(ask(connection, subject.sql.unknownTable))
      expect(report).toMatchObject({ code: 'query_failed', said: expect.stringContaining('no_such_table') })
      expect(connection.isUsable).toBe(true)
      expect((await ask(connection, 'select 1 as a')).lines).toEqual(['{"a":1}'])
    })

    it('an error after thousands of rows rejects the fetch, and the next query works', async () => {
      const connection = await connect(subject)
      const cursor = await connection.execute(subject.sql.failingSeries(5_000, 3_000), { timeoutMs })
      const { rows, report } = await readUntilError(() => cursor.fetch(1_000))
      await cursor.close()
      expect(report.code).toBe('query_failed')
      expect(rows).toBeLessThan(3_000)
      expect((await ask(connection, 'select 1 as a')).lines).toEqual(['{"a":1}'])
    })

    it('cancelling while nothing runs does nothing', async () => {
      const connection = await connect(subject)
      await connection.cancel()
      expect((await ask(connection, 'select 1 as a')).lines).toEqual(['{"a":1}'])
    })

    it('a closed connection is not usable', async () => {
      const driver = await subject.load()
      const connection = await driver.open(subject.target(), { loginTimeoutMs: 5_000 })
      expect(connection.isUsable).toBe(true)
      await connection.close()
      expect(connection.isUsable).toBe(false)
    })
  })
}

export function describeServerFailures(subject: ServerSubject): void {
  describe(`a server's failures, by ${subject.name}`, () => {
    describeCancel(subject)
    describeLoss(subject)
  })
}

function describeCancel(subject: ServerSubject): void {
  it('cancel ends a query that runs, and the next one works', async () => {
    const connection = await connect(subject)
    const id = await sessionOf(subject, connection)
    const running = reportOf(ask(connection, subject.longQuery))
    await expect.poll(() => subject.sessionState(id)).toBe('active')
    await connection.cancel()
    expect((await running).code).toBe('query_failed')
    expect(connection.isUsable).toBe(true)
    expect((await ask(connection, 'select 1 as a')).lines).toEqual(['{"a":1}'])
  })

  it('the database itself ends a query at its timeout', async () => {
    const connection = await connect(subject)
    const report = await reportOf(connection.execute(subject.longQuery, { timeoutMs: 1_000 }))
    expect(report).toMatchObject({ code: 'query_timeout', sqlState: '57014' })
    expect((await ask(connection, 'select 1 as a')).lines).toEqual(['{"a":1}'])
  })
}

function describeLoss(subject: ServerSubject): void {
  it('a session that ends while idle is connection_lost at the next query, and of no use', async () => {
    const connection = await connect(subject)
    await subject.endSession(await sessionOf(subject, connection))
    expect((await reportOf(ask(connection, 'select 1 as a'))).code).toBe('connection_lost')
    expect(connection.isUsable).toBe(false)
  })

  it('a session that ends while its query runs is connection_lost', async () => {
    const connection = await connect(subject)
    const id = await sessionOf(subject, connection)
    const running = reportOf(ask(connection, subject.longQuery))
    await expect.poll(() => subject.sessionState(id)).toBe('active')
    await subject.endSession(id)
    expect((await running).code).toBe('connection_lost')
    expect(connection.isUsable).toBe(false)
  })

  it('after a cursor is closed the session is idle and holds no transaction', async () => {
    const connection = await connect(subject)
    const id = await sessionOf(subject, connection)
    const cursor = await connection.execute(subject.sql.series(5_000), { timeoutMs })
    await cursor.fetch(10)
    await cursor.close()
    await expect.poll(() => subject.sessionState(id)).toBe('idle')
  })

  it('close ends the session', async () => {
    const driver = await subject.load()
    const connection = await driver.open(subject.target(), { loginTimeoutMs: 5_000 })
    const id = await sessionOf(subject, connection)
    await connection.close()
    await expect.poll(() => subject.sessionState(id)).toBeUndefined()
  })
}

export async function reportOf(failing: Promise<unknown>): Promise<ErrorReport> {
  const error: unknown = await failing.then(
    () => new Error('nothing failed'),
    (reason: unknown) => reason,
  )
  if (error instanceof ReportedError) return error.report
  throw error
}

async function sessionOf(subject: ServerSubject, connection: DriverConnection): Promise<number> {
  const { lines } = await ask(connection, subject.sessionQuery)
  const row = JSON.parse(lines[0] ?? '{}') as { id: number } // the session query's one column
  return row.id
}

async function readUntilError(
  fetch: () => Promise<{ readonly rows: number } | undefined>,
): Promise<{ rows: number; report: ErrorReport }> {
  let rows = 0
  const reading = (async () => {
    for (;;) {
      const block = await fetch()
      if (block === undefined) return
      rows += block.rows
    }
  })()
  const report = await reportOf(reading)
  return { rows, report }
}
