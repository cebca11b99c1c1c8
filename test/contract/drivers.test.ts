// The contract of drivers over all of them, and what only one of them can show. The drivers themselves stand
// in driver-subjects.ts.

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { maxLineBytes } from '../../src/core/metric.ts'
import { odbcDirectDriver } from '../../src/sources/sql/driver-host/drivers/odbc-direct/driver.ts'
import { sqliteDriver } from '../../src/sources/sql/driver-host/drivers/sqlite.ts'
import { MariaDbServer } from '../support/servers/mariadb.ts'
import { sharedPostgres } from '../support/servers/shared.ts'
import { describeFailures, describeServerFailures, reportOf } from './driver-failures.contract.ts'
import { describeRows } from './driver.contract.ts'
import { ask, connect, type DriverSubject, type ServerSubject, timeoutMs } from './driver-subject.ts'
import {
  ansi,
  cellByCell,
  direct,
  mariadbSubject,
  packaged,
  rowByRow,
  sqliteOverOdbcSubject,
  sqliteSubject,
  sqliteTarget,
} from './driver-subjects.ts'

const directory = mkdtempSync(join(tmpdir(), 'rowtail-drivers-'))
const databasePath = join(directory, 'test.db')
afterAll(() => rmSync(directory, { recursive: true }))

let mariadbServer: MariaDbServer
beforeAll(async () => {
  mariadbServer = await MariaDbServer.start()
})
afterAll(() => mariadbServer.remove())

const mariadb = mariadbSubject(() => mariadbServer)
const sqlite = sqliteSubject(databasePath)
const sqliteOverOdbc = sqliteOverOdbcSubject(databasePath)

for (const subject of [direct, rowByRow, cellByCell, packaged, sqlite]) {
  describeRows(subject)
  describeFailures(subject)
}
for (const subject of [ansi, mariadb, sqliteOverOdbc]) describeRows(subject)
for (const subject of [direct, packaged]) {
  describeServerFailures(subject)
  describeOpening(subject)
}

describe('cancelling odbc-direct', () => {
  it('at once, before the driver has sent the query, ends it all the same', async () => {
    const connection = await connect(direct)
    const running = reportOf(connection.execute(direct.longQuery, { timeoutMs }))
    await connection.cancel()
    expect((await running).sqlState).toBe('57014')
    expect((await ask(connection, 'select 1 as a')).lines).toEqual(['{"a":1}'])
  })

  it('between two blocks ends the next fetch', async () => {
    const connection = await connect(direct)
    const cursor = await connection.execute(direct.sql.series(5_000), { timeoutMs })
    await cursor.fetch(10)
    await connection.cancel()
    const next = reportOf(cursor.fetch(1_000).then(() => cursor.fetch(1_000)))
    expect(await next).toMatchObject({ code: 'query_failed', sqlState: 'HY008' })
    await cursor.close()
    expect((await ask(connection, 'select 1 as a')).lines).toEqual(['{"a":1}'])
  })

  it('is something that PostgreSQL can do: no limitation of it is noted', async () => {
    const connection = await connect(direct)
    await ask(connection, direct.sql.series(1_000))
    expect(connection.limitations).not.toContainEqual(expect.stringMatching(/timeout|block fetch/))
  })
})

describe('settings of a profile that the operator chose otherwise', () => {
  const own = {
    ConnSettings: "set time zone 'Asia/Kolkata'",
    BoolsAsChar: 1,
    MaxVarcharSize: 10,
    UnknownsAsLongVarchar: 0,
    UseDeclareFetch: 0,
  }
  const query =
    "select true as a, repeat('x', 9000)::varchar as b, to_json(repeat('x', 9000)) as c, " +
    "timestamptz '2026-01-02 03:04:05Z' as d"
  const owned = (subject: ServerSubject): DriverSubject => ({
    ...subject,
    target: () => ({ ...subject.target(), connectionString: sharedPostgres().connectionString(own) }),
  })
  const long = 'x'.repeat(9_000)

  it('change no value of the direct binding but the zone, which is flagged', async () => {
    const { lines, flags } = await ask(await connect(owned(direct)), query)
    expect(lines).toEqual([
      `{"a":true,"b":"${long}","c":${JSON.stringify(`"${long}"`)},"d":"2026-01-02T08:34:05"}`,
    ])
    expect(flags.map(({ column, why }) => [column, why])).toEqual([['d', 'zone_unknown']])
  })

  it('let the package binding cut text, which is flagged', async () => {
    const { flags } = await ask(await connect(owned(packaged)), query)
    expect(flags.map(({ column, why }) => [column, why])).toEqual([
      ['b', 'cut_by_driver'],
      ['d', 'zone_unknown'],
    ])
  })
})

describe('what shows in no value', () => {
  const toldOf = async (subject: DriverSubject, query: string) => {
    const connection = await connect(subject)
    await ask(connection, query)
    return connection.limitations
  }

  it('is told: psqlodbc drops the BC of a date', async () => {
    expect(await toldOf(direct, "select date '2026-01-02' as a")).toContainEqual(
      expect.stringMatching(/^psqlodbcw\.so has no era of dates: /),
    )
  })

  it('is told: the SQLite ODBC driver ends a text at a NUL', async () => {
    expect(await toldOf(sqliteOverOdbc, "select 'a' as a")).toContainEqual(
      expect.stringMatching(/has no NUL in text: /),
    )
  })
})

describe('odbc-direct on a driver whose declared sizes are too small', () => {
  it('flags the first text that was cut, and reads it whole from the next run on', async () => {
    const trusting = { repairsInBlock: false, trustsSizes: true }
    const subject = {
      ...direct,
      load: async () => odbcDirectDriver({ maxLineBytes, traits: trusting }),
    }
    const connection = await connect(subject)
    const short = "select array[repeat('x', 10)] as a from generate_series(1, 200)"
    const query = `${short} union all select array[repeat('y', 9000)]`
    const first = await ask(connection, query)
    expect(first.flags.map(({ column, why }) => [column, why])).toEqual([['a', 'cut_by_driver']])
    expect(first.lines[200]).toMatch(/^\{"a":"\{y+"\}$/)
    const second = await ask(connection, query)
    expect(second.flags).toEqual([])
    expect(second.lines[200]).toBe(`{"a":"{${'y'.repeat(9_000)}}"}`)
  })
})

describe('opening a SQLite file', () => {
  it.each(['missing.db', '.', 'no/such/directory.db'])(
    '%s is database_unknown, and nothing is created',
    async (name) => {
      const path = join(directory, name)
      const opening = sqliteDriver().open(
        { ...sqliteTarget(databasePath), connectionString: path },
        { loginTimeoutMs: 1_000 },
      )
      expect(await reportOf(opening)).toMatchObject({
        code: 'database_unknown',
        message: expect.stringContaining(path),
      })
      const again = sqliteDriver().open(
        { ...sqliteTarget(databasePath), connectionString: path },
        { loginTimeoutMs: 1_000 },
      )
      expect((await reportOf(again)).code).toBe('database_unknown')
    },
  )

  it('a file that is no database is database_unknown', async () => {
    const target = { ...sqliteTarget(databasePath), connectionString: import.meta.filename }
    const report = await reportOf(sqliteDriver().open(target, { loginTimeoutMs: 1_000 }))
    expect(report).toMatchObject({ code: 'database_unknown', said: 'file is not a database' })
  })
})

function describeOpening(subject: ServerSubject): void {
  const failing = async (change: Readonly<Record<string, string | number>>, loginTimeoutMs = 5_000) => {
    const target = subject.target()
    const connectionString = sharedPostgres().connectionString(change)
    const driver = await subject.load()
    const report = await reportOf(driver.open({ ...target, connectionString }, { loginTimeoutMs }))
    expect(JSON.stringify(report)).not.toContain(sharedPostgres().address.password)
    return report
  }

  describe(`opening by ${subject.name}`, () => {
    it('a wrong password is login_refused', async () => {
      expect(await failing({ Pwd: 'canary-of-the-test' })).toMatchObject({
        code: 'login_refused',
        said: expect.not.stringContaining('canary-of-the-test'),
      })
    })

    it('an unknown database is database_unknown', async () => {
      expect(await failing({ Database: 'no_such_database' })).toMatchObject({ code: 'database_unknown' })
    })

    it('a port where nobody listens is database_unreachable, and says what was tried', async () => {
      expect(await failing({ Port: 1 })).toMatchObject({
        code: 'database_unreachable',
        message: expect.stringContaining('host 127.0.0.1'),
      })
    })

    it('a server that accepts and says nothing is given up at the login timeout', async () => {
      const mute = createServer((socket) => socket.on('error', () => undefined))
      const port = await new Promise<number>((resolve) => {
        mute.listen(0, '127.0.0.1', () => resolve(portOf(mute)))
      })
      onTestFinished(() => void mute.close())
      expect(await failing({ Port: port }, 1_000)).toMatchObject({ code: 'database_unreachable' })
    })

    it('a driver that is not registered is driver_missing', async () => {
      expect(await failing({ Driver: 'No Such Driver' })).toMatchObject({
        code: 'driver_missing',
        sqlState: '01000',
      })
    })

    it('the session is named rowtail, unless the operator names it', async () => {
      const nameOf = async (extra: Readonly<Record<string, string>>) => {
        const target = { ...subject.target(), connectionString: sharedPostgres().connectionString(extra) }
        const connection = await (await subject.load()).open(target, { loginTimeoutMs: 5_000 })
        const { lines } = await ask(connection, "select current_setting('application_name')::text as a")
        await connection.close()
        return lines
      }
      expect(await nameOf({})).toEqual(['{"a":"rowtail"}'])
      expect(await nameOf({ ConnSettings: "set application_name = 'mine'" })).toEqual(['{"a":"mine"}'])
    })
  })
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port')
  return address.port
}
