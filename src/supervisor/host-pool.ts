// The driver hosts of one target: a main one that serves all metrics, and an isolation host for those that
// left a call behind. It starts them, pings them, replaces what hangs or crashed, and says which metric is
// served where.

import type { ChildProcess } from 'node:child_process'
import { backoffMs, hostBackoff } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { type ErrorReport, reportOf } from '../core/errors.ts'
import type { HostRole } from '../core/events.ts'
import type { Target } from '../core/target.ts'
import type { HostAddress } from '../sources/sql/host-lane.ts'
import { DriverHost, type HostHealth } from './driver-host.ts'
import { spawnHostProcess } from './host-process.ts'
import { socketPathIn } from './runtime-dir.ts'

export type HostPoolOptions = {
  readonly target: Target
  readonly metrics: readonly string[]
  readonly runtimeDirectory: string
  readonly clock: Clock
  /** The longest deadline of the metrics: how long a replaced host may finish what runs on it. */
  readonly maxTimeoutMs: number
  /** The process of the first main host, where one is up already. */
  readonly first?: ChildProcess | undefined
  /** What runs as a host; tests have a program of their own. */
  readonly program?: string
  readonly on: HostPoolListener
}

export type HostPoolListener = {
  /** `address` undefined: no host for this metric at the moment. */
  address(metric: string, address: HostAddress | undefined): void
  started(role: HostRole, pid: number): void
  lost(role: HostRole, host: { readonly hostId: number; readonly pid: number }, error: ErrorReport): void
  /** No host could be started; it is tried again. */
  failed(role: HostRole, error: ErrorReport): void
  limited(what: string): void
  isolated(metric: string, reason: ErrorReport): void
  returned(metric: string): void
}

type Beginning = { readonly process?: ChildProcess | undefined; readonly loginMs?: number | undefined }

const pingIntervalMs = 1_000
const pongWithinMs = 2_000
/** A host that stays silent for this much longer is killed: nobody will hear what it may still fetch. */
const silentGraceMs = 3_000
const maxAbandonedCalls = 4
/** A host with fifty connections has some 100 MB; drivers that hold a whole result have more, for a while. */
export const maxHostBytes = 1024 * 1024 * 1024
/** A host that was replaced for its size and still grows is not waited for beyond this. */
const retiredHostBytes = 2 * maxHostBytes
/** A host that lived this long did not fail at its start: the backoff begins anew. */
const settledMs = 60_000

let hostCount = 0

export class HostPool {
  readonly #options: HostPoolOptions
  readonly #stop = new AbortController()
  readonly #serving = new Map<HostRole, DriverHost>()
  readonly #retired = new Set<DriverHost>()
  readonly #starting = new Set<Promise<DriverHost>>()
  readonly #isolated = new Set<string>()
  readonly #keeping = new Map<HostRole, AbortController>()
  #first: ChildProcess | undefined
  /** The last main host that ended by what ran in it. */
  #crashedHostId: number | undefined

  constructor(options: HostPoolOptions) {
    this.#options = options
    this.#first = options.first
  }

  /**
   * Starts the main host and keeps it; rejects with ReportedError where it cannot start, and tries no more
   * then. With `loginMs` it tries a login at once, of which `probe` tells.
   */
  async start(loginMs?: number): Promise<void> {
    if (this.#keeping.has('main')) return
    const first = this.#first
    this.#first = undefined
    const host = await this.#startHost('main', { process: first, loginMs })
    void this.#keep('main', host)
  }

  /** Keeps trying from now on, where `start` has failed. */
  persist(): void {
    if (!this.#keeping.has('main')) void this.#keep('main')
  }

  addressOf(metric: string): HostAddress | undefined {
    return this.#serving.get(this.#roleOf(metric))?.address
  }

  /** Tries the login on the main host. */
  async probe(timeoutMs: number): Promise<ErrorReport | undefined> {
    const host = this.#serving.get('main')
    return host === undefined ? noHost : host.probe(timeoutMs)
  }

  /**
   * A metric left a call behind: it moves to the isolation host, where it can hurt nobody; from there, to a
   * fresh one of that kind.
   */
  abandoned(metric: string, hostId: number): void {
    const left = this.#serving.get(this.#isSolo ? 'main' : 'isolation')
    if (left?.address.hostId === hostId) left.kill(wedged)
    else if (hostId === this.#crashedHostId || this.#aliveHost(hostId)) this.#isolate(metric, leftBehind)
  }

  /**
   * A call of this metric went down with its host, which tells of its query only where nobody else ended the
   * host. The lane's end may be heard before the process's.
   */
  async wentDown(metric: string, hostId: number): Promise<void> {
    await this.#aliveHost(hostId)?.lost
    if (hostId === this.#crashedHostId && !this.#stop.signal.aborted) this.#isolate(metric, crashedBy)
  }

  /**
   * Ten clean runs on the isolation host: the metric goes back, and an isolation host without metrics ends.
   */
  clean(metric: string): void {
    if (!this.#isolated.delete(metric)) return
    this.#options.on.returned(metric)
    this.#tell(metric)
    if (this.#isolated.size === 0) this.#keeping.get('isolation')?.abort()
  }

  /** Kills every host at once. */
  stop(): void {
    this.#stop.abort(new Error('the service is stopping'))
    for (const host of [...this.#serving.values(), ...this.#retired]) host.kill()
  }

  /** Resolves when no host process is left. */
  async stopped(): Promise<void> {
    await Promise.allSettled(this.#starting)
    await Promise.all([...this.#serving.values(), ...this.#retired].map((host) => host.lost))
  }

  /** Keeps a host of this role alive until the pool stops or the role is no longer needed. */
  async #keep(role: HostRole, first?: DriverHost): Promise<void> {
    const ended = new AbortController()
    this.#keeping.set(role, ended)
    const signal = AbortSignal.any([this.#stop.signal, ended.signal])
    const { clock } = this.#options
    let host = first
    let failures = 0
    while (!signal.aborted) {
      const startMs = clock.monotonicMs()
      try {
        host ??= await this.#startHost(role)
        await this.#watch(role, host, signal)
      } catch (error) {
        if (!this.#stop.signal.aborted) this.#options.on.failed(role, reportOf(error))
      }
      host = undefined
      // The first replacement comes at once: no other metric shall lose a run by it.
      failures = clock.monotonicMs() - startMs > settledMs ? 0 : failures + 1
      const waitMs = failures < 2 ? 0 : backoffMs(hostBackoff, failures - 1, Math.random())
      await clock.sleep(waitMs, signal).catch(() => undefined)
    }
    this.#keeping.delete(role)
    // A metric may have been isolated while the last isolation host was on its way out.
    if (!this.#stop.signal.aborted && this.#isolated.size > 0) void this.#keep(role)
  }

  async #startHost(
    role: HostRole,
    { process = this.#spawn(), loginMs }: Beginning = {},
  ): Promise<DriverHost> {
    hostCount += 1
    const { target, runtimeDirectory, on } = this.#options
    const starting = DriverHost.start({
      hostId: hostCount,
      target,
      socketPath: socketPathIn(runtimeDirectory, hostCount),
      onLimitation: (what) => on.limited(what),
      process,
      loginMs,
      signal: this.#stop.signal,
    })
    this.#starting.add(starting)
    const host = await starting.finally(() => this.#starting.delete(starting))
    if (this.#stop.signal.aborted) host.kill()
    this.#serving.set(role, host)
    on.started(role, host.pid)
    void host.lost.then((error) => this.#onLost(role, host, error))
    this.#tellAll(role)
    return host
  }

  #spawn(): ChildProcess {
    const { target, metrics, program } = this.#options
    return spawnHostProcess(target, metrics.length, program)
  }

  /** Returns when this host serves no longer: it is gone, silent, overloaded, or not needed any more. */
  async #watch(role: HostRole, host: DriverHost, signal: AbortSignal): Promise<void> {
    const isGone = host.lost.then(() => true)
    for (;;) {
      const pause = this.#options.clock.sleep(pingIntervalMs, signal).then(
        () => false,
        () => true,
      )
      if (await Promise.race([isGone, pause])) {
        if (!this.#stop.signal.aborted) host.kill()
        return
      }
      if (this.#isSolo) continue // it is synchronous: busy is not hung
      const health = await host.ping(pongWithinMs)
      const reason = reasonToReplace(health)
      if (reason === undefined) continue
      const graceMs = health === undefined ? silentGraceMs : this.#options.maxTimeoutMs
      this.#retire(role, host, { graceMs, reason })
      return
    }
  }

  /** New work goes elsewhere; what runs here may end within `graceMs`. */
  #retire(
    role: HostRole,
    host: DriverHost,
    end: { readonly graceMs: number; readonly reason: ErrorReport },
  ): void {
    if (this.#serving.get(role) === host) this.#serving.delete(role)
    this.#retired.add(host)
    const kill = () => host.kill(end.reason)
    this.#options.clock.sleep(end.graceMs, this.#stop.signal).then(kill, kill)
    if (end.reason === bloated) void this.#limitGrowth(host)
  }

  async #limitGrowth(host: DriverHost): Promise<void> {
    const { clock } = this.#options
    while (this.#retired.has(host) && !this.#stop.signal.aborted) {
      const health = await host.ping(pongWithinMs)
      if (health === undefined || health.memoryBytes > retiredHostBytes) host.kill(bloated)
      await clock.sleep(pingIntervalMs, this.#stop.signal).catch(() => undefined)
    }
  }

  #isolate(metric: string, reason: ErrorReport): void {
    if (this.#isSolo || this.#isolated.has(metric)) return
    this.#isolated.add(metric)
    this.#options.on.isolated(metric, reason)
    this.#tell(metric) // it leaves the main host at once, also where the other one has yet to start
    const hasHost = this.#serving.has('isolation') || this.#keeping.has('isolation')
    if (!hasHost) void this.#keep('isolation')
  }

  /** A SQLite metric has a host of its own: there is nobody to spare. */
  get #isSolo(): boolean {
    return this.#options.target.kind === 'sqlite'
  }

  #aliveHost(hostId: number): DriverHost | undefined {
    const alive = [...this.#serving.values(), ...this.#retired]
    return alive.find(({ address }) => address.hostId === hostId)
  }

  #onLost(role: HostRole, host: DriverHost, error: ErrorReport): void {
    this.#retired.delete(host)
    const wasServing = this.#serving.get(role) === host
    if (wasServing) this.#serving.delete(role)
    if (role === 'main' && host.hasCrashed && !host.isEndExpected) this.#crashedHostId = host.address.hostId
    if (this.#stop.signal.aborted) return
    if (!host.isEndExpected)
      this.#options.on.lost(role, { hostId: host.address.hostId, pid: host.pid }, error)
    if (wasServing) this.#tellAll(role)
  }

  #tellAll(role: HostRole): void {
    for (const metric of this.#options.metrics) if (this.#roleOf(metric) === role) this.#tell(metric)
  }

  #tell(metric: string): void {
    this.#options.on.address(metric, this.addressOf(metric))
  }

  #roleOf(metric: string): HostRole {
    return this.#isolated.has(metric) ? 'isolation' : 'main'
  }
}

/** Why new work has to go to another host. */
function reasonToReplace(health: HostHealth | undefined): ErrorReport | undefined {
  if (health === undefined) return silent
  if (health.abandoned > maxAbandonedCalls) return overloaded
  return health.memoryBytes > maxHostBytes ? bloated : undefined
}

const leftBehind: ErrorReport = {
  code: 'query_abandoned',
  message: 'A call of this metric did not end when it was cancelled; it goes on over another driver host.',
}

const crashedBy: ErrorReport = {
  code: 'host_crashed',
  message: 'The driver host crashed while it ran a query of this metric, which goes on over another one.',
}

const wedged: ErrorReport = {
  code: 'host_crashed',
  message: 'The driver host was ended because a call in it did not end when it was cancelled.',
  hint: 'The database or its driver hangs; a new driver host takes over.',
}

const silent: ErrorReport = {
  code: 'host_crashed',
  message: `The driver host answered no ping for ${pongWithinMs / 1_000} s and was replaced.`,
  hint: 'Its driver blocks the whole process, or the process was stopped.',
}

const overloaded: ErrorReport = {
  code: 'host_crashed',
  message: `The driver host carried more than ${maxAbandonedCalls} calls that did not end when cancelled.`,
  hint: 'The database or its driver hangs.',
}

const bloated: ErrorReport = {
  code: 'host_crashed',
  message: `The driver host took more than ${maxHostBytes / 1024 ** 3} GiB of memory and was replaced.`,
  hint: 'Its driver leaks memory, or holds the whole result of a query that should be narrowed.',
}

const noHost: ErrorReport = {
  code: 'host_unavailable',
  message: 'No driver host is there; one is being started.',
}
