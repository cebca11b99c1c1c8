import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { deliveredBefore } from '../../src/startup/delivered-before.ts'
import { temporaryDirectory } from '../spool/support/temporary-spool.ts'

describe('what was delivered before', () => {
  it('is known to the next start, for this Loki only', () => {
    const directory = temporaryDirectory()
    const first = deliveredBefore(directory, 'http://loki:3100/push tenant-a')
    expect(first.hasDelivered).toBe(false)
    first.remember()
    first.remember()
    expect(deliveredBefore(directory, 'http://loki:3100/push tenant-a').hasDelivered).toBe(true)
    expect(deliveredBefore(directory, 'http://loki:3100/push tenant-b').hasDelivered).toBe(false)
  })

  it('is kept without the address, which may hold a secret', () => {
    const directory = temporaryDirectory()
    deliveredBefore(directory, 'https://user:secret@loki/push').remember()
    expect(readFileSync(path.join(directory, 'delivered'), 'utf8')).toMatch(/^[0-9a-f]{1,8}\n$/)
  })

  it('reaches back over 20 Lokis and no more', () => {
    const directory = temporaryDirectory()
    for (let index = 0; index < 21; index += 1) deliveredBefore(directory, `loki-${index}`).remember()
    const known = (index: number) => deliveredBefore(directory, `loki-${index}`).hasDelivered
    expect([known(0), known(1), known(20)]).toEqual([false, true, true])
  })

  it('is nothing where the directory takes no file', () => {
    const directory = temporaryDirectory()
    const delivered = deliveredBefore(directory, 'loki')
    rmSync(directory, { recursive: true })
    expect(() => delivered.remember()).not.toThrow()
    expect(deliveredBefore(directory, 'loki').hasDelivered).toBe(false)
  })
})
