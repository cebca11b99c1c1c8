// What a service's processes hold, as Linux tells it: memory that is theirs alone, open files, sockets,
// threads.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { treeOf } from '../../support/servers/processes.ts'

export type Held = {
  readonly residentBytes: number
  readonly privateBytes: number
  readonly files: number
  readonly sockets: number
  readonly threads: number
}

/** The service's processes, the main one first; its helpers' start-up programs count as they are. */
export function heldBy(pid: number): { readonly main: Held; readonly hosts: Held; readonly all: Held } {
  const [main, ...hosts] = treeOf(pid)
  const [own, together] = [heldByAll(main === undefined ? [] : [main]), heldByAll(hosts)]
  return { main: own, hosts: together, all: add(own, together) }
}

/** What these processes hold together. */
export function heldByAll(pids: readonly number[]): Held {
  return pids.map(heldByOne).reduce(add, nothing)
}

const nothing: Held = { residentBytes: 0, privateBytes: 0, files: 0, sockets: 0, threads: 0 }

/** A process that ended between the look and the question holds nothing. */
function heldByOne(pid: number): Held {
  try {
    return readHeld(pid)
  } catch {
    return nothing
  }
}

function readHeld(pid: number): Held {
  const links = readdirSync(`/proc/${pid}/fd`).map((name) => linkOf(`/proc/${pid}/fd/${name}`))
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return {
    residentBytes: bytesIn(rollup, /^Rss:\s+(\d+) kB$/gm),
    privateBytes: bytesIn(rollup, /^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm),
    files: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
  }
}

/** What these lines of smaps or smaps_rollup count together; their first group is kilobytes. */
export function bytesIn(smaps: string, lines: RegExp): number {
  return [...smaps.matchAll(lines)].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) * 1_024
}

/** A file that was closed between the look and the question is none. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function add(a: Held, b: Held): Held {
  return {
    residentBytes: a.residentBytes + b.residentBytes,
    privateBytes: a.privateBytes + b.privateBytes,
    files: a.files + b.files,
    sockets: a.sockets + b.sockets,
    threads: a.threads + b.threads,
  }
}
