import { describe, expect, it } from 'vitest'
import { parseConnectionString, valueOf } from '../../../src/sources/sql/connection-string.ts'
import {
  packageTraitsOf,
  profiles,
  sentQuery,
  traitsOf,
  withProfile,
} from '../../../src/sources/sql/profiles.ts'

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

  const settings = profiles.flatMap((profile) => profile.settings.map((setting) => ({ profile, setting })))
  const spellings = settings.flatMap(({ profile, setting }) =>
    [setting.key, setting.key.toUpperCase(), ...setting.aliases].map((own) => ({ ...profile, setting, own })),
  )

  it.each(spellings)('$name: leaves $own to the operator', ({ name, setting, own }) => {
    const pairs = parseConnectionString(withProfile(`Driver={${name}};${own}=mine;Server=db1;`))
    const keys = [setting.key.toLowerCase(), ...setting.aliases]
    expect(pairs.filter(([key]) => keys.includes(key.toLowerCase()))).toEqual([[own, 'mine']])
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

  it.each([
    ['psqlodbca.so', true],
    ['psqlodbc35a.dll', true],
    ['psqlodbcw.so', false],
    ['PSQLODBC35W.DLL', false],
    ['libmaodbc.so', false],
  ])('speaks bytes with the ANSI psqlodbc alone: %s', (name, isNarrow) => {
    expect(traitsOf(name, 0xf)).toMatchObject({ isNarrow, readsUtf8: isNarrow })
  })

  it('asks MariaDB for its encoding, and reads its floats as numbers', () => {
    expect(traitsOf('libmaodbc.so', 0xb)).toMatchObject({
      encodingQuery: 'select @@character_set_results',
      roundsFloats: true,
    })
  })

  it('trusts no declared size of SQLite', () => {
    expect(traitsOf('libsqlite3odbc.so', 0xb)).toMatchObject({ trustsSizes: false, isNarrow: true })
  })
})

describe('packageTraitsOf', () => {
  it('fetches blocks through psqlodbc only: other drivers mix up the long cells of a block', () => {
    const isBlock = (text: string) => packageTraitsOf(text).repairsInBlock
    expect(isBlock('Driver={PostgreSQL ANSI};Server=db1')).toBe(true)
    expect(isBlock('Driver={MariaDB Unicode};Server=db1')).toBe(false)
    expect(isBlock('DSN=mine')).toBe(false)
  })

  it('trusts no number of SQLite', () => {
    expect(packageTraitsOf('Driver=SQLite3;Database=a.db').hasDynamicTypes).toBe(true)
    expect(packageTraitsOf('Driver={PostgreSQL ANSI};Server=db1').hasDynamicTypes).toBe(false)
  })
})
