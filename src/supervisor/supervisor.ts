// The owner of workers and driver hosts. app.ts builds it, opens it for polling when the startup checks have
// passed, and stops it. Everything that its parts tell becomes an event; what one metric's failure means
// stays with it.

import type { ChildProcess } from 'node:child_process'
import type { Clock } from '../core/clock.ts'
import type { ErrorReport } from '../core/errors.ts'
import type { DropReason, MetricEvent, RowtailEvent, ServiceEvent } from '../core/events.ts'
import type { Target } from '../core/target.ts'
import type { HostAddress } from '../sources/sql/host-lane.ts'
import type { Seats } from '../worker/seat.ts'
import type { ToWorker, WorkerInit } from '../worker/messages.ts'
import { HostPool, type HostPoolOptions } from './host-pool.ts'
import { metricsByHost } from './host-process.ts'
import { LoginGate } from './login-gate.ts'
import { SpoolBudget } from './spool-budget.ts'
import { type ToSupervisor, WorkerHandle } from './worker-handle.ts'

export type SupervisorOptions = {
  readonly target: Target
  /** One for each metric, and one for each spool whose metric is gone. */
  readonly workers: readonly WorkerInit[]
  readonly runtimeDirectory: string
  readonly stateDirectory: string
  readonly spoolTotalBytes: number
  readonly diskReserveBytes: number
  readonly clock: Clock
  readonly seats: Seats
  /** The process of the first driver host, where one is up already. */
  readonly hostProcess?: ChildProcess | undefined
  readonly emit: (event: RowtailEvent) => void
  /**
   * The spool of a metric that is no longer configured is empty, of dead letters too, and its worker gone.
   */
  readonly onDrained: (metric: string) => void
}

const loginProbeMs = 15_000
/** All workers are looked at together: a timer for each was a wake-up of the main thread for each. */
const lookMs = 1_000

export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #workers = new Map<string, WorkerHandle>()
  /**
   * By metric: the pool that serves it. SQLite is synchronous, so there each metric has a pool of its own.
   */
  readonly #pools = new Map<string, HostPool>()
  readonly #login: LoginGate
  readonly #budget: SpoolBudget
  readonly #polling = new Set<string>()
  #mayPoll = false
  #looking: NodeJS.Timeout | undefined
  #onIdle: () => void = () => undefined

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#login = new LoginGate({
      clock: options.clock,
      random: Math.random,
      probe: () => this.probeLogin(),
      onRefused: (error, probeMs) => this.#refuseLogin(error, probeMs),
      onAccepted: () => this.#acceptLogin(),
    })
    this.#budget = new SpoolBudget({
      directory: options.stateDirectory,
      totalBytes: options.spoolTotalBytes,
      diskReserveBytes: options.diskReserveBytes,
      evict: (metric, bytes, reason) => this.#evict(metric, bytes, reason),
      onGone: () => this.#emit({ type: 'warning', error: goneReport(options.stateDirectory) }),
    })
    this.#createPools()
  }

  /** Starts all workers: what is spooled is delivered from now on; polls wait for `poll`. */
  startWorkers(): void {
    this.#budget.start()
    for (const init of this.#options.workers) {
      const handle = new WorkerHandle({
        init,
        clock: this.#options.clock,
        seats: this.#options.seats,
        greetings: () => this.#greetings(init),
        onMessage: (message) => this.#receive(init, message),
        onStuck: () => this.#emit({ type: 'worker.stuck', metric: init.name }),
        onLost: (error, restartMs) => {
          this.#budget.workerLost(init.name)
          this.#pollEnded(init.name)
          this.#emit({ type: 'worker.lost', metric: init.name, error, restartMs })
        },
      })
      this.#workers.set(init.name, handle)
    }
    this.#looking = setInterval(() => {
      for (const worker of this.#workers.values()) worker.look()
    }, lookMs)
  }

  /** Starts the driver hosts; rejects with ReportedError where the driver cannot be used at all. */
  async startHosts(): Promise<void> {
    const [first, ...others] = new Set(this.#pools.values())
    await Promise.all([first?.start(loginProbeMs), ...others.map((pool) => pool.start())])
  }

  /** Tries one login; undefined where it worked. */
  async probeLogin(): Promise<ErrorReport | undefined> {
    const [pool] = this.#pools.values()
    return pool?.probe(loginProbeMs)
  }

  /** Where a query of the startup checks can be asked. */
  hostAddress(): HostAddress | undefined {
    const [first] = this.#pools
    return first?.[1].addressOf(first[0])
  }

  /** The startup checks have passed. */
  poll(): void {
    this.#mayPoll = true
    for (const pool of this.#pools.values()) pool.persist()
    for (const { name, metric } of this.#options.workers) if (metric !== undefined) this.#polling.add(name)
    this.#tellAll({ type: 'poll' })
  }

  /** Ends the polls; resolves when no run is in flight. Deliveries go on. */
  async stopPolls(): Promise<void> {
    this.#mayPoll = false // a worker that is restarted from now on only delivers
    this.#login.stop()
    this.#budget.stop()
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    this.#tellAll({ type: 'stop' })
    if (this.#polling.size > 0) await idle
  }

  /** Ends workers and hosts; resolves when no thread and no process of ours is left. */
  async stop(): Promise<void> {
    clearInterval(this.#looking)
    const pools = [...new Set(this.#pools.values())]
    for (const pool of pools) pool.stop()
    await Promise.all([...this.#workers.values()].map((worker) => worker.leave()))
    await Promise.all(pools.map((pool) => pool.stopped()))
  }

  /** For the last moment of a stop that takes too long. */
  killHosts(): void {
    for (const pool of this.#pools.values()) pool.stop()
  }

  #createPools(): void {
    const { target, workers, hostProcess } = this.#options
    const metrics = workers.flatMap(({ metric }) => (metric === undefined ? [] : [metric]))
    const maxTimeoutMs = Math.max(0, ...metrics.map(({ timeoutMs }) => timeoutMs))
    const names = metrics.map(({ name }) => name)
    for (const [index, group] of metricsByHost(target.kind, names).entries()) {
      const first = index === 0 ? hostProcess : undefined
      const pool = this.#createPool(group, { maxTimeoutMs, first })
      for (const name of group) this.#pools.set(name, pool)
    }
  }

  #createPool(
    metrics: readonly string[],
    { maxTimeoutMs, first }: Pick<HostPoolOptions, 'maxTimeoutMs' | 'first'>,
  ): HostPool {
    const { target, runtimeDirectory, clock } = this.#options
    return new HostPool({
      target,
      metrics,
      runtimeDirectory,
      clock,
      maxTimeoutMs,
      first,
      on: {
        address: (metric, address) => this.#workers.get(metric)?.post(hostMessage(address)),
        started: (role, pid) => this.#emit({ type: 'host.started', role, pid }),
        lost: (role, { hostId, pid }, error) => {
          for (const metric of metrics) this.#workers.get(metric)?.post({ type: 'host_lost', hostId, error })
          this.#emit({ type: 'host.lost', role, pid, error })
        },
        failed: (_role, error) => this.#emit({ type: 'warning', error }),
        limited: (what) => this.#emit({ type: 'driver.limited', what }),
        isolated: (metric, error) => this.#emitOf(metric, { type: 'metric.isolated', error }),
        returned: (metric) => this.#emitOf(metric, { type: 'metric.returned' }),
      },
    })
  }

  #greetings({ name, metric }: WorkerInit): ToWorker[] {
    if (metric === undefined) return []
    const host = hostMessage(this.#pools.get(name)?.addressOf(name))
    return this.#mayPoll && this.#login.isOpen ? [host, { type: 'poll' }] : [host]
  }

  #receive(init: WorkerInit, message: ToSupervisor): void {
    const pool = this.#pools.get(init.name)
    switch (message.type) {
      case 'event':
        this.#hear(init, message.event)
        break
      case 'abandoned':
        pool?.abandoned(init.name, message.hostId)
        break
      case 'went_down':
        void pool?.wentDown(init.name, message.hostId)
        break
      case 'clean':
        pool?.clean(init.name)
        break
      case 'evicted':
        this.#budget.evicted(init.name, message.bytes)
        break
      case 'login_refused':
        this.#login.refused(message.error)
        break
      case 'stopped':
        this.#pollEnded(init.name)
        break
    }
  }

  /** No run of this metric is in flight any more, as far as a stop has to wait for it. */
  #pollEnded(metric: string): void {
    if (this.#mayPoll) return
    this.#polling.delete(metric)
    if (this.#polling.size === 0) this.#onIdle()
  }

  #hear(init: WorkerInit, event: MetricEvent & { readonly atMs: number }): void {
    if (event.type === 'spool.depth') this.#budget.report(init.name, event.depth.bytes)
    this.#options.emit({ ...event, metric: init.name })
    if (event.type === 'metric.drained') void this.#dismiss(init.name, event.deadLetters)
  }

  /** A drain-only worker that has nothing left. */
  async #dismiss(name: string, deadLetters: number): Promise<void> {
    const handle = this.#workers.get(name)
    this.#workers.delete(name)
    await handle?.leave()
    if (deadLetters === 0) this.#options.onDrained(name)
  }

  #refuseLogin(error: ErrorReport, probeMs: number): void {
    this.#tellAll({ type: 'pause' })
    this.#emit({ type: 'login.refused', error, probeMs })
  }

  #acceptLogin(): void {
    this.#emit({ type: 'login.accepted' })
    if (this.#mayPoll) this.#tellAll({ type: 'poll' })
  }

  #evict(metric: string, bytes: number, reason: DropReason): void {
    this.#workers.get(metric)?.post({ type: 'evict', bytes, reason })
  }

  #tellAll(message: ToWorker): void {
    for (const worker of this.#workers.values()) worker.post(message)
  }

  #emit(event: ServiceEvent): void {
    this.#options.emit({ ...event, atMs: this.#options.clock.nowMs() })
  }

  #emitOf(metric: string, event: MetricEvent): void {
    this.#options.emit({ ...event, metric, atMs: this.#options.clock.nowMs() })
  }
}

function hostMessage(address: HostAddress | undefined): ToWorker {
  return address === undefined ? { type: 'host' } : { type: 'host', address }
}

function goneReport(directory: string): ErrorReport {
  return {
    code: 'state_dir_unusable',
    message: `The state directory ${directory} was removed while rowtail runs.`,
    hint: 'What is not delivered when rowtail stops is lost: see that Loki takes rows, then restart.',
  }
}
