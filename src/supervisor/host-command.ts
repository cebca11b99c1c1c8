// How a driver host is started: under `setpriv --pdeathsig KILL` where that exists, so that a host in a
// synchronous driver call dies with its parent at once, and with an environment that holds no secret of ours.

import { existsSync } from 'node:fs'
import path from 'node:path'

export type HostCommand = { readonly command: string; readonly args: readonly string[] }

/** libuv takes no more threads than this. */
const maxThreads = 1_024

export function hostCommand(entry: string): HostCommand {
  const setpriv = process.platform === 'linux' ? findOnPath('setpriv') : undefined
  if (setpriv === undefined) return { command: process.execPath, args: [entry] }
  return { command: setpriv, args: ['--pdeathsig', 'KILL', '--', process.execPath, entry] }
}

/**
 * Each connection can occupy one thread with a call and one with its cancel; four are left for files and
 * names.
 */
export function hostEnvironment(connections: number): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('ROWTAIL_'))
  return { ...Object.fromEntries(own), UV_THREADPOOL_SIZE: String(Math.min(2 * connections + 4, maxThreads)) }
}

function findOnPath(name: string): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(path.delimiter)
  return directories.map((directory) => path.join(directory, name)).find((file) => existsSync(file))
}
