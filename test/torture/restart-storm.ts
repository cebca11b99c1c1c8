// Many quick restarts on one state directory: SIGTERM, and SIGKILL of rowtail or of all its processes, at
// random moments, most of them while it starts. What may be left of that: one state directory, no process, no
// socket, and every row once in Loki. Run by a test, and longer by `npm run torture -- --measure storms`.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Random } from '../support/random.ts'
import type { LokiServer } from '../support/servers/loki.ts'
import type { PostgresServer } from '../support/servers/postgres.ts'
import { killTree } from '../support/servers/processes.ts'
import { pause, waitFor } from '../support/servers/waiting.ts'
import { newServiceDirectory, RunningService } from '../support/service.ts'
import { audit, type Finding } from './ledger.ts'
import { entriesInLoki } from './loki-reader.ts'
import { addMetrics, type MetricSpec, pollsOf, prepareSource, queryOf } from './source.ts'
import { quarantinedIn, SpoolWatch } from './spool-watch.ts'

export type Storm = {
  readonly postgres: PostgresServer
  readonly loki: Pick<LokiServer, 'baseUrl'>
  readonly restarts: number
  readonly random: Random
}

export type AfterStorm = {
  /** What the ledger has to say, and ends that are none of a clean program's. */
  readonly findings: readonly Finding[]
  readonly rows: number
  /** Restarts that the service lived to be ready in. */
  readonly ready: number
  /** Names in the state directory, and in the directory of sockets. */
  readonly state: readonly string[]
  readonly sockets: readonly string[]
}

const metrics: readonly MetricSpec[] = ['storm_a', 'storm_b', 'storm_c'].map((name) => ({
  name,
  everyMs: 100,
  leastRows: 1,
  mostRows: 20,
  padBytes: 200,
}))

/** A start takes some 600 ms where nothing else runs: half of the ends come before it is through. */
const longestLifeMs = 1_200
/** The longest line of the source, metadata included. */
const lineBytes = 300

/** The PostgreSQL must not have the torture source yet. */
export async function restartStorm(storm: Storm): Promise<AfterStorm> {
  await prepareSource(storm.postgres)
  await addMetrics(storm.postgres, metrics)
  const place = new Place(storm)
  try {
    return await rageIn(place, storm)
  } finally {
    await place.remove()
  }
}

async function rageIn(place: Place, { restarts, random, postgres, loki }: Storm): Promise<AfterStorm> {
  const startNs = BigInt(Date.now() - 60_000) * 1_000_000n
  const findings: Finding[] = []
  let ready = 0
  for (let restart = 0; restart < restarts; restart += 1) {
    const service = await place.start('100ms')
    await pause(random.below(longestLifeMs))
    findings.push(...(await end(service, random.pick(['SIGTERM', 'kill main', 'kill all']))))
    if (service.log().some(({ event }) => event === 'service.ready')) ready += 1
    place.look()
  }
  await place.drain()
  const read = (selector: string) => entriesInLoki(loki.baseUrl, selector, { startNs, lineBytes })
  const polls = await pollsOf(postgres, metrics)
  let rows = 0
  for (const spec of metrics) {
    const stored = await read(`{job="${spec.name}"}`)
    const known = polls.get(spec.name)
    if (known === undefined) throw new Error(`the database knows nothing of ${spec.name}`)
    const record = { spec, polls: known, ...place.recordOf(spec) }
    const runs = await read(`{job="rowtail", metric="${spec.name}"}`)
    findings.push(...audit({ ...record, loki: { rows: stored, runs } }, nothingRefused))
    rows += stored.length
  }
  return { findings, rows, ready, ...place.leftovers() }
}

const nothingRefused = {
  refused: new Set<string>(),
  oldestNs: 0n,
  unaskedNs: 0n,
  mayRestamp: false,
  mayDrop: false,
  isSourceSound: false,
}

/** Each waits until no process of the service is left, and throws where one stays. */
async function end(service: RunningService, how: 'SIGTERM' | 'kill main' | 'kill all'): Promise<Finding[]> {
  if (!service.launched.isRunning()) {
    return [{ kind: 'service', what: `it ended by itself: ${service.launched.output().slice(-500)}` }]
  }
  if (how === 'kill main') await service.kill()
  else if (how === 'kill all') {
    await killTree(service.launched)
    await service.nothingLeft()
  } else {
    const { code, signal } = await service.stop()
    // Before it has begun, the signal ends it as it ends any program.
    const isClean = code === 0 || service.launched.stdout() === ''
    if (!isClean) return [{ kind: 'service', what: `SIGTERM ended it with ${code ?? signal}` }]
  }
  return []
}

/** One state directory, one directory of sockets, and what their spools showed. */
class Place {
  readonly #directory = newServiceDirectory()
  readonly #sockets = mkdtempSync(join(tmpdir(), 'storm-'))
  readonly #storm: Storm
  readonly #watches = metrics.map(({ name }) => new SpoolWatch(name))
  #service: RunningService | undefined

  constructor(storm: Storm) {
    this.#storm = storm
  }

  async start(every: '100ms' | '1d'): Promise<RunningService> {
    const { postgres, loki } = this.#storm
    this.#service = await RunningService.start({
      metrics: Object.fromEntries(
        metrics.map((metric) => [metric.name, { every, timeout: '5s', query: queryOf(metric) }]),
      ),
      flags: ['--loki_url', loki.baseUrl],
      env: { ROWTAIL_CONNECTION_STRING: postgres.connectionString(), XDG_RUNTIME_DIR: this.#sockets },
      directory: this.#directory,
    })
    return this.#service
  }

  look(): void {
    for (const watch of this.#watches) watch.look(this.#spools)
  }

  /** One more start polls, as the last proof; another delivers what waits. Both end cleanly. */
  async drain(): Promise<void> {
    const polling = await this.start('100ms')
    await polling.ready()
    for (const { name } of metrics) await polling.metric(name, ({ runs }) => runs.ok >= 2, 60_000)
    await polling.stop()
    const draining = await this.start('1d')
    const isEmpty = () => this.#watches.every((watch) => watch.look(this.#spools).waiting.length === 0)
    await waitFor(isEmpty, { what: 'the spools to drain', timeoutMs: 60_000 })
    await draining.stop()
  }

  recordOf({ name }: MetricSpec) {
    const watch = this.#watches.find(({ metric }) => metric === name)
    if (watch === undefined) throw new Error(`nobody watches ${name}`)
    return { promised: watch.promised(), spool: watch.look(this.#spools) }
  }

  leftovers(): { state: string[]; sockets: string[] } {
    const state = readdirSync(join(this.#directory, 'state')).toSorted()
    const quarantined = quarantinedIn(this.#spools)
    return { state: [...state, ...quarantined], sockets: readdirSync(this.#sockets) }
  }

  async remove(): Promise<void> {
    await this.#service?.cleanUp()
    for (const path of [this.#directory, this.#sockets]) rmSync(path, { recursive: true, force: true })
  }

  get #spools(): string {
    return join(this.#directory, 'state', 'spool')
  }
}
