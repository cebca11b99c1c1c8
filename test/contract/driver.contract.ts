// The contract of database drivers, as far as rows go: every value as the database meant it, or flagged; rows
// in order, in blocks, whatever their width. Failures are driver-failures.contract.ts.

import { describe, expect, it } from 'vitest'
import { maxLineBytes } from '../../src/core/metric.ts'
import { ask, connect, type DriverSubject, timeoutMs } from './driver-subject.ts'

const largeLines = { maxLineBytes: 8 * 1024 * 1024 }

export function describeRows(subject: DriverSubject): void {
  describe(`rows of ${subject.name}`, () => {
    describeValues(subject)
    describeColumns(subject)
    describeBlocks(subject)
    describeLongText(subject)
  })
}

function describeValues(subject: DriverSubject): void {
  it.each(subject.values)('$sql arrives as $json, flagged $why', async ({ sql, json, why }) => {
    const connection = await connect(subject)
    const { lines, flags } = await ask(connection, `select ${sql} as v`)
    expect(lines).toEqual([`{"v":${json}}`])
    expect(flags.map((flag) => flag.why)).toEqual(why === undefined ? [] : [why])
  })

  it('NULL of every type is null', async () => {
    const connection = await connect(subject)
    const nulls = subject.values.map(({ sql }, index) => `case when 1 = 0 then ${sql} end as c${index}`)
    const { lines, flags } = await ask(connection, `select ${nulls.join(', ')}`)
    const values = Object.values(JSON.parse(lines[0] ?? '') as object) // a line is an object
    expect(values).toEqual(subject.values.map(() => null))
    expect(flags).toEqual([])
  })
}

function describeColumns(subject: DriverSubject): void {
  it('columns keep their order; a second name gets _2, spaces become _, any name may be a key', async () => {
    const connection = await connect(subject)
    const { lines, columns, flags } = await ask(
      connection,
      `select 1 as a, 2 as a, 3 as "lock mode", 4 as "__proto__", 5 as "1", ` +
        `6 as "${subject.oddName.replaceAll('"', '""')}"`,
    )
    const names = ['a', 'a_2', 'lock_mode', '__proto__', '1', subject.oddName]
    expect(lines).toEqual([
      `{${names.map((name, index) => `${JSON.stringify(name)}:${index + 1}`).join(',')}}`,
    ])
    expect(columns.map((column) => column.name)).toEqual(names)
    expect(flags.map(({ column, why }) => [column, why])).toEqual([['a_2', 'renamed']])
  })

  it('a row of 300 columns arrives whole', async () => {
    const connection = await connect(subject)
    const cells = Array.from({ length: 300 }, (_, index) => [`c${index}`, `value ${index}`])
    const list = cells.map(([name, value]) => `'${value}' as ${name}`).join(', ')
    const { lines } = await ask(connection, `select ${list}`)
    expect(lines).toEqual([JSON.stringify(Object.fromEntries(cells))])
  })

  it.each(["select 1 as a -- it's the first", '-- first\nselect 1 as a;', subject.sql.commented])(
    'comments do not matter: %j',
    async (query) => {
      const connection = await connect(subject)
      expect((await ask(connection, query)).lines).toEqual(['{"a":1}'])
    },
  )

  it('an empty result has its columns and no rows', async () => {
    const connection = await connect(subject)
    const { lines, columns } = await ask(connection, 'select 1 as a, 2 as b where 1 = 0')
    expect(lines).toEqual([])
    expect(columns.map((column) => column.name)).toEqual(['a', 'b'])
  })

  it('a statement without a result is a cursor without columns and rows', async () => {
    const connection = await connect(subject)
    const { lines, columns } = await ask(connection, subject.sql.createTable)
    expect(lines).toEqual([])
    expect(columns).toEqual([])
  })
}

function describeBlocks(subject: DriverSubject): void {
  const lineOf = (_: unknown, index: number) => `{"n":${index + 1}}`

  it('5,000 rows arrive once each and in order', async () => {
    const connection = await connect(subject)
    const { lines, blocks } = await ask(connection, subject.sql.series(5_000))
    expect(lines).toEqual(Array.from({ length: 5_000 }, lineOf))
    expect(Math.max(...blocks)).toBeLessThanOrEqual(200)
  })

  it.each([1, 3, 199, 201])('a fetch of %i rows gives no more', async (maxRows) => {
    const connection = await connect(subject)
    const { lines, blocks } = await ask(connection, subject.sql.series(450), maxRows)
    expect(lines).toEqual(Array.from({ length: 450 }, lineOf))
    expect(Math.max(...blocks)).toBeLessThanOrEqual(maxRows)
  })

  it('a fetch after the last row gives none, as often as it is asked', async () => {
    const connection = await connect(subject)
    const cursor = await connection.execute(subject.sql.series(1), { timeoutMs })
    expect((await cursor.fetch(10))?.rows).toBe(1)
    expect(await cursor.fetch(10)).toBeUndefined()
    expect(await cursor.fetch(10)).toBeUndefined()
    await cursor.close()
  })

  it('the same connection executes one query after another, each with its own columns', async () => {
    const connection = await connect(subject)
    for (let round = 0; round < 20; round++) {
      const { lines } = await ask(connection, `select ${round} as c${round}, 'x' as t`)
      expect(lines).toEqual([`{"c${round}":${round},"t":"x"}`])
    }
  })

  it('a cursor that is closed early leaves a connection that executes again', async () => {
    const connection = await connect(subject)
    const cursor = await connection.execute(subject.sql.series(5_000), { timeoutMs })
    await cursor.fetch(10)
    await cursor.close()
    expect((await ask(connection, 'select 7 as a')).lines).toEqual(['{"a":7}'])
  })
}

function describeLongText(subject: DriverSubject): void {
  it.each([255, 256, 257, 1_019, 1_020, 1_021, 32_767, 1_000_000])(
    'text of %i characters is exact',
    async (length) => {
      const connection = await connect(subject, largeLines)
      const { lines, flags } = await ask(connection, `select ${subject.sql.longText(length)} as a, 1 as b`)
      expect(lines).toEqual([`{"a":"${'x'.repeat(length)}","b":1}`])
      expect(flags).toEqual([])
    },
  )

  it('long and short text, in turns, stay with their rows', async () => {
    const connection = await connect(subject, largeLines)
    const series = `(${subject.sql.series(500)}) s`
    const text = subject.sql.longText(3_000)
    const long = `case when n % 7 = 0 then ${text} when n % 5 = 0 then null else 'y' end`
    const { lines } = await ask(connection, `select n, ${long} as a, n as b from ${series} order by n`)
    const textOf = (n: number) => (n % 7 === 0 ? 'x'.repeat(3_000) : n % 5 === 0 ? null : 'y')
    const expected = Array.from({ length: 500 }, (_, index) => ({
      n: index + 1,
      a: textOf(index + 1),
      b: index + 1,
    }))
    expect(lines).toEqual(expected.map((row) => JSON.stringify(row)))
  })

  it('a value that is not read to its end is cut between two characters', async () => {
    const connection = await connect(subject, { maxLineBytes: 70_000 })
    const text = subject.sql.longText(100_000).replace("'x'", "'é漢😀'")
    const { lines, flags } = await ask(connection, `select ${text} as a`)
    expect(lines[0]).toMatch(/^\{"a":"(?:é漢😀)+(?:é漢?)?…"\}$/)
    expect(flags.map(({ column, why }) => [column, why])).toEqual([['a', 'shortened']])
  })

  it('a line of 1 MB is shortened to 256 KiB and flagged', async () => {
    const connection = await connect(subject)
    const { lines, flags } = await ask(
      connection,
      `select 1 as a, ${subject.sql.longText(1_000_000)} as b, 2 as c`,
    )
    expect(Buffer.byteLength(lines[0] ?? '')).toBe(maxLineBytes)
    expect(lines[0]).toMatch(/^\{"a":1,"b":"x+…","c":2\}$/)
    expect(flags.map(({ column, why }) => [column, why])).toEqual([['b', 'shortened']])
  })
}
