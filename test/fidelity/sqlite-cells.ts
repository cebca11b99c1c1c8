// What a SQLite file holds and what arrives of it through the SQLite ODBC driver, and through rowtail's own.
// The driver knows no more than 15 digits of a number with a point; npm `odbc` takes integers for 32 bits.

import { cell, type FidelityCell, flagged, text } from './cell.ts'

/** Any number of the package binding is flagged. */
const rounded = (direct: string | undefined, packaged: string) => ({
  ...(direct === undefined ? {} : { direct: flagged(direct, 'rounded') }),
  package: flagged(packaged, 'rounded'),
})
/** It may be an unsigned one, too. */
const negative = (packaged: string) => ({ package: flagged(packaged, 'rounded', 'out_of_range') })
const notANumber = {
  direct: flagged('null', 'not_a_number', 'rounded'),
  package: flagged('null', 'not_a_number', 'rounded'),
  'built-in': flagged('null', 'not_a_number'),
}

const numbers: readonly FidelityCell[] = [
  cell(['integer', '2147483647'], '2147483647', rounded(undefined, '2147483647')),
  cell(['integer', '9223372036854775807'], '9223372036854775807', negative('-1')),
  cell(['bigint', '-9223372036854775808'], '-9223372036854775808', negative('-9223372036854775808')),
  cell(['smallint', '40000'], '40000', negative('-25536')),
  cell(['real', '0.1 + 0.2'], '0.30000000000000004', rounded('0.3', '0.3')),
  cell(['real', '5e-324'], '5e-324', rounded('4.94065645841247e-324', '5e-324')),
  cell(['double', '1.7976931348623157e308'], '1.7976931348623157e+308', {
    direct: flagged('1.79769313486232e+308', 'rounded'),
    package: flagged('null', 'not_a_number', 'rounded'),
  }),
  cell(['real', '9e999'], text('Infinity'), notANumber),
  cell(['decimal(38, 9)', '0.1 + 0.2'], '0.30000000000000004', {
    direct: flagged(text('0.3'), 'rounded'),
    package: flagged(text('0.3'), 'rounded'),
  }),
  cell(['integer', "'a text'"], text('a text'), { package: flagged('null', 'rounded') }),
  cell(['boolean', '1'], 'true'),
  cell(['boolean', '0'], 'false'),
]

const zoneless = (json: string) => ({ package: flagged(json, 'zone_unknown') })

/** SQLite has no dates: the driver takes the declared type for one, and rowtail's own reads the text. */
const times: readonly FidelityCell[] = [
  cell(['date', "'2026-01-02'"], text('2026-01-02')),
  cell(['time', "'24:00:00'"], text('24:00:00')),
  cell(
    ['datetime', "'2026-01-02T03:04:05.678'"],
    text('2026-01-02T03:04:05.678'),
    zoneless(text('2026-01-02T03:04:05.678')),
  ),
  cell(['date', '1767322800'], '1767322800', {
    direct: flagged(text('1767322800'), 'out_of_range'),
    package: flagged(text('1767322800'), 'out_of_range'),
  }),
]

/** Bytes that are no UTF-8, and a lone surrogate, have a replacement in their place. */
const unreadable = (json: string) => ({
  direct: flagged(json, 'unreadable'),
  package: flagged(json, 'unreadable'),
  'built-in': flagged(json, 'unreadable'),
})

const others: readonly FidelityCell[] = [
  cell(['text', "''"], text('')),
  cell(['text', "'é 😀 漢'"], text('é 😀 漢')),
  cell(['text', `'"\\' || char(1, 9, 10, 127)`], text('"\\\u0001\t\n\u007f')),
  cell(['text', "replace(hex(zeroblob(20000)), '00', 'é😀')"], text('é😀'.repeat(20_000))),
  cell(['text', "cast(x'61ff62' as text)"], text('a\\xffb'), unreadable(text('a\ufffdb'))),
  cell(['text', "cast(x'eda080' as text)"], text('\\ud800'), unreadable(text('\ufffd\ufffd\ufffd'))),
  cell(['varchar(3)', "'longer than declared'"], text('longer than declared'), {
    package: flagged(text('longer than '), 'cut_by_driver'),
  }),
  cell(['blob', "x'00ff10'"], text('AP8Q')),
  cell(['blob', "x''"], text('')),
  cell(['uuid', "'A0EEBC99'"], text('A0EEBC99')),
  cell(['json', `'{"a": 1.50}'`], text('{"a": 1.50}')),
]

export const sqliteCells = [...numbers, ...times, ...others]
