// Child processes of tests: started with bounded captured output, ended with everything below them, and found
// again in /proc by a token of their environment. A launched process dies with the process that launched it.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { waitFor, within } from './waiting.ts'

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

export type LaunchOptions = {
  readonly cwd?: string
  /** Added to the environment; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Another user, for whom only root may start processes. */
  readonly user?: { readonly uid: number; readonly gid: number }
  readonly input?: string
  /** Its standard input stays open after `input`, for `write`. */
  readonly keepsInput?: true
}

export type Launched = {
  readonly pid: number
  /** Resolves when the process has ended and its output is read to the end. */
  readonly exited: Promise<Exit>
  isRunning(): boolean
  /** To its standard input, where that was kept open. */
  write(text: string): void
  /** The last 256 KiB that were written, both streams interleaved as they came. */
  output(): string
  stdout(): string
  stderr(): string
  /** Each piece of its standard output from now on. */
  onStdout(listener: (piece: string) => void): void
}

const keptOutputLength = 256 * 1024

/** Starts a process. A program that does not exist ends with code 127 and says so in its output. */
export async function launch(
  command: string,
  args: readonly string[],
  options: LaunchOptions = {},
): Promise<Launched> {
  const [program, ...words] = dyingWithParent([command, ...args], options)
  if (program === undefined) throw new Error('no command')
  const child = spawn(program, words, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  child.stdin.on('error', () => {}) // it may end without reading
  if (options.keepsInput !== true) child.stdin.end(options.input)
  else if (options.input !== undefined) child.stdin.write(options.input)
  return launchedOf(child, exited)
}

/** Runs a program to its end and returns its standard output; throws with its words when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  options: LaunchOptions = {},
): Promise<string> {
  const launched = await launch(command, args, options)
  const { code, signal } = await launched.exited
  if (code === 0) return launched.stdout()
  throw new Error(`${command} ended with ${signal ?? code}: ${launched.output().trim()}`)
}

/** Sends `signal` and waits for the end; after `timeoutMs` the whole tree is killed. */
export async function stopProcess(
  launched: Launched,
  signal: NodeJS.Signals,
  timeoutMs: number,
): Promise<Exit> {
  if (launched.isRunning()) process.kill(launched.pid, signal)
  return (await within(launched.exited, timeoutMs)) ?? (await killTree(launched))
}

/** SIGKILL to the process and all that descend from it; resolves when none of them is left. */
export async function killTree(launched: Launched): Promise<Exit> {
  const pids = launched.isRunning() ? treeOf(launched.pid) : []
  signalAll(pids, 'SIGKILL')
  await waitFor(() => !pids.some(isAlive), {
    what: `the end of processes ${pids.join(', ')}`,
    timeoutMs: 10_000,
  })
  return launched.exited
}

/** Sends a signal to each process that still exists. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It ended between the look and the signal.
    }
  }
}

/** The process and its descendants, parents first. */
export function treeOf(pid: number): number[] {
  const childrenOf = new Map<number, number[]>()
  for (const { pid: child, parent } of runningProcesses()) {
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), child])
  }
  const tree = [pid]
  for (const member of tree) tree.push(...(childrenOf.get(member) ?? []))
  return tree
}

/** Processes whose environment, at their start, held this token in any value; never the asking process. */
export function processesWithToken(token: string): number[] {
  return runningProcesses()
    .map(({ pid }) => pid)
    .filter((pid) => pid !== process.pid && environmentOf(pid).includes(token))
}

/** True until the process has ended; a zombie has ended. */
export function isAlive(pid: number): boolean {
  return statOf(pid) !== undefined
}

function launchedOf(child: ChildProcess, exited: Promise<Exit>): Launched {
  const both = capture(child, ['stdout', 'stderr'])
  const stdout = capture(child, ['stdout'])
  const stderr = capture(child, ['stderr'])
  return {
    pid: child.pid ?? -1,
    exited,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    write: (text) => void child.stdin?.write(text),
    output: both,
    stdout,
    stderr,
    onStdout: (listener) => void child.stdout?.on('data', listener),
  }
}

function capture(child: ChildProcess, streams: readonly ('stdout' | 'stderr')[]): () => string {
  let text = ''
  for (const stream of streams) {
    child[stream]?.setEncoding('utf8').on('data', (piece: string) => {
      text = (text + piece).slice(-keptOutputLength)
    })
  }
  return () => text
}

/** On Linux, `setpriv` makes the kernel kill a process whose parent has gone, however it went. */
function dyingWithParent(command: readonly string[], options: LaunchOptions): readonly string[] {
  const { user } = options
  if (!existsSync('/usr/bin/setpriv')) {
    if (user === undefined) return command
    throw new Error('setpriv is missing (Debian package util-linux): it starts processes as another user')
  }
  const identity = user === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups']
  return ['/usr/bin/setpriv', '--pdeathsig=KILL', ...identity, '--', ...command]
}

type ProcessStat = { readonly pid: number; readonly parent: number }

function runningProcesses(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? [])
}

function statOf(pid: number): ProcessStat | undefined {
  const stat = readProc(pid, 'stat')
  // The second field is the program's name in parentheses and may hold anything, parentheses too.
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (stat === '' || state === 'Z' || state === 'X') return undefined
  return { pid, parent: Number(parent) }
}

function environmentOf(pid: number): string {
  return readProc(pid, 'environ')
}

function readProc(pid: number, file: 'stat' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return '' // ended meanwhile, or another user's
  }
}
