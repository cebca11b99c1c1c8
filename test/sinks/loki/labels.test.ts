import { describe, expect, it } from 'vitest'
import type { Metadata } from '../../../src/core/sink.ts'
import { labelFaults } from '../../../src/sinks/loki/labels.ts'
import { entryFault } from '../../../src/sinks/loki/preflight.ts'

describe('labelFaults', () => {
  it('finds none in what Loki takes, up to its bounds', () => {
    const most = Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`label_${index}`, 'v']))
    expect(labelFaults(most)).toEqual([])
    expect(labelFaults({ ...most, service_name: 'x', empty: '' })).toEqual([])
    expect(labelFaults({ ['n'.repeat(1_024)]: 'v'.repeat(2_048), _a1: 'é😀"\n' })).toEqual([])
  })

  it('names each label that Loki refuses', () => {
    const faults = labelFaults({
      'a-b': 'v',
      '1a': 'v',
      é: 'v',
      '': 'v',
      __name: 'v',
      ['n'.repeat(1_025)]: 'v',
      long: 'v'.repeat(2_049),
      wide: 'é'.repeat(1_025),
      half: '\ud800',
      good: 'v',
    })
    const names = ['a-b', '1a', 'é', '', '__name', 'n'.repeat(1_025), 'long', 'wide', 'half']
    expect(faults.map(({ name }) => name).sort()).toEqual(names.sort())
    expect(faults.find(({ name }) => name === 'wide')?.what).toBe(
      'has a value of 2050 bytes, Loki takes 2048',
    )
  })

  it('counts the set as a whole', () => {
    const labels = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`label_${index}`, 'v']))
    expect(labelFaults(labels)).toEqual([{ name: '', what: 'there are 16 labels, Loki takes 15' }])
  })
})

describe('entryFault', () => {
  const pairs = (count: number): Metadata => Array.from({ length: count }, (_, index) => [`n${index}`, 'v'])

  it('finds none up to the bounds of line and metadata', () => {
    expect(entryFault(new Uint8Array(262_144), pairs(128))).toBeUndefined()
    expect(entryFault(Buffer.from('é\0😀'), [['name', 'v'.repeat(65_532)]])).toBeUndefined()
    expect(entryFault(Buffer.from(''), [['detected_level', 'i'.repeat(65_536)]])).toBeUndefined()
  })

  it.each<[what: string, fault: { line?: Uint8Array; metadata?: Metadata }, reason: string]>([
    ['a line one byte too long', { line: new Uint8Array(262_145) }, 'too_long'],
    ['a line that is no UTF-8', { line: Uint8Array.of(0xff) }, 'other'],
    ['one pair too many', { metadata: pairs(129) }, 'metadata'],
    ['a byte of metadata too many', { metadata: [['name', 'v'.repeat(65_533)]] }, 'metadata'],
    ['a nameless pair', { metadata: [['', 'v']] }, 'metadata'],
    ['a name of underscores alone', { metadata: [['__', 'v']] }, 'metadata'],
    ['a name with a dot', { metadata: [['a.b', 'v']] }, 'metadata'],
    ['half a surrogate pair', { metadata: [['name', '\udc00']] }, 'metadata'],
  ])('finds %s', (_, { line = Buffer.from('x'), metadata = [] }, reason) => {
    expect(entryFault(line, metadata)?.reason).toBe(reason)
  })
})
