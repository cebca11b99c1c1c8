// The servers of a torture run, started once and used by all rounds: PostgreSQL and Loki, each behind
// toxiproxy, and the scripted proxy as a second way to Loki.

import { LokiServer } from '../support/servers/loki.ts'
import { PostgresServer } from '../support/servers/postgres.ts'
import { postgresConnectionString } from '../support/servers/postgres-address.ts'
import { ScriptedLoki } from './scripted-loki.ts'
import { prepareSource } from './source.ts'
import { Toxiproxy } from './toxiproxy.ts'

export type World = {
  readonly postgres: PostgresServer
  readonly loki: LokiServer
  readonly scripted: ScriptedLoki
  readonly toxiproxy: Toxiproxy
  readonly connectionString: string
  /** Ways to Loki, both through toxiproxy. */
  readonly lokiUrl: string
  readonly scriptedUrl: string
}

/** Names in toxiproxy. */
export const proxies = { loki: ['loki', 'scripted'], database: ['database'] } as const

export async function startWorld(): Promise<World> {
  const program = process.env['TOXIPROXY_BIN']
  if (program === undefined) throw new Error('TOXIPROXY_BIN is not set: start it by `npm run torture`')
  const [toxiproxy, postgres, loki] = await Promise.all([
    Toxiproxy.start(program),
    // What was committed outlives a stop: the numbers of polls must never come again.
    PostgresServer.start({ settings: { synchronous_commit: 'on', max_connections: 200 } }),
    // Its stop waits for requests that hang, half a minute by default.
    LokiServer.start({ overrides: { server: { graceful_shutdown_timeout: '2s' } } }),
  ])
  await prepareSource(postgres)
  const scripted = await ScriptedLoki.start(loki.baseUrl)
  const { host, port } = postgres.address
  const databasePort = await toxiproxy.proxy('database', `${host}:${port}`)
  const lokiPort = await toxiproxy.proxy('loki', new URL(loki.baseUrl).host)
  const scriptedPort = await toxiproxy.proxy('scripted', `127.0.0.1:${scripted.port}`)
  return {
    postgres,
    loki,
    scripted,
    toxiproxy,
    connectionString: postgresConnectionString({ ...postgres.address, port: databasePort }),
    lokiUrl: `http://127.0.0.1:${lokiPort}`,
    scriptedUrl: `http://127.0.0.1:${scriptedPort}`,
  }
}

/** Ends every fault: all servers run and answer as they do without one. */
export async function heal({ toxiproxy, scripted, loki, postgres }: World): Promise<void> {
  scripted.heal()
  loki.resume()
  postgres.resume()
  await toxiproxy.heal()
}

export async function stopWorld({ toxiproxy, scripted, loki, postgres }: World): Promise<void> {
  await Promise.allSettled([scripted.stop(), toxiproxy.stop(), loki.remove(), postgres.remove()])
}
