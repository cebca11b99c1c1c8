// How a driver host is started: under `setpriv --pdeathsig KILL` where that exists, so that a host in a
// synchronous driver call dies with its parent at once, and with an environment that holds no secret of ours.

import { existsSync } from 'node:fs'
import path from 'node:path'

export type HostCommand = { readonly command: string; readonly args: readonly string[] }

/** Below 2 GiB V8 runs its builtins where they are, instead of mapping them anew: 2 MB. */
const nodeFlags = ['--max-old-space-size=1024']

/** libuv takes no more threads than this. */
const maxThreads = 1_024

export function hostCommand(entry: string): HostCommand {
  const setpriv = process.platform === 'linux' ? findOnPath('setpriv') : undefined
  if (setpriv === undefined) return { command: process.execPath, args: [...nodeFlags, entry] }
  return { command: setpriv, args: ['--pdeathsig', 'KILL', '--', process.execPath, ...nodeFlags, entry] }
}

/**
 * Each connection can occupy one thread with a call and one with its cancel; four are left for files and
 * names. glibc gives each of these threads a heap of its own, of which little is used: two for all are 3 MB
 * less with six connections. An operator's own MALLOC_ARENA_MAX wins.
 */
export function hostEnvironment(connections: number): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('ROWTAIL_'))
  const threads = String(Math.min(2 * connections + 4, maxThreads))
  return { MALLOC_ARENA_MAX: '2', ...Object.fromEntries(own), UV_THREADPOOL_SIZE: threads }
}

function findOnPath(name: string): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(path.delimiter)
  return directories.map((directory) => path.join(directory, name)).find((file) => existsSync(file))
}
