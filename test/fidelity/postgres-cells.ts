// What PostgreSQL holds and what arrives of it through psqlodbc, the Unicode driver and the ANSI one alike.

import { cell, type FidelityCell, flagged, text } from './cell.ts'

const notANumber = flagged('null', 'not_a_number')
/** npm `odbc` reads float4 as text, and cuts it. */
const cut = (json: string) => ({ package: flagged(json, 'cut_by_driver') })
const rounded = (json: string) => ({ package: flagged(json, 'rounded') })
const unsigned = (json: string) => ({ package: flagged(json, 'out_of_range') })
const both = (json: string) => ({
  direct: flagged(json, 'out_of_range'),
  package: flagged(json, 'out_of_range'),
})
/** npm `odbc` does not tell a timestamp with a zone from one without. */
const zoneless = (json: string) => ({ package: flagged(json, 'zone_unknown') })

const numbers: readonly FidelityCell[] = [
  cell(['int2', '32767'], '32767'),
  cell(['int2', '-32768'], '-32768', unsigned('-32768')),
  cell(['int4', '2147483647'], '2147483647'),
  cell(['int4', '-2147483648'], '-2147483648', unsigned('-2147483648')),
  cell(['int8', '9223372036854775807'], '9223372036854775807'),
  cell(['int8', '-9223372036854775808'], '-9223372036854775808', unsigned('-9223372036854775808')),
  cell(['oid', '4294967295'], '4294967295', unsigned('-1')),
  cell(['numeric(10, 2)', '1.50'], '1.50', { package: flagged('1.5') }),
  cell(['numeric(15, 0)', '999999999999999'], '999999999999999'),
  cell(['numeric(16, 0)', '9999999999999999'], '9999999999999999', rounded('10000000000000000')),
  cell(
    ['numeric(38, 9)', '12345678901234567890.123456789'],
    '12345678901234567890.123456789',
    rounded('12345678901234567000'),
  ),
  cell(['numeric', '0.00000000000000000001'], '0.00000000000000000001', rounded('1e-20')),
  cell(['numeric(3, 3)', '0.123'], '0.123', cut('0.12')),
  cell(['numeric(2, 5)', '0.00012'], '0.00012', cut('0')),
  cell(['numeric(3, -2)', '12300'], '12300', cut('1230')),
  cell(['numeric', "'NaN'"], text('NaN'), {
    direct: notANumber,
    package: flagged('null', 'not_a_number', 'rounded'),
  }),
  cell(['numeric', "'-Infinity'"], text('-Infinity'), {
    direct: notANumber,
    package: flagged('null', 'not_a_number', 'rounded'),
  }),
  cell(['money', "'$12.50'"], text('$12.50'), rounded('12.5')),
  cell(
    ['money', "'-$92,233,720,368,547,758.08'"],
    text('-$92,233,720,368,547,758.08'),
    rounded('-92233720368547760'),
  ),
  cell(['float8', '0.1::float8 + 0.2::float8'], '0.30000000000000004'),
  cell(['float8', "'-0'"], '-0'),
  cell(['float8', '5e-324'], '5e-324'),
  cell(['float8', '1.7976931348623157e308'], '1.7976931348623157e+308'),
  cell(['float8', "'NaN'"], text('NaN'), { direct: notANumber, package: notANumber }),
  cell(['float8', "'Infinity'"], text('Infinity'), { direct: notANumber, package: notANumber }),
  cell(['float8', "'-Infinity'"], text('-Infinity'), { direct: notANumber, package: notANumber }),
  cell(['float4', '0.1'], '0.1', cut('0.1')),
  cell(['float4', '16777216'], '1.6777216e+07', cut('1.6777216')),
  cell(['float4', '3.4028235e38'], '3.4028235e+38', cut('3.4028235')),
]

const times: readonly FidelityCell[] = [
  cell(['date', "'2026-01-02'"], text('2026-01-02')),
  cell(['date', "'9999-12-31'"], text('9999-12-31')),
  cell(['date', "'0001-01-01'"], text('0001-01-01'), both(text('0001-01-01'))),
  cell(['date', "'12026-01-02'"], text('12026-01-02'), both(text('1202-00-00'))),
  cell(['date', "'0044-03-15 BC'"], text('0044-03-15 BC'), both(text('0044-03-15'))),
  cell(['date', "'infinity'"], text('infinity'), both(text('0000-00-00'))),
  cell(['date', "'-infinity'"], text('-infinity'), both(text('0000-00-00'))),
  cell(['time', "'12:34:56.789012'"], text('12:34:56.789012')),
  cell(['time', "'24:00:00'"], text('24:00:00')),
  cell(['timetz', "'12:34:56.789-08'"], text('12:34:56.789-08')),
  cell(
    ['timestamp', "'2026-01-02 03:04:05.678901'"],
    text('2026-01-02T03:04:05.678901'),
    zoneless(text('2026-01-02T03:04:05.678901')),
  ),
  cell(
    ['timestamp', "'9999-12-31 23:59:59.999999'"],
    text('9999-12-31T23:59:59.999999'),
    both(text('9999-12-31T23:59:59.999999')),
  ),
  cell(
    ['timestamp', "'12026-01-02 00:00:00'"],
    text('12026-01-02T00:00:00'),
    both(text('0000-00-00T00:00:00')),
  ),
  cell(
    ['timestamp', "'0044-03-15 12:00:00 BC'"],
    text('0044-03-15 12:00:00 BC'),
    both(text('0044-03-15 12:00:00 BC')),
  ),
  cell(['timestamp', "'infinity'"], text('infinity'), both(text('9999-12-31T23:59:59'))),
  cell(['timestamp', "'-infinity'"], text('-infinity'), both(text('9999-01-01 00:00:00 BC'))),
  cell(
    ['timestamptz', "'2026-01-02 03:04:05+05:30'"],
    text('2026-01-01T21:34:05Z'),
    zoneless(text('2026-01-01T21:34:05')),
  ),
  cell(
    ['timestamptz', "'2026-03-29 01:59:59.999999Z'"],
    text('2026-03-29T01:59:59.999999Z'),
    zoneless(text('2026-03-29T01:59:59.999999')),
  ),
  cell(['timestamptz', "'infinity'"], text('infinity'), {
    direct: flagged(text('9999-12-31T23:59:59Z'), 'out_of_range'),
    package: flagged(text('9999-12-31T23:59:59'), 'out_of_range'),
  }),
  cell(['interval', "'1 year 2 months -3 days 04:05:06.789'"], text('1 year 2 mons -3 days +04:05:06.789')),
  cell(['interval', "'-1.5 seconds'"], text('-00:00:01.5')),
  cell(['interval year to month', "'1-2'"], text('1 year 2 mons')),
]

const texts: readonly FidelityCell[] = [
  cell(['text', "''"], text('')),
  cell(['text', "'é 😀 漢'"], text('é 😀 漢')),
  cell(['text', 'chr(1114111) || chr(57344) || chr(65279)'], text('\u{10ffff}\ue000\ufeff')),
  cell(['text', `'"\\' || chr(1) || chr(9) || chr(10) || chr(127)`], text('"\\\u0001\t\n\u007f')),
  cell(['text', "'  padded  '"], text('  padded  ')),
  cell(['text', "repeat('é😀', 3000)"], text('é😀'.repeat(3_000))),
  cell(['char(5)', "'ab'"], text('ab   ')),
  cell(['"char"', "'x'"], text('x'), cut(text('x'))),
  cell(['varchar(5)', "'abc'"], text('abc')),
  cell(['varchar', "repeat('é', 1021)"], text('é'.repeat(1_021))),
  cell(['varchar', "repeat('x', 20000)"], text('x'.repeat(20_000)), cut(text('x'.repeat(16_384)))),
  cell(['name', "repeat('z', 63)"], text('z'.repeat(63))),
]

const others: readonly FidelityCell[] = [
  cell(['bool', 'true'], 'true'),
  cell(['bool', 'false'], 'false'),
  cell(['bytea', "'\\x00ff10'"], text('AP8Q')),
  cell(['bytea', "''"], text('')),
  cell(['uuid', "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"], text('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')),
  cell(['json', `'{"a": [1.50, "é"]}'`], text('{"a": [1.50, "é"]}')),
  cell(['jsonb', `jsonb_build_object('a', repeat('y', 20000))`], text(`{"a": "${'y'.repeat(20_000)}"}`)),
  cell(['int4[]', "'{1,2,NULL}'"], text('{1,2,NULL}')),
  cell(['text[]', `array['a', 'b c', '"']`], text('{a,"b c","\\""}')),
  cell(['text[]', "array[repeat('x', 9000)]"], text(`{${'x'.repeat(9_000)}}`)),
  cell(['inet', "'10.0.0.1/8'"], text('10.0.0.1/8')),
  cell(['macaddr', "'08:00:2b:01:02:03'"], text('08:00:2b:01:02:03')),
  cell(['bit(3)', "B'101'"], text('101')),
  cell(['xml', "'<a>é</a>'"], text('<a>é</a>')),
  cell(['point', "'(1.5,2)'"], text('(1.5,2)')),
  cell(['int4range', "'[1,10)'"], text('[1,10)')),
  cell(['tsvector', "'a fat cat'"], text("'a' 'cat' 'fat'")),
]

export const postgresCells = [...numbers, ...times, ...texts, ...others]
