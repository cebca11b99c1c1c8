import { describe, expect, it } from 'vitest'
import { type CellKind, cellColumns } from '../../../../src/sources/sql/cells/columns.ts'
import { LineBuffer } from '../../../../src/sources/sql/cells/line-buffer.ts'
import { RowWriter } from '../../../../src/sources/sql/cells/row-writer.ts'

function writerOf(kinds: Readonly<Record<string, CellKind>>, maxLineBytes = 256 * 1024): RowWriter {
  const columns = Object.entries(kinds).map(([name, kind]) => ({
    name,
    kind,
    typeName: '',
    isRenamed: false,
  }))
  return new RowWriter(columns, new LineBuffer(16), maxLineBytes)
}

/** One cell of UTF-16 text, as a driver's buffer holds it. */
function cell(kind: CellKind, text: string): { json: string; why: string | undefined } {
  const writer = writerOf({ v: kind })
  writer.source = unitsOf(text)
  writer.units(0, 0, text.length)
  writer.endRow()
  const line = Buffer.from(writer.lines()).toString('utf8')
  return { json: line.slice('{"v":'.length, -'}\n'.length), why: writer.flags()[0]?.why }
}

function unitsOf(text: string): Uint16Array<ArrayBuffer> {
  return Uint16Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))
}

describe('numbers', () => {
  it.each([
    ['0', '0'],
    ['-0', '-0'],
    ['42', '42'],
    ['.5', '0.5'],
    ['-.5', '-0.5'],
    ['+1', '1'],
    ['007', '7'],
    ['000', '0'],
    ['5.', '5'],
    ['00.50', '0.50'],
    ['1e5', '1e5'],
    ['1.6777216e+07', '1.6777216e+07'],
    ['9'.repeat(60), '9'.repeat(60)],
    ['0.10000000000000000000000000000000001', '0.10000000000000000000000000000000001'],
  ])('%s is written %s, a JSON number', (text, json) => {
    expect(cell('number', text)).toEqual({ json, why: undefined })
    expect(Number.isNaN(Number(JSON.parse(json)))).toBe(false)
  })

  it.each(['NaN', 'nan', 'Infinity', '-Infinity', 'inf', '-INF', '1.#INF'])(
    '%s is null and flagged',
    (text) => {
      expect(cell('number', text)).toEqual({ json: 'null', why: 'not_a_number' })
    },
  )

  it.each(['$12.50', '', '1e', '1e+', '.', '-', '1.2.3', '12 345', '0x1f', '1,5', 'e5'])(
    '%j is no number and stays the text it is',
    (text) => expect(cell('number', text)).toEqual({ json: JSON.stringify(text), why: undefined }),
  )

  it.each([
    [1.5, '1.5'],
    [-0, '-0'],
    [1e21, '1e+21'],
    [5e-324, '5e-324'],
    [Number.NaN, 'null'],
    [Number.POSITIVE_INFINITY, 'null'],
  ])('the JavaScript number %d is written %s', (value, json) => {
    const writer = writerOf({ v: 'number' })
    writer.number(0, value)
    writer.endRow()
    expect(Buffer.from(writer.lines()).toString()).toBe(`{"v":${json}}\n`)
  })
})

describe('text', () => {
  it.each([
    '',
    'plain',
    '"quoted"',
    'back\\slash',
    'a\nb\tc\rd\be\ff',
    '\u0000\u0001\u001f\u007f',
    'é漢😀',
    '\u2028',
  ])('%j is the JSON string of itself', (text) => {
    const { json, why } = cell('text', text)
    expect(JSON.parse(json)).toBe(text)
    expect(why).toBeUndefined()
  })

  it('every unit alone and beside a quote is escaped as JSON wants it', () => {
    for (let unit = 0; unit < 0xd800; unit += unit < 0x800 ? 1 : 97) {
      const text = `${String.fromCharCode(unit)}"`
      expect(JSON.parse(cell('text', text).json)).toBe(text)
    }
  })

  it.each(['\ud83d', 'a\ude00b', '\ud83d\ud83d\ude00', '\ude00\ud83d'])(
    'lone surrogates of %j are replaced and flagged',
    (text) => {
      const { json, why } = cell('text', text)
      expect(JSON.parse(json)).toBe(text.toWellFormed())
      expect(why).toBe('unreadable')
    },
  )

  it.each([1_023, 1_024, 1_025, 5_000])('a pair of surrogates at unit %i stays whole', (at) => {
    const text = `${'x'.repeat(at)}😀${'é'.repeat(at)}`
    expect(cell('text', text)).toEqual({ json: JSON.stringify(text), why: undefined })
  })
})

describe('booleans', () => {
  it.each([
    ['1', 'true'],
    ['0', 'false'],
    ['t', 'true'],
    ['FALSE', 'false'],
    ['maybe', '"maybe"'],
    ['2', '2'],
    ['', '""'],
  ])('%j is %s', (text, json) => expect(cell('boolean', text).json).toBe(json))
})

describe('timestamps', () => {
  it.each([
    ['timestamp', '2026-01-02 03:04:05', '2026-01-02T03:04:05', undefined],
    ['timestamp', '2026-01-02 03:04:05.678901', '2026-01-02T03:04:05.678901', undefined],
    ['timestamp', '2026-01-02T03:04:05', '2026-01-02T03:04:05', undefined],
    ['timestamp_utc', '2026-01-02 03:04:05.6', '2026-01-02T03:04:05.6Z', undefined],
    ['timestamp_utc', '9998-01-02 03:04:05', '9998-01-02T03:04:05Z', undefined],
    ['timestamp_unknown', '2026-01-02 03:04:05', '2026-01-02T03:04:05', 'zone_unknown'],
    ['timestamp_unknown', '2026-01-02 03:04:05.1 +02:00', '2026-01-02T03:04:05.1+02:00', undefined],
    ['timestamp_unknown', '2026-01-02 03:04:05-08', '2026-01-02T03:04:05-08:00', undefined],
    ['timestamp_utc', '9999-12-31 23:59:59', '9999-12-31T23:59:59Z', 'out_of_range'],
    ['timestamp', '0000-00-00 00:00:00', '0000-00-00T00:00:00', 'out_of_range'],
    ['timestamp', '0044-03-15 00:00:00 BC', '0044-03-15 00:00:00 BC', 'out_of_range'],
    ['timestamp', 'infinity', 'infinity', 'out_of_range'],
    ['date', '2026-01-02', '2026-01-02', undefined],
    ['date', '0000-00-00', '0000-00-00', 'out_of_range'],
    ['date', '12026-01-02', '12026-01-02', 'out_of_range'],
  ] as const)('%s %s is %s, flagged %s', (...[kind, text, expected, why]) => {
    expect(cell(kind, text)).toEqual({ json: JSON.stringify(expected), why })
  })
})

describe('a line', () => {
  const lineOf = (writer: RowWriter) => Buffer.from(writer.lines()).toString('utf8')

  it('of exactly the most bytes is left alone; one byte more is shortened and flagged', () => {
    const write = (length: number) => {
      const writer = writerOf({ a: 'text', b: 'text' }, 100)
      writer.text(0, 'x'.repeat(length))
      writer.text(1, 'y')
      writer.endRow()
      return { line: lineOf(writer), flags: writer.flags() }
    }
    const fixed = '{"a":"","b":"y"}'.length
    expect(write(100 - fixed)).toEqual({ line: `{"a":"${'x'.repeat(100 - fixed)}","b":"y"}\n`, flags: [] })
    const { line, flags } = write(101 - fixed)
    expect(line.length).toBeLessThanOrEqual(101)
    expect(JSON.parse(line)).toEqual({ a: expect.stringMatching(/^x+…$/), b: 'y' })
    expect(flags.map(({ column, why }) => [column, why])).toEqual([['a', 'shortened']])
  })

  it('that was shortened is followed by whole ones', () => {
    const writer = writerOf({ a: 'text' }, 50)
    for (const text of ['x'.repeat(500), 'short']) {
      writer.text(0, text)
      writer.endRow()
    }
    const [first, second] = lineOf(writer).split('\n')
    expect(Buffer.byteLength(first ?? '')).toBe(50)
    expect(second).toBe('{"a":"short"}')
  })

  it('without columns is an empty object', () => {
    const writer = writerOf({})
    writer.endRow()
    expect(lineOf(writer)).toBe('{}\n')
  })

  it('has a column called __proto__ as any other', () => {
    const writer = writerOf(JSON.parse('{"__proto__":"number"}'))
    writer.number(0, 1)
    writer.endRow()
    expect(lineOf(writer)).toBe('{"__proto__":1}\n')
  })
})

describe('cellColumns', () => {
  const kindsOf = (sqlType: number, typeName: string, isSessionUtc = true) =>
    cellColumns([{ name: 'a', sqlType, typeName }], isSessionUtc)[0]?.kind

  it.each([
    [93, 'timestamptz', 'timestamp_utc'],
    [93, 'timestamp without time zone', 'timestamp'],
    [93, 'datetime', 'timestamp'],
    [93, 'timestamp', 'timestamp_unknown'],
    [93, '', 'timestamp_unknown'],
    [12, 'bool', 'boolean'],
    [-7, 'bit', 'boolean'],
    [-3, 'bytea', 'bytes'],
    [2, 'numeric', 'number'],
    [-9, 'unknown', 'text'],
    [-11, 'uuid', 'uuid'],
    [91, 'date', 'date'],
    [92, 'time', 'text'],
  ])('type %i %s is %s', (sqlType, typeName, kind) => expect(kindsOf(sqlType, typeName)).toBe(kind))

  it('a zone is known only where the session is in UTC', () => {
    expect(kindsOf(93, 'timestamptz', false)).toBe('timestamp_unknown')
  })

  it('names: duplicates and empty ones are flagged, spaces are not', () => {
    const columns = ['a', 'a', 'a_2', '', 'b c', 'b_c', 'A'].map((name) => ({
      name,
      sqlType: 12,
      typeName: '',
    }))
    expect(cellColumns(columns, true).map(({ name, isRenamed }) => [name, isRenamed])).toEqual([
      ['a', false],
      ['a_2', true],
      ['a_2_2', true],
      ['column_4', true],
      ['b_c', false],
      ['b_c_2', true],
      ['A', false],
    ])
  })
})

describe('bytes of UTF-8', () => {
  const written = (kind: CellKind, bytes: Uint8Array) => {
    const writer = writerOf({ v: kind })
    writer.utf8(0, bytes)
    writer.endRow()
    const line = Buffer.from(writer.lines()).toString('utf8')
    return { json: line.slice('{"v":'.length, -'}\n'.length), why: writer.flags()[0]?.why }
  }

  it.each(['', 'é😀漢', 'a"b\\c', '\u0000\u0001\t\n\u007f', 'x'.repeat(5_000)])(
    'are the text: %j',
    (text) => {
      expect(written('text', Buffer.from(text))).toEqual({ json: JSON.stringify(text), why: undefined })
    },
  )

  it.each([
    [[0x61, 0xff, 0x62], '"a\ufffdb"'],
    [[0xed, 0xa0, 0x80], '"\ufffd\ufffd\ufffd"'],
    [[0x22, 0xc3], '"\\"\ufffd"'],
  ])('that are none are replaced and flagged: %j', (bytes, json) => {
    expect(written('text', Uint8Array.from(bytes))).toEqual({ json, why: 'unreadable' })
  })

  it.each([
    ['number', '9223372036854775807', '9223372036854775807'],
    ['date', '2026-01-02', '"2026-01-02"'],
    ['timestamp_utc', '2026-01-02 03:04:05', '"2026-01-02T03:04:05Z"'],
    ['boolean', '1', 'true'],
    ['boolean', '\u0001', 'true'],
    ['boolean', '\u0000', 'false'],
    ['boolean', '2', '2'],
  ] as const)('are written by the kind of their column: %s %j', (kind, text, json) => {
    expect(written(kind, Buffer.from(text)).json).toBe(json)
  })
})

describe('numbers of single precision', () => {
  it.each([
    [0.1, '0.1'],
    [16_777_216, '16777216'],
    [3.4028235e38, '3.4028235e+38'],
    [1e-45, '1e-45'],
    [-0, '-0'],
    [1 / 3, '0.33333334'],
  ])('have no more digits than they need: %d', (value, json) => {
    const writer = writerOf({ v: 'number' })
    writer.float(0, Math.fround(value))
    writer.endRow()
    expect(Buffer.from(writer.lines()).toString('utf8')).toBe(`{"v":${json}}\n`)
    expect(Math.fround(Number(json))).toBe(Math.fround(value))
  })

  it('that are none are null and flagged', () => {
    const writer = writerOf({ v: 'number' })
    writer.float(0, Number.NEGATIVE_INFINITY)
    expect(writer.flags()[0]?.why).toBe('not_a_number')
  })
})
