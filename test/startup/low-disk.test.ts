import { describe, expect, it } from 'vitest'
import { lowDiskWarning } from '../../src/startup/low-disk.ts'

const disk = { directory: '/var/lib/rowtail', reserveBytes: 1_048_576 }

describe('a disk with less room than is to stay free', () => {
  it('is told of, with what to do', () => {
    expect(lowDiskWarning({ ...disk, freeBytes: () => 1_048_575 })).toEqual({
      code: 'spool_full',
      message: 'The disk of /var/lib/rowtail has 1 MiB free, less than --disk_reserve (1 MiB).',
      hint: 'While Loki is away, rows are dropped: make room, or lower --disk_reserve.',
    })
  })

  it('is none where just as much is free', () => {
    expect(lowDiskWarning({ ...disk, freeBytes: () => 1_048_576 })).toBeUndefined()
  })

  it('is asked of the system', () => {
    const message = /^The disk of \/tmp has .* free/
    expect(lowDiskWarning({ directory: '/tmp', reserveBytes: 2 ** 53 })?.message).toMatch(message)
    expect(lowDiskWarning({ directory: '/tmp', reserveBytes: 0 })).toBeUndefined()
  })
})
