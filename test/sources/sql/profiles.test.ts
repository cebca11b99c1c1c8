import { describe, expect, it } from 'vitest'
import { parseConnectionString, valueOf } from '../../../src/sources/sql/connection-string.ts'
import { sentQuery, traitsOf, withProfile } from '../../../src/sources/sql/profiles.ts'

const valueIn = (text: string, key: string) => valueOf(parseConnectionString(text), [key.toLowerCase()])

describe('withProfile', () => {
  it('puts a PostgreSQL session into UTC and gives it a name', () => {
    const text = withProfile('Driver={PostgreSQL Unicode};Server=db1')
    expect(valueIn(text, 'Server')).toBe('db1')
    expect(valueIn(text, 'ConnSettings')).toContain("set time zone 'UTC'")
    expect(valueIn(text, 'ConnSettings')).toContain("application_name = 'rowtail'")
    expect(valueIn(text, 'UseDeclareFetch')).toBe('1')
    expect(valueIn(text, 'BoolsAsChar')).toBe('0')
  })

  it.each(['Fetch=7', 'fetch=7', 'A7=7'])('leaves what the operator wrote: %s', (own) => {
    const pairs = parseConnectionString(withProfile(`Driver=psqlodbcw.so;${own};Server=db1;`))
    expect(pairs.filter(([key]) => ['fetch', 'a7'].includes(key.toLowerCase()))).toEqual([own.split('=')])
  })

  it.each(['Driver={SqreamODBCDriver};Server=db1;Service=monitor', 'DSN=mine', 'Driver={MariaDB};Server=x'])(
    'leaves other drivers alone: %s',
    (text) => expect(withProfile(text)).toBe(text),
  )
})

describe('sentQuery', () => {
  it('ends a comment that would swallow what a driver writes behind it', () => {
    expect(sentQuery('select 1 -- one')).toBe('select 1 -- one\n')
    expect(sentQuery('select 1 -- one\n')).toBe('select 1 -- one\n')
    expect(sentQuery('-- one\nselect 1')).toBe('-- one\nselect 1')
  })
})

describe('traitsOf', () => {
  it('repairs inside a block on psqlodbc only, whatever others say of themselves', () => {
    expect(traitsOf('psqlodbcw.so', 0xf).repairsInBlock).toBe(true)
    expect(traitsOf('libmaodbc.so', 0xf).repairsInBlock).toBe(false)
  })

  it('reads bound cells again where the driver says that it can', () => {
    expect(traitsOf('libmaodbc.so', 0xb).readsBoundCells).toBe(true)
    expect(traitsOf('old.so', 0x3).readsBoundCells).toBe(false)
  })

  it('trusts no declared size of SQLite', () => {
    expect(traitsOf('libsqlite3odbc.so', 0xb)).toMatchObject({ trustsSizes: false, isNarrow: true })
  })
})
