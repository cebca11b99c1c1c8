// rowtail under torture: one service after another on the same state directory, what each wrote, and what its
// spools showed whenever they were looked at.

import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Exit } from '../support/servers/processes.ts'
import { killTree, signalAll, treeOf } from '../support/servers/processes.ts'
import { cutPower, flush } from '../support/power-cut/undo.ts'
import { waitFor } from '../support/servers/waiting.ts'
import { newServiceDirectory, RunningService } from '../support/service.ts'
import type { Finding } from './ledger.ts'
import { removeLeftClocks } from './left-clocks.ts'
import { has, type Plan } from './plan.ts'
import { SmallDisk } from './small-disk.ts'
import { queryOf } from './source.ts'
import { copySpools, type SpoolState, SpoolWatch } from './spool-watch.ts'
import { type Crash, crashWorker, inspectorEnvironment } from './worker-crash.ts'
import type { World } from './world.ts'

export class Subject {
  readonly directory = newServiceDirectory()
  readonly watches: readonly SpoolWatch[]
  readonly findings: Finding[] = []
  /** The output of every service so far, one after another. */
  readonly outputs: string[] = []
  /** A label of all streams: a new era has streams of its own. */
  era = 1
  readonly plan: Plan
  readonly #world: World
  #service: RunningService | undefined
  #copies = 0
  #isEnding = false
  #seen: SpoolState[] = []
  /** Where its spools lie, in rounds that fill it. */
  readonly disk: SmallDisk | undefined

  constructor(plan: Plan, world: World) {
    this.plan = plan
    this.#world = world
    this.disk = has(plan, 'disk full') ? SmallDisk.mountAt(join(this.directory, 'state')) : undefined
    this.watches = plan.metrics.map(({ name }) => new SpoolWatch(name))
  }

  get spoolDirectory(): string {
    return join(this.directory, 'state', 'spool')
  }

  get copiesDirectory(): string {
    return join(this.directory, 'copies')
  }

  /** `polls: false`: metrics that are due tomorrow, so that it only delivers what is spooled. */
  async start({ polls }: { readonly polls: boolean }): Promise<RunningService> {
    const { metrics, isScripted, flags } = this.plan
    const { connectionString, lokiUrl, scriptedUrl } = this.#world
    this.#service = await RunningService.start({
      metrics: Object.fromEntries(
        metrics.map((metric) => [
          metric.name,
          { every: polls ? `${metric.everyMs}ms` : '1d', timeout: this.#timeout(), query: queryOf(metric) },
        ]),
      ),
      flags: [
        '--loki_url',
        isScripted ? scriptedUrl : lokiUrl,
        '--label',
        `era=${this.era}`,
        // A killed Loki on a busy machine took more than 30 s once, and what has delivered nothing ends.
        '--startup_wait',
        '2m',
        ...this.#reserve(),
        ...flags,
      ],
      env: {
        ROWTAIL_CONNECTION_STRING: connectionString,
        ...(has(this.plan, 'worker crash') ? inspectorEnvironment : {}),
        ...this.#libraries(),
      },
      directory: this.directory,
    })
    return this.#service
  }

  /** Waits until a service polls, so that a restart at the end of a round is seen to work; not for ever. */
  async polling(timeoutMs: number): Promise<void> {
    if (this.#running() === undefined) await this.start({ polls: true })
    const isPolling = () => this.#service?.log().some(({ event }) => event === 'service.ready')
    await waitFor(isPolling, { what: 'a service that polls', timeoutMs, everyMs: 100 }).catch(() => undefined)
  }

  /**
   * Reads all spools beside the running service. While one ends they are not looked at: a reader then finds
   * commits in SQLite's log that a kill cut off before their sync, which are no promise. Nor can they be on a
   * full disk: a reader of that log needs a page of its own.
   */
  look(): SpoolState[] {
    if (this.#isEnding) return this.#seen
    try {
      this.#seen = this.watches.map((watch) => watch.look(this.spoolDirectory))
    } catch (error) {
      if (this.disk?.isFull !== true) throw error
    }
    return this.#seen
  }

  /**
   * Only while no service runs: what waits of this era becomes older by that, and by what a clock of the
   * round is ahead. Else rows of such a clock might wait until Loki's comes near (D-9), longer than a round.
   */
  ageBacklog(ageMs: number): void {
    const steps = this.plan.faults.map((fault) => (fault.kind === 'clock stepped' ? fault.byMs : 0))
    const age = { ageMs: ageMs + Math.max(0, ...steps), labelText: `era="${this.era}"` }
    for (const watch of this.watches) watch.age(this.spoolDirectory, age)
  }

  async killMain(): Promise<void> {
    await this.#end(async (service) => {
      process.kill(service.launched.pid, 'SIGKILL')
      return service.launched.exited
    })
  }

  async killBoth(): Promise<void> {
    await this.#end((service) => killTree(service.launched))
  }

  /** As killBoth, and what was not synced is gone too. */
  async cutPower(): Promise<void> {
    await this.#end(async (service) => {
      const exit = await killTree(service.launched)
      await service.nothingLeft()
      cutPower(this.spoolDirectory)
      return exit
    })
  }

  /** Its processes: rowtail, then its driver hosts. */
  pids(): number[] {
    const service = this.#running()
    return service === undefined ? [] : treeOf(service.launched.pid)
  }

  /** Stops all its processes, as a machine that is suspended does; returns how they go on. */
  hang(): () => void {
    const pids = this.pids()
    signalAll(pids, 'SIGSTOP')
    return () => signalAll(pids, 'SIGCONT')
  }

  /** SIGKILL to the driver hosts; rowtail goes on. */
  killHosts(): void {
    signalAll(this.pids().slice(1), 'SIGKILL')
  }

  /** Ends the thread of one metric; that rowtail goes on without a new one is a finding. */
  async crashWorker(crash: { readonly how: Crash; readonly worker: number }): Promise<void> {
    const service = this.#running()
    const fault = service === undefined ? undefined : await crashWorker(service, crash)
    if (fault !== undefined) this.#tell(fault)
  }

  /** A clean end has exit code 0; a thread that does not leave in time may cost a SIGKILL of its own. */
  async term(): Promise<void> {
    await this.#end(async (service) => {
      const exit = await service.stop()
      // Before it has begun, the signal ends it as it ends any program.
      const hasBegun = service.launched.stdout() !== ''
      const { code, signal } = exit
      if (code !== 0 && signal !== 'SIGKILL' && hasBegun)
        this.#tell(`SIGTERM ended it with ${code ?? signal}`)
      return exit
    })
  }

  /** Steps the wall clock of rowtail, and of nothing else; its monotonic clock runs on. */
  setClock(byMs: number): void {
    writeFileSync(this.#clockPath, `${byMs < 0 ? '' : '+'}${byMs / 1_000}\n`)
  }

  get #clockPath(): string {
    return join(this.directory, 'clock')
  }

  /** Loaded only where the plan needs them: each costs time at every call that it watches. */
  #libraries(): Record<string, string> {
    const clock = has(this.plan, 'clock stepped') ? process.env['FAKETIME_LIBRARY'] : undefined
    const powerCut = has(this.plan, 'power cut') ? process.env['POWER_CUT_LIBRARY'] : undefined
    const loaded = [clock, powerCut].filter((path) => path !== undefined)
    if (loaded.length === 0) return {}
    if (!existsSync(this.#clockPath)) this.setClock(0)
    return {
      LD_PRELOAD: loaded.join(':'),
      FAKETIME_TIMESTAMP_FILE: this.#clockPath,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }
  }

  /** A large run takes its time on a busy machine, and its end by a deadline is no finding. */
  #timeout(): string {
    return this.plan.shape === 'light' ? '10s' : '60s'
  }

  /** A small disk is nearly full from the start on. */
  #reserve(): string[] {
    return this.disk === undefined ? [] : ['--disk_reserve', '0B']
  }

  /** Ends what still runs, in a round that cannot go on. */
  async giveUp(): Promise<void> {
    if (this.#service === undefined) return
    await this.#service.cleanUp()
    this.outputs.push(this.#service.launched.output())
    this.#service = undefined
  }

  /** After the round, and after its evidence was copied. */
  async remove(): Promise<void> {
    await this.giveUp()
    if (has(this.plan, 'clock stepped')) removeLeftClocks()
    this.disk?.unmount()
    rmSync(this.directory, { recursive: true, force: true })
  }

  async #end(how: (service: RunningService) => Promise<Exit>): Promise<void> {
    const service = this.#running()
    if (service === undefined) return
    this.#isEnding = true
    await how(service)
    await service.nothingLeft()
    this.outputs.push(service.launched.output())
    this.#service = undefined
    this.#copies += 1
    const copy = copySpools(this.spoolDirectory, join(this.copiesDirectory, String(this.#copies)))
    // A commit that the kill cut off before its sync is no promise, although SQLite finds it in its log.
    if (has(this.plan, 'power cut')) cutPower(copy)
    for (const watch of this.watches) watch.look(copy)
    if (existsSync(this.spoolDirectory)) flush(this.spoolDirectory)
    this.#isEnding = false
  }

  /** A service that has ended by itself is a finding. */
  #running(): RunningService | undefined {
    const service = this.#service
    if (service === undefined || service.launched.isRunning()) return service
    this.#tell('it ended by itself')
    this.outputs.push(service.launched.output())
    this.#service = undefined
    return undefined
  }

  #tell(what: string): void {
    this.findings.push({ kind: 'service', what })
  }
}
