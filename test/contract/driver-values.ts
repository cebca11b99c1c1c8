// Values of every type as each driver must pass them on. The direct binding is exact; the package binding
// rounds decimals, cuts floats, knows no unsigned integer and no zone of a timestamp, and says so.

import type { ExpectedValue } from './driver-subject.ts'

const sameInBoth: readonly ExpectedValue[] = [
  { sql: '1::int2', json: '1' },
  { sql: '9223372036854775807::int8', json: '9223372036854775807' },
  { sql: '0.1::float8 + 0.2::float8', json: '0.30000000000000004' },
  { sql: "'NaN'::float8", json: 'null', why: 'not_a_number' },
  { sql: "'-Infinity'::float8", json: 'null', why: 'not_a_number' },
  { sql: 'true', json: 'true' },
  { sql: 'false', json: 'false' },
  { sql: "''::text", json: '""' },
  {
    sql: "'a\"b\\c'::text || chr(10) || chr(9) || chr(1) || chr(127)",
    json: '"a\\"b\\\\c\\n\\t\\u0001\x7f"',
  },
  { sql: "'é😀漢'::text", json: '"é😀漢"' },
  { sql: "'ab'::char(5)", json: '"ab   "' },
  { sql: "'abc'::varchar(5)", json: '"abc"' },
  { sql: "repeat('é', 300)::varchar", json: `"${'é'.repeat(300)}"` },
  { sql: `'{"a": [1, 2]}'::jsonb`, json: '"{\\"a\\": [1, 2]}"' },
  { sql: "array['a', 'b c']", json: '"{a,\\"b c\\"}"' },
  { sql: "'10.0.0.1/8'::inet", json: '"10.0.0.1/8"' },
  { sql: "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", json: '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"' },
  { sql: "'\\x00ff10'::bytea", json: '"AP8Q"' },
  { sql: "''::bytea", json: '""' },
  { sql: "date '2026-01-02'", json: '"2026-01-02"' },
  { sql: "date '12026-01-02'", json: '"1202-00-00"', why: 'out_of_range' },
  { sql: "time '12:34:56.789'", json: '"12:34:56.789"' },
]

export const directValues: readonly ExpectedValue[] = [
  ...sameInBoth,
  { sql: '(-9223372036854775807 - 1)::int8', json: '-9223372036854775808' },
  { sql: '(-2147483648)::int4', json: '-2147483648' },
  { sql: '4294967295::oid', json: '4294967295' },
  { sql: '1.50::numeric(10, 2)', json: '1.50' },
  { sql: '12345678901234567890.123456789::numeric(38, 9)', json: '12345678901234567890.123456789' },
  { sql: '-0.000000000000000001::numeric', json: '-0.000000000000000001' },
  { sql: "'NaN'::numeric", json: 'null', why: 'not_a_number' },
  { sql: "'-0'::float8", json: '-0' },
  { sql: '5e-324::float8', json: '5e-324' },
  { sql: '1e308::float8', json: '1e+308' },
  { sql: '16777216::float4', json: '1.6777216e+07' },
  { sql: "timestamp '2026-01-02 03:04:05.678901'", json: '"2026-01-02T03:04:05.678901"' },
  { sql: "timestamp '2026-01-02 03:04:05'", json: '"2026-01-02T03:04:05"' },
  { sql: "timestamptz '2026-01-02 03:04:05.5+02'", json: '"2026-01-02T01:04:05.5Z"' },
  { sql: "timestamptz 'infinity'", json: '"9999-12-31T23:59:59Z"', why: 'out_of_range' },
  { sql: "timestamp '12026-01-02 00:00:00'", json: '"0000-00-00T00:00:00"', why: 'out_of_range' },
  { sql: "date 'infinity'", json: '"0000-00-00"', why: 'out_of_range' },
  { sql: "date '0044-03-15 BC'", json: '"0044-03-15"', why: 'out_of_range' },
  { sql: "interval '1 day 02:03:04'", json: '"1 day 02:03:04"' },
  { sql: "repeat('x', 2000)::varchar", json: `"${'x'.repeat(2_000)}"` },
  { sql: "repeat('x', 20000)::varchar", json: `"${'x'.repeat(20_000)}"` },
  { sql: "convert_to(repeat('x', 3000), 'UTF8')", json: `"${'eHh4'.repeat(1_000)}"` },
]

export const packageValues: readonly ExpectedValue[] = [
  ...sameInBoth,
  { sql: '(-9223372036854775807 - 1)::int8', json: '-9223372036854775808', why: 'out_of_range' },
  { sql: '(-2147483648)::int4', json: '-2147483648', why: 'out_of_range' },
  { sql: '1.5::numeric(10, 2)', json: '1.5' },
  { sql: '0.123::numeric(3, 3)', json: '0.12', why: 'cut_by_driver' },
  { sql: '16777216::float4', json: '1.6777216', why: 'cut_by_driver' },
  { sql: "'-$92,233,720,368,547,758.08'::money", json: '-92233720368547760', why: 'rounded' },
  { sql: '4294967295::oid', json: '-1', why: 'out_of_range' },
  {
    sql: '12345678901234567890.123456789::numeric(38, 9)',
    json: '12345678901234567000',
    why: 'rounded',
  },
  {
    sql: "timestamp '2026-01-02 03:04:05.678901'",
    json: '"2026-01-02T03:04:05.678901"',
    why: 'zone_unknown',
  },
  { sql: "timestamptz '2026-01-02 03:04:05+02'", json: '"2026-01-02T01:04:05"', why: 'zone_unknown' },
  { sql: "repeat('x', 2000)::varchar", json: `"${'x'.repeat(2_000)}"` },
  { sql: "repeat('x', 20000)::varchar", json: `"${'x'.repeat(4 * 4_096)}"`, why: 'cut_by_driver' },
]

export const sqliteValues: readonly ExpectedValue[] = [
  { sql: '1', json: '1' },
  { sql: '9223372036854775807', json: '9223372036854775807' },
  { sql: '0.1 + 0.2', json: '0.30000000000000004' },
  { sql: '1e21', json: '1e+21' },
  { sql: '9e999', json: 'null', why: 'not_a_number' },
  { sql: "''", json: '""' },
  { sql: "'a\"b\\c' || char(10) || char(1)", json: '"a\\"b\\\\c\\n\\u0001"' },
  { sql: "'é😀漢'", json: '"é😀漢"' },
  { sql: "x'00ff10'", json: '"AP8Q"' },
  { sql: "cast(x'61ff62' as text)", json: '"a\ufffdb"', why: 'unreadable' },
  { sql: 'null', json: 'null' },
  { sql: "datetime('2026-01-02 03:04:05')", json: '"2026-01-02 03:04:05"' },
]

export const sqliteOverOdbcValues: readonly ExpectedValue[] = [
  { sql: '9223372036854775807', json: '9223372036854775807' },
  { sql: '0.1 + 0.2', json: '0.3', why: 'rounded' },
  { sql: "''", json: '""' },
  { sql: "'a\"b\\c' || char(10) || char(1)", json: '"a\\"b\\\\c\\n\\u0001"' },
  { sql: "'é😀漢'", json: '"é😀漢"' },
  { sql: "x'00ff10'", json: '"AP8Q"' },
  { sql: "cast(x'61ff62' as text)", json: '"a\ufffdb"', why: 'unreadable' },
]

export const mariadbValues: readonly ExpectedValue[] = [
  { sql: '9223372036854775807', json: '9223372036854775807' },
  { sql: 'cast(18446744073709551615 as unsigned)', json: '18446744073709551615' },
  { sql: '12345678901234567890.123456789', json: '12345678901234567890.123456789' },
  { sql: '1e0 / 3', json: '0.3333333333333333' },
  { sql: 'cast(16777216 as float)', json: '16777216' },
  { sql: "''", json: '""' },
  { sql: "'a\"b\\c'", json: '"a\\"b\\\\c"' },
  { sql: "concat('a', char(0 using utf8mb4), 'b')", json: '"a\\u0000b"' },
  { sql: "'é😀漢'", json: '"é😀漢"' },
  { sql: "convert(x'd83d' using ucs2)", json: '"\ufffd\ufffd\ufffd"', why: 'unreadable' },
  { sql: "x'00ff10'", json: '"AP8Q"' },
  { sql: "date '2026-01-02'", json: '"2026-01-02"' },
  { sql: "time '-838:59:59'", json: '"-838:59:59"' },
  { sql: "timestamp '2026-01-02 03:04:05.678901'", json: '"2026-01-02T03:04:05.678901"' },
]
