import { describe, expect, it } from 'vitest'
import * as odbcDirect from '../../../../../../src/sources/sql/driver-host/drivers/odbc-direct/limitations.ts'

const { limitationsOf } = odbcDirect

describe('limitations', () => {
  it('are remembered for the driver, not for one connection', () => {
    limitationsOf('a.so').add('query timeout', [{ state: 'HYC00', message: 'optional feature' }])
    expect(limitationsOf('a.so').has('query timeout')).toBe(true)
    expect(limitationsOf('b.so').has('query timeout')).toBe(false)
  })

  it('are told once each, in a sentence with the state and what happens instead', () => {
    const limitations = limitationsOf('c.so')
    limitations.add('block fetch', [{ state: '01S02', message: 'changed' }])
    limitations.add('block fetch', [])
    limitations.add('query timeout', [])
    expect(limitations.sentences()).toEqual([
      'c.so has no block fetch (01S02): rows are read one by one, which is slower.',
      'c.so has no query timeout: a query that takes too long is ended by cancelling it.',
    ])
  })
})
