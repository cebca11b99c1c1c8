// What MariaDB holds and what arrives of it through its own driver.

import { cell, type FidelityCell, flagged, text } from './cell.ts'

/** npm `odbc` reads integers as signed ones. */
const signed = (json: string) => ({ package: flagged(json, 'out_of_range') })
const rounded = (json: string) => ({ package: flagged(json, 'rounded') })
const cut = (json: string) => ({ package: flagged(json, 'cut_by_driver') })
const both = (json: string) => ({
  direct: flagged(json, 'out_of_range'),
  package: flagged(json, 'out_of_range'),
})
/** npm `odbc` does not tell a timestamp with a zone from one without. */
const zoneless = (json: string) => ({ package: flagged(json, 'zone_unknown') })
const zoneUnknown = (json: string) => ({
  direct: flagged(json, 'zone_unknown'),
  package: flagged(json, 'zone_unknown'),
})

const numbers: readonly FidelityCell[] = [
  cell(['tinyint', '-128'], '-128', signed('-128')),
  cell(['tinyint unsigned', '255'], '255'),
  cell(['boolean', 'true'], '1'),
  cell(['smallint unsigned', '65535'], '65535', signed('-1')),
  cell(['mediumint', '-8388608'], '-8388608', signed('-8388608')),
  cell(['int', '2147483647'], '2147483647'),
  cell(['int unsigned', '4294967295'], '4294967295', signed('-1')),
  cell(['bigint', '9223372036854775807'], '9223372036854775807'),
  cell(['bigint', '-9223372036854775808'], '-9223372036854775808', signed('-9223372036854775808')),
  cell(['bigint unsigned', '18446744073709551615'], '18446744073709551615', signed('-1')),
  cell(['decimal(10, 2)', '1.50'], '1.50', { package: flagged('1.5') }),
  cell(['decimal(3, 3)', '-0.123'], '-0.123', cut('-0.12')),
  cell(
    ['decimal(38, 9)', '12345678901234567890.123456789'],
    '12345678901234567890.123456789',
    rounded('12345678901234567000'),
  ),
  cell(['float', '0.1'], '0.1', cut('0.1')),
  cell(['float', '16777216'], '16777216', cut('16777200')),
  cell(['float', '3.4028235e38'], '3.4028235e+38', cut('3.4028e+38')),
  cell(['double', '0.1e0 + 0.2e0'], '0.30000000000000004'),
  cell(['double', '-1.7976931348623157e308'], '-1.7976931348623157e308', {
    package: flagged('-1.7976931348623157e+308'),
  }),
  cell(['double', '2.2250738585072014e-308'], '2.2250738585072014e-308'),
  cell(['bit(1)', "b'1'"], 'true'),
  cell(['bit(1)', "b'0'"], 'false'),
  cell(
    ['bit(64)', "b'1000000000000000000000000000000000000000000000000000000000000001'"],
    text('gAAAAAAAAAE='),
  ),
  cell(['year', '2026'], '2026'),
]

const times: readonly FidelityCell[] = [
  cell(['date', "'2026-01-02'"], text('2026-01-02')),
  cell(['date', "'9999-12-31'"], text('9999-12-31')),
  cell(['date', "'0000-00-00'"], text('0000-00-00'), both(text('0000-00-00'))),
  cell(['date', "'2026-00-00'"], text('2026-00-00'), both(text('2026-00-00'))),
  cell(['time', "'-838:59:59'"], text('-838:59:59')),
  cell(['time(6)', "'12:34:56.789012'"], text('12:34:56.789012')),
  cell(
    ['datetime', "'2026-01-02 03:04:05'"],
    text('2026-01-02T03:04:05'),
    zoneless(text('2026-01-02T03:04:05')),
  ),
  cell(
    ['datetime(6)', "'2026-01-02 03:04:05.678901'"],
    text('2026-01-02T03:04:05.678901'),
    zoneless(text('2026-01-02T03:04:05.678901')),
  ),
  cell(['datetime', "'0000-00-00 00:00:00'"], text('0000-00-00T00:00:00'), both(text('0000-00-00T00:00:00'))),
  cell(
    ['timestamp', "'2026-01-02 03:04:05'"],
    text('2026-01-01T21:34:05Z'),
    zoneUnknown(text('2026-01-02T03:04:05')),
  ),
]

const texts: readonly FidelityCell[] = [
  cell(['text', "''"], text('')),
  cell(['text', "'é 😀 漢'"], text('é 😀 漢')),
  cell(['text', `concat('"', char(92, 0, 1, 9, 10, 127))`], text('"\\\u0000\u0001\t\n\u007f')),
  cell(['longtext', "repeat('é😀', 3000)"], text('é😀'.repeat(3_000))),
  cell(['longtext', "repeat('x', 70000)"], text('x'.repeat(70_000))),
  cell(['varchar(5)', "'abc'"], text('abc')),
  cell(['varchar(2000)', "repeat('é', 2000)"], text('é'.repeat(2_000))),
  cell(['varchar(3)', "'漢字😀'"], text('漢字😀'), cut(text('漢字😀'))),
  cell(['varchar(20) character set latin1', "'é'"], text('é')),
  cell(['varchar(20) character set ucs2', "convert(x'd83d' using ucs2)"], text('\\ud83d'), {
    direct: flagged(text('\ufffd\ufffd\ufffd'), 'unreadable'),
    package: flagged(text('\ufffd\ufffd\ufffd'), 'unreadable'),
  }),
  cell(['char(5)', "'ab'"], text('ab')),
  cell(["enum('a', 'é')", "'é'"], text('é'), cut(text('é'))),
  cell(["set('a', 'b')", "'a,b'"], text('a,b')),
]

const others: readonly FidelityCell[] = [
  cell(['binary(4)', "x'00ff10'"], text('AP8QAA==')),
  cell(['varbinary(10)', "x'00'"], text('AA==')),
  cell(['blob', "x'00ff10'"], text('AP8Q')),
  cell(['blob', "''"], text('')),
  cell(['json', `'{"a": [1.50, "é"]}'`], text('{"a": [1.50, "é"]}')),
  cell(['uuid', "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"], text('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')),
  cell(['inet6', "'2001:db8::1'"], text('2001:db8::1')),
  cell(['point', 'point(1, 2)'], text('AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA==')),
]

export const mariadbCells = [...numbers, ...times, ...texts, ...others]
