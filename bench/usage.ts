// What a contender costs, as Linux tells it, over all processes of its tree: CPU time of all that run or have
// ended, and memory as private pages plus each shared file mapping once. Pages that the contender shares with
// others (another Node on this machine) count in full, so figures do not depend on who else runs.

import { readFileSync } from 'node:fs'
import { treeOf } from '../test/support/servers/processes.ts'
import { bytesIn } from '../test/torture/measure/processes.ts'

/** Linux reports CPU time in these, on every machine that Node runs on (sysconf _SC_CLK_TCK). */
const ticksPerSecond = 100

/** User and system time since the start, children that ended included, in seconds. */
export function cpuSecondsOf(pid: number): number {
  const ticks = treeOf(pid).map((member) => cpuTicksIn(read(member, 'stat')))
  return sum(ticks) / ticksPerSecond
}

/** Fields 14 to 17 of /proc/pid/stat: utime, stime, and both of children that were waited for. */
export function cpuTicksIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return sum(fields.slice(11, 15).map(Number))
}

export function memoryBytesOf(pid: number): number {
  return memoryBytesIn(treeOf(pid).map((member) => read(member, 'smaps')))
}

/** From the text of each process's /proc/pid/smaps. */
export function memoryBytesIn(smaps: readonly string[]): number {
  const sharedBytes = new Map<string, number>()
  let privateBytes = 0
  for (const mapping of smaps.flatMap(mappingsIn)) {
    privateBytes += mapping.privateBytes
    // Two processes mostly hold the same pages of a file: the larger part stands for both.
    const known = sharedBytes.get(mapping.place) ?? 0
    sharedBytes.set(mapping.place, Math.max(known, mapping.sharedBytes))
  }
  return privateBytes + sum([...sharedBytes.values()])
}

type Mapping = {
  /** What is mapped: file, offset and size; the same in every process that maps it. */
  readonly place: string
  readonly privateBytes: number
  readonly sharedBytes: number
}

function mappingsIn(smaps: string): Mapping[] {
  return smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).flatMap((text) => mappingIn(text) ?? [])
}

function mappingIn(text: string): Mapping | undefined {
  // 7f12a000-7f12c000 r-xp 00002000 fe:00 1234    /usr/lib/libc.so.6
  const head = /^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) (\S+ \d+)/.exec(text)
  if (head === null) return undefined
  const [, start = '', end = '', offset = '', file = ''] = head
  const sizeBytes = BigInt(`0x${end}`) - BigInt(`0x${start}`)
  return {
    place: `${file} ${offset} ${sizeBytes}`,
    privateBytes: bytesIn(text, /^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm),
    sharedBytes: bytesIn(text, /^Shared_(?:Clean|Dirty):\s+(\d+) kB$/gm),
  }
}

/** A process that ended between the look and the question has nothing. */
function read(pid: number, file: 'stat' | 'smaps'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
