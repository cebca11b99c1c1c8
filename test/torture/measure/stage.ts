// What a part measures on: a PostgreSQL and a Loki of its own, a gateway between rowtail and Loki, and the
// services that it starts. All of it is gone when the part ends, however it ends.

import { rmSync } from 'node:fs'
import { LokiServer } from '../../support/servers/loki.ts'
import { PostgresServer } from '../../support/servers/postgres.ts'
import { RecordingLoki } from '../../support/recording-loki.ts'
import { RunningService } from '../../support/service.ts'

export type MetricEntry = { readonly every: string; readonly query: string; readonly timeout?: string }

export type Stage = {
  readonly postgres: PostgresServer
  readonly loki: LokiServer
  readonly gateway: RecordingLoki
  /** Starts a rowtail that pushes through the gateway; does not wait for it. */
  readonly start: (
    metrics: Readonly<Record<string, MetricEntry>>,
    flags?: readonly string[],
    env?: Readonly<Record<string, string>>,
  ) => Promise<RunningService>
}

/** Runs one part on servers of its own. */
export async function onStage<T>(play: (stage: Stage) => Promise<T>): Promise<T> {
  const [postgres, loki] = await Promise.all([
    PostgresServer.start({ settings: { max_connections: 200 } }),
    LokiServer.start(),
  ])
  const gateway = await RecordingLoki.start(loki.baseUrl)
  const services: RunningService[] = []
  const start: Stage['start'] = async (metrics, flags = [], env = {}) => {
    const service = await RunningService.start({
      metrics,
      flags: ['--loki_url', gateway.baseUrl, ...flags],
      env: { ROWTAIL_CONNECTION_STRING: postgres.connectionString(), ...env },
    })
    services.push(service)
    return service
  }
  try {
    return await play({ postgres, loki, gateway, start })
  } finally {
    for (const service of services) {
      await service.cleanUp()
      rmSync(service.directory, { recursive: true, force: true })
    }
    await Promise.allSettled([gateway.stop(), loki.remove(), postgres.remove()])
  }
}

/** A query of `rows` rows of `padBytes` and some 30 more, each different. */
export function rowsOf(rows: number, padBytes: number): string {
  const pad = `left(repeat(md5(n::text), ${Math.ceil(padBytes / 32)}), ${padBytes})`
  return `select n as id, ${pad} as pad from generate_series(1, ${rows}) as n`
}
