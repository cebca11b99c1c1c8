// What a service's processes hold, as Linux tells it: memory that is theirs alone, open files, sockets,
// threads.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { treeOf } from '../../support/servers/processes.ts'

export type Held = {
  readonly privateBytes: number
  readonly files: number
  readonly sockets: number
  readonly threads: number
}

/** The service's processes, the main one first; its helpers' start-up programs count as they are. */
export function heldBy(pid: number): { readonly main: Held; readonly hosts: Held; readonly all: Held } {
  const [main = nothing, ...hosts] = treeOf(pid).map(heldByOne)
  const together = hosts.reduce(add, nothing)
  return { main, hosts: together, all: add(main, together) }
}

const nothing: Held = { privateBytes: 0, files: 0, sockets: 0, threads: 0 }

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
  return {
    privateBytes: privateBytesOf(pid),
    files: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
  }
}

function privateBytesOf(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kilobytes = [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm)].map(([, kb]) =>
    Number(kb),
  )
  return kilobytes.reduce((sum, kb) => sum + kb, 0) * 1_024
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
    privateBytes: a.privateBytes + b.privateBytes,
    files: a.files + b.files,
    sockets: a.sockets + b.sockets,
    threads: a.threads + b.threads,
  }
}
