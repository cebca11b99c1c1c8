// Real processes for what only processes can show: crashes, locks, other users. A child is a small program
// beside this file; it reports by messages and is killed by the end of the test at the latest.

import { fork } from 'node:child_process'
import { on, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export type ChildProgram = 'write-runs' | 'hold-lock' | 'open-unprivileged' | 'fill-disk' | 'read-spool'

export type Child = {
  readonly pid: number
  /** The child's next message. Rejects when it has ended without one. */
  nextMessage(): Promise<unknown>
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
}

export function startChild(program: ChildProgram, parameters: readonly string[]): Child {
  const path = fileURLToPath(new URL(`child-${program}.ts`, import.meta.url))
  const execArgv = ['--expose-gc']
  const child = fork(path, parameters, { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const messages = on(child, 'message', { close: ['exit'] })
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  onTestFinished(kill)
  return {
    pid: child.pid ?? 0,
    kill,
    async nextMessage() {
      const next = await messages.next()
      if (next.done === true) throw new Error(`${program} has ended without a further message`)
      return (next.value as unknown[])[0] // the arguments of one 'message' event
    },
  }
}
