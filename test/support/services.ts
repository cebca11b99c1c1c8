// The services that one test file starts. Whatever still runs after a test, or after the file's last one,
// is stopped there: it must end with exit code 0 and leave no process behind.

import { expect } from 'vitest'
import { sharedLoki, sharedPostgres } from './servers/shared.ts'
import { RunningService, type ServiceOptions } from './service.ts'
import type { Exit } from './servers/processes.ts'

type Hook = (work: () => Promise<void>) => void

export type Services = {
  start(options: ServiceOptions): Promise<RunningService>
}

/** `after` is vitest's afterEach or afterAll. */
export function startedServices(after: Hook): Services {
  const started: RunningService[] = []
  after(async () => {
    const ends = await Promise.allSettled(started.splice(0).map(endOf))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  })
  return {
    async start(options) {
      const service = await RunningService.start(options)
      started.push(service)
      return service
    },
  }
}

async function endOf(service: RunningService): Promise<void> {
  try {
    if (service.launched.isRunning()) expect(await service.stop()).toEqual({ code: 0, signal: null })
    else await service.nothingLeft()
  } finally {
    await service.cleanUp()
  }
}

export type Ended = {
  readonly exit: Exit
  readonly service: RunningService
  readonly stdout: string
  readonly stderr: string
  readonly output: string
}

/** Runs the program until it ends by itself, as a start that fails does, or `check` and `once`. */
export async function runToEnd(options: ServiceOptions): Promise<Ended> {
  const service = await RunningService.start(options)
  const exit = await service.launched.exited
  await service.nothingLeft()
  const { launched } = service
  return {
    exit,
    service,
    stdout: launched.stdout(),
    stderr: launched.stderr(),
    output: launched.output(),
  }
}

/** An unprivileged user. */
export const nobody = { uid: 65_534, gid: 65_534 }

/** A service with one metric of this name, asked of the shared PostgreSQL five times a second. */
export function oneMetric(metric: string, lokiUrl = sharedLoki().baseUrl) {
  return {
    metrics: { [metric]: { every: '200ms', query: 'select 1 as one' } },
    flags: ['--loki_url', lokiUrl],
    env: { ROWTAIL_CONNECTION_STRING: sharedPostgres().connectionString() },
  }
}
