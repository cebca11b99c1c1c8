import { describe, expect, it } from 'vitest'
import {
  Arena,
  planBinding,
} from '../../../../../../src/sources/sql/driver-host/drivers/odbc-direct/binding.ts'
import { traitsOf } from '../../../../../../src/sources/sql/profiles.ts'

const psqlodbc = traitsOf('psqlodbcw.so', 0xf)
const mariadb = traitsOf('libmaodbc.so', 0xf)
const sqlite = traitsOf('libsqlite3odbc.so', 0xb)
const simple = traitsOf('simple.so', 0x3)

function columnsOf(...sizes: number[]) {
  return sizes.map((size) => ({ name: 'a', sqlType: 12, typeName: 'varchar', size }))
}

describe('planBinding', () => {
  it('fetches at most 200 rows at once', () => {
    expect(planBinding(columnsOf(10), psqlodbc).rows).toBe(200)
  })

  it('keeps a block within 512 KiB, however wide the row, and has one row at least', () => {
    const wide = planBinding(columnsOf(...Array.from({ length: 100 }, () => 8_190)), psqlodbc)
    expect(wide.rows).toBeGreaterThan(1)
    expect(wide.sizeBytes).toBeLessThanOrEqual(512 * 1024 + 100 * 16 + 32)
    expect(planBinding(columnsOf(...Array.from({ length: 2_000 }, () => 8_190)), psqlodbc).rows).toBe(1)
  })

  it('binds long and unknown sizes narrow where a cut cell can be read again', () => {
    const plan = planBinding(columnsOf(0, 8_190, 5), psqlodbc)
    expect(plan.columns.map((column) => column.widthBytes)).toEqual([512, 512, 64])
  })

  it('gives a character of UTF-8 four bytes, and its terminator one', () => {
    const plan = planBinding(columnsOf(40), { ...mariadb, readsUtf8: true })
    expect(plan.columns[0]).toMatchObject({ cType: 1, widthBytes: 176, roomBytes: 175 })
    expect(planBinding(columnsOf(40), mariadb).columns[0]).toMatchObject({ widthBytes: 88, roomBytes: 86 })
  })

  it('reads numbers of single precision as numbers where their text is rounded', () => {
    const real = [{ name: 'a', sqlType: 7, typeName: 'float', size: 7 }]
    expect(planBinding(real, mariadb).columns[0]).toMatchObject({ cType: 8, widthBytes: 8, roomBytes: 8 })
    expect(planBinding(real, psqlodbc).columns[0]).toMatchObject({ cType: -8 })
  })

  it('gives each column an area of its own', () => {
    const { columns, rows, status, sizeBytes } = planBinding(columnsOf(5, 300, 7), psqlodbc)
    const areas = columns.flatMap(({ data, widthBytes, indicators }) => [
      { start: data, end: data + widthBytes * rows },
      { start: indicators, end: indicators + 8 * rows },
    ])
    areas.push({ start: status, end: status + 2 * rows })
    for (const [index, area] of areas.entries()) {
      expect(area.start % 8).toBe(0)
      expect(area.start).toBeGreaterThanOrEqual(areas[index - 1]?.end ?? 8)
    }
    expect(sizeBytes).toBeGreaterThanOrEqual(areas.at(-1)?.end ?? 0)
  })

  it.each([
    ['psqlodbc, long text', psqlodbc, [0], 'block'],
    ['another driver, sizes below 1,024', mariadb, [10, 1_023], 'block'],
    ['another driver, a size of 1,024', mariadb, [10, 1_024], 'rows'],
    ['another driver, a size that it does not know', mariadb, [0], 'rows'],
    ['SQLite, whatever it declares', sqlite, [10], 'rows'],
    ['a driver without a second look', simple, [0], 'unbound'],
  ] as const)('%s: %s', (...[, traits, sizes, mode]) => {
    expect(planBinding(columnsOf(...sizes), traits).mode).toBe(mode)
  })

  it('a driver without block fetch is read row by row', () => {
    expect(planBinding(columnsOf(10), mariadb, 1)).toMatchObject({ mode: 'rows', rows: 1 })
    expect(planBinding(columnsOf(10), psqlodbc, 1)).toMatchObject({ mode: 'block', rows: 1 })
  })
})

describe('Arena', () => {
  it('grows and keeps what was written', () => {
    const arena = new Arena()
    arena.ensure(8)
    arena.bytes[3] = 7
    arena.grow(100_000)
    expect(arena.bytes.length).toBeGreaterThanOrEqual(100_000)
    expect(arena.bytes[3]).toBe(7)
  })

  it('is kept up to the bound and given back one byte beyond', () => {
    const arena = new Arena()
    arena.ensure(8_192)
    arena.shrink(8_192)
    expect(arena.bytes).toHaveLength(8_192)
    arena.shrink(8_191)
    expect(arena.bytes).toHaveLength(0)
  })
})
