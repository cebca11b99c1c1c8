import { describe, expect, it } from 'vitest'
import {
  buildConnectionString,
  type ConnectionPair,
  describeConnectionString,
  parseConnectionString,
  secretsOf,
  sqreamConnectionString,
} from '../../../src/sources/sql/connection-string.ts'

const address = {
  host: 'db1',
  port: 5000,
  database: 'master',
  user: 'sqream',
  password: 'sq;re}am',
  service: 'monitor',
  clustered: false,
}

describe('parse(build(pairs))', () => {
  const alphabet = ['{', '}', '}}', ';', '=', ' ', "'", '"', '\\', 'é', '😀', 'PWD', '\t', '\n', '', 'a']

  it.each(alphabet)('gives the pairs again for a value with %j', (piece) => {
    for (const value of [piece, `${piece}x`, `x${piece}`, `x${piece}y`, piece.repeat(3)]) {
      const pairs: ConnectionPair[] = [
        ['Server', 'db1'],
        ['PWD', value],
        ['Port', '1'],
      ]
      expect(parseConnectionString(buildConnectionString(pairs))).toEqual(pairs)
    }
  })

  it('gives the pairs again for 2,000 values put together from every nasty piece', () => {
    let state = 7
    const random = (count: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return Math.floor((state / 2_147_483_648) * count)
    }
    for (let round = 0; round < 2_000; round++) {
      const valueOf = () =>
        Array.from({ length: random(6) }, () => alphabet[random(alphabet.length)]).join('')
      const pairs: ConnectionPair[] = [
        ['Driver', valueOf()],
        ['UID', valueOf()],
        ['PWD', valueOf()],
      ]
      expect(parseConnectionString(buildConnectionString(pairs))).toEqual(pairs)
    }
  })
})

describe('parseConnectionString', () => {
  it.each([
    ['', []],
    [';;', []],
    ['nonsense', []],
    ['A=1', [['A', '1']]],
    [
      ' A = 1 ; B = {2} ;',
      [
        ['A', '1'],
        ['B', '2'],
      ],
    ],
    [
      'A={1;2}trailing;B=3',
      [
        ['A', '1;2'],
        ['B', '3'],
      ],
    ],
    ['A={never closed;B=2', [['A', 'never closed;B=2']]],
    [
      'A=;B=',
      [
        ['A', ''],
        ['B', ''],
      ],
    ],
    ['nonsense;A=1', [['A', '1']]],
    ['A=b=c', [['A', 'b=c']]],
  ])('reads %j', (text, pairs) => {
    expect(parseConnectionString(text)).toEqual(pairs)
  })
})

describe('buildConnectionString', () => {
  it('leaves plain values plain, because psqlodbc takes the braces of Server for a part of the name', () => {
    expect(buildConnectionString([['Server', 'db-1.example.org']])).toBe('Server=db-1.example.org;')
  })

  it('quotes the driver always', () => {
    expect(buildConnectionString([['Driver', 'X']])).toBe('Driver={X};')
  })
})

describe('describeConnectionString', () => {
  it('shows driver, host, port, database, user and service under these names', () => {
    expect(describeConnectionString(sqreamConnectionString(address))).toEqual({
      driver: 'SqreamODBCDriver',
      host: 'db1',
      port: '5000',
      database: 'master',
      user: 'sqream',
      service: 'monitor',
    })
  })

  it.each(['PWD', 'Password', 'pwd', 'AccessToken', 'SSLKey', 'Secret', 'ConnSettings', 'pqopt'])(
    'never shows %s',
    (key) => {
      const shown = describeConnectionString(`Server=db1;${key}={canary};UID=u`)
      expect(JSON.stringify(shown)).not.toContain('canary')
    },
  )
})

describe('sqreamConnectionString', () => {
  it('carries the account in both spellings, and a semicolon in the password does not end it', () => {
    expect(sqreamConnectionString(address)).toBe(
      'Driver={SqreamODBCDriver};Server=db1;Port=5000;Database=master;Service=monitor;' +
        'User=sqream;UID=sqream;Password={sq;re}}am};PWD={sq;re}}am};Cluster=false;Ssl=false;',
    )
  })

  it('says Cluster=true for a server picker', () => {
    expect(sqreamConnectionString({ ...address, port: 3108, clustered: true })).toContain('Cluster=true;')
  })
})

describe('secretsOf', () => {
  it('names the values that must not be shown', () => {
    expect(secretsOf('Server=db1;PWD=one;Password={two;2};Token=;UID=u')).toEqual(['one', 'two;2'])
  })
})
