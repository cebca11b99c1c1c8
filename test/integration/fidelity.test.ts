// A value reaches Loki as the database meant it, or it is flagged: lines as Loki has stored them, and the
// flags of their run lines, through both ODBC bindings. The role's own time zone is not UTC, so that a zone
// that is taken for granted shows.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunLine, runLinesOf } from '../support/entries-of-loki.ts'
import { postgresConnectionString } from '../support/servers/postgres-address.ts'
import { sharedLoki, sharedPostgres } from '../support/servers/shared.ts'
import { startedServices } from '../support/services.ts'

/** A column of the query, its value in the line, and why it is flagged, by binding where they differ. */
type Cell = {
  readonly column: string
  readonly sql: string
  readonly json: string
  readonly why?: string
  readonly packaged?: { readonly json?: string; readonly why?: string }
}

const zoneUnknown = { why: 'zone_unknown' }

const cells: readonly Cell[] = [
  { column: 'largest', sql: '9223372036854775807::int8', json: '9223372036854775807' },
  { column: 'smallest', sql: '(-9223372036854775807 - 1)::int8', json: '-9223372036854775808' },
  {
    column: 'exact',
    sql: '12345678901234567890.123456789::numeric(38, 9)',
    json: '12345678901234567890.123456789',
    packaged: { json: '12345678901234567000', why: 'rounded' },
  },
  { column: 'sum', sql: '0.1::float8 + 0.2::float8', json: '0.30000000000000004' },
  { column: 'not_a_number', sql: "'NaN'::float8", json: 'null', why: 'not_a_number' },
  { column: 'infinite', sql: "'Infinity'::float8", json: 'null', why: 'not_a_number' },
  { column: 'minus_infinite', sql: "'-Infinity'::float8", json: 'null', why: 'not_a_number' },
  { column: 'yes', sql: 'true', json: 'true' },
  { column: 'no', sql: 'false', json: 'false' },
  { column: 'day', sql: "date '2026-01-02'", json: '"2026-01-02"' },
  {
    column: 'without_zone',
    sql: "timestamp '2026-01-02 03:04:05.678901'",
    json: '"2026-01-02T03:04:05.678901"',
    packaged: zoneUnknown,
  },
  {
    column: 'with_zone',
    sql: "timestamptz '2026-01-02 03:04:05+05:30'",
    json: '"2026-01-01T21:34:05Z"',
    packaged: { json: '"2026-01-01T21:34:05"', why: 'zone_unknown' },
  },
  { column: 'bytes', sql: "'\\x00ff10'::bytea", json: '"AP8Q"' },
  { column: 'document', sql: `'{"a": [1, 2]}'::json`, json: '"{\\"a\\": [1, 2]}"' },
  {
    column: 'id',
    sql: "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid",
    json: '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"',
  },
  { column: 'empty', sql: "''::text", json: '""' },
  { column: 'missing', sql: 'null::text', json: 'null' },
  { column: 'picture', sql: "'😀 漢 é'::text", json: '"😀 漢 é"' },
  { column: 'quoted', sql: `'a"b\\c'::text || chr(10)`, json: '"a\\"b\\\\c\\n"' },
  { column: 'twice', sql: '1', json: '1' },
  { column: '__proto__', sql: '3', json: '3' },
]

const longLength = 1_000_000
const selected = cells.map(({ column, sql }) => `${sql} as "${column}"`).join(', ')
const query = `select ${selected}, 2 as twice`

const role = { user: 'fidelity', password: 'fidelity-of-the-test' }
const services = startedServices(afterAll)
const bindings = ['direct', 'package'] as const
type Binding = (typeof bindings)[number]

beforeAll(async () => {
  await sharedPostgres().psql(
    `create role ${role.user} login password '${role.password}';
    alter role ${role.user} set timezone = 'Asia/Kolkata'`,
  )
  await Promise.all(bindings.map(runOnce))
})

/** One run of each metric, delivered. */
async function runOnce(binding: Binding): Promise<void> {
  const connectionString = postgresConnectionString({ ...sharedPostgres().address, ...role })
  const names = [`fidelity_${binding}`, `fidelity_long_${binding}`]
  const [short = '', long = ''] = names
  const service = await services.start({
    metrics: {
      [short]: { every: '1h', query },
      [long]: { every: '1h', query: `select 'kept' as word, repeat('x', ${longLength}) as long` },
    },
    flags: ['--odbc_binding', binding, '--loki_url', sharedLoki().baseUrl],
    env: { ROWTAIL_CONNECTION_STRING: connectionString },
  })
  await service.ready()
  for (const name of names) await service.metric(name, ({ runs, spool }) => runs.ok === 1 && spool.rows === 0)
  expect((await service.stop()).code).toBe(0)
}

async function storedLine(metric: string): Promise<string> {
  const entries = await sharedLoki().query(`{job="${metric}"}`)
  expect(entries).toHaveLength(1)
  return entries[0]?.line ?? ''
}

async function flagsOf(metric: string): Promise<RunLine['flags']> {
  const [line] = await runLinesOf(sharedLoki(), metric)
  return line?.flags
}

describe.each(bindings)('through the %s binding', (binding) => {
  const expected = cells.map((cell) => ({ ...cell, ...(binding === 'package' ? cell.packaged : {}) }))

  it('each value stands in the line as the database meant it', async () => {
    const pairs = expected.map(({ column, json }) => `"${column}":${json}`)
    expect(await storedLine(`fidelity_${binding}`)).toBe(`{${pairs.join(',')},"twice_2":2}`)
  })

  it('each value that could not is flagged in the run line, and no other', async () => {
    const flagged = expected.flatMap(({ column, why }) => (why === undefined ? [] : [{ column, why }]))
    const wanted = [...flagged, { column: 'twice_2', why: 'renamed' }]
    const flags = (await flagsOf(`fidelity_${binding}`)) ?? []
    expect([...flags].sort(byColumn)).toEqual(wanted.sort(byColumn))
  })

  it('a text of 1 MB is shortened until its line has 256 KiB, and flagged', async () => {
    const line = await storedLine(`fidelity_long_${binding}`)
    expect(Buffer.byteLength(line)).toBe(256 * 1024)
    expect(JSON.parse(line)).toEqual({ word: 'kept', long: expect.stringMatching(/^x{262000,}…$/) })
    expect(await flagsOf(`fidelity_long_${binding}`)).toEqual([{ column: 'long', why: 'shortened' }])
  })
})

function byColumn(one: { column: string }, other: { column: string }): number {
  return one.column < other.column ? -1 : 1
}
