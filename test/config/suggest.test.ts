import { describe, expect, it } from 'vitest'
import { editDistance, nearestName } from '../../src/config/suggest.ts'

describe('the distance of two words', () => {
  it.each([
    ['port', 'port', 0],
    ['prot', 'port', 1],
    ['port', 'ports', 1],
    ['port', 'prt', 1],
    ['port', 'pork', 1],
    ['', 'abc', 3],
    ['show_lock', 'show_locks', 1],
  ])('%s to %s is %i', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance)
  })
})

describe('the name that was meant', () => {
  const known = ['host', 'port', 'loki_host', 'loki_port', 'password']

  it('is the nearest, whatever its case and dashes', () => {
    expect(nearestName('prot', known)).toBe('port')
    expect(nearestName('Loki-Host', known)).toBe('loki_host')
    expect(nearestName('pasword', known)).toBe('password')
  })

  it('is none where every name is another word', () => {
    expect(nearestName('verbose', known)).toBeUndefined()
    expect(nearestName('x', known)).toBeUndefined()
    expect(nearestName('no', ['on', 'off'])).toBeUndefined()
    expect(nearestName('anything', [])).toBeUndefined()
  })
})
