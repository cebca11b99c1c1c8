import { describe, expect, it } from 'vitest'
import { isHostAllowed, isLoopback } from '../../src/web/host-header.ts'

const ask = (header: string | undefined, bound = '127.0.0.1') => isHostAllowed(header, bound, 'monitor1')

describe('the Host header', () => {
  it.each([
    'localhost',
    'LOCALHOST:9464',
    'localhost.',
    '127.0.0.1:9464',
    '127.1.2.3',
    '[::1]:9464',
    '[::1]',
  ])('%s is answered on loopback', (header) => {
    expect(ask(header)).toBe(true)
  })

  it.each([
    'evil.example',
    'evil.example:9464',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.5:9464',
    'monitor1:9464',
    'user@localhost',
    'localhost:99999999',
    'localhost/path',
    '[::1',
    '',
    undefined,
  ])('%s is not answered on loopback', (header) => {
    expect(ask(header)).toBe(false)
  })

  it('may be the host that was listened on', () => {
    expect(ask('monitor.internal:9464', 'Monitor.internal')).toBe(true)
    expect(ask('10.0.0.5:9464', '10.0.0.5')).toBe(true)
    expect(ask('10.0.0.6:9464', '10.0.0.5')).toBe(false)
    expect(ask('[fd00::5]:9464', 'fd00::5')).toBe(true)
  })

  it('may be any address and the name of the machine where every address is listened on', () => {
    for (const bound of ['0.0.0.0', '::']) {
      expect(ask('10.0.0.6:9464', bound)).toBe(true)
      expect(ask('[fd00::5]', bound)).toBe(true)
      expect(ask('Monitor1:9464', bound)).toBe(true)
      expect(ask('evil.example', bound)).toBe(false)
    }
  })
})

describe('loopback', () => {
  it('is localhost, 127.0.0.0/8 and ::1', () => {
    expect(['localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]'].every(isLoopback)).toBe(true)
    expect(['0.0.0.0', '128.0.0.1', '127.0.0.1.nip.io', 'db1'].some(isLoopback)).toBe(false)
  })
})
