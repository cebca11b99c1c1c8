// The process of a driver host before it serves: it loads its files and its driver, and waits for its orders.
// The service starts its first one before its own files are loaded, because a host is the slowest to come up.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Target } from '../core/target.ts'
import { entryPoint } from '../kit/entry-point.ts'
import { driverNameOf } from '../sources/sql/driver-host/drivers/registry.ts'
import { hostCommand, hostEnvironment } from './host-command.ts'

const entry = entryPoint('../sources/sql/driver-host/main', import.meta.url)

/** SQLite is synchronous, so there each metric has a host of its own; a host of any other kind serves all. */
export function metricsByHost(kind: Target['kind'], metrics: readonly string[]): (readonly string[])[] {
  return kind === 'sqlite' ? metrics.map((metric) => [metric]) : [metrics]
}

/**
 * For so many database connections. It ends with its parent, or by SIGKILL; a failure to start it is told by
 * whoever waits for it to listen. `program` stands in for it in tests.
 */
export function spawnHostProcess(
  target: Pick<Target, 'kind' | 'binding'>,
  connections: number,
  program = entry,
): ChildProcess {
  const { command, args } = hostCommand(program)
  const child = spawn(command, [...args, driverNameOf(target)], {
    env: hostEnvironment(connections),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  return child.on('error', () => undefined)
}
