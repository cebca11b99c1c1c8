// What /proc says, as CPU time and memory.

import { expect, it } from 'vitest'
import { cpuTicksIn, memoryBytesIn } from '../../bench/usage.ts'

it('CPU time is user and system time, with that of children that ended', () => {
  const stat = '7 (a (strange) name) S 1 7 7 0 -1 4194560 10 20 0 0 11 22 33 44 20 0 12 0 100 1 1'
  expect(cpuTicksIn(stat)).toBe(11 + 22 + 33 + 44)
})

it('a process that has gone has used no CPU time that is still known', () => {
  expect(cpuTicksIn('')).toBe(0)
})

const heap = `55d0000-55d4000 rw-p 00000000 00:00 0          [heap]
Rss:                 16 kB
Shared_Clean:         0 kB
Shared_Dirty:         0 kB
Private_Clean:        4 kB
Private_Dirty:       12 kB
`
const libraryOf = (
  sharedKb: number,
  start: string,
  end: string,
) => `${start}-${end} r-xp 00002000 fe:00 77   /x.so
Shared_Clean:        ${sharedKb} kB
Shared_Dirty:         0 kB
Private_Clean:        0 kB
Private_Dirty:        0 kB
`

it('memory is private pages and each shared mapping once, wherever it is mapped', () => {
  const first = heap + libraryOf(100, '7f00000', '7f40000')
  const second = heap + libraryOf(120, '8f00000', '8f40000')
  expect(memoryBytesIn([first, second])).toBe((16 + 16 + 120) * 1_024)
})

it('parts of one file are mappings of their own', () => {
  const parts = libraryOf(100, '7f00000', '7f40000') + libraryOf(50, '7f40000', '7f50000')
  expect(memoryBytesIn([parts])).toBe(150 * 1_024)
})

it('a process that has gone holds nothing', () => {
  expect(memoryBytesIn([''])).toBe(0)
})
