// The running service as tests see it: the real program as a child process, its JSON log as events, its
// status over HTTP, its end by signal. Runs the sources directly, or the built program where ROWTAIL_ENTRY
// names it.

import { randomUUID } from 'node:crypto'
import { chownSync, mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { StatusSnapshot } from '../../src/core/status.ts'
import type { MetricStatus } from '../../src/core/status-metric.ts'
import { compileCache } from './compile-cache.ts'
import { freePort } from './servers/ports.ts'
import {
  type Exit,
  killTree,
  type Launched,
  launch,
  processesWithToken,
  stopProcess,
} from './servers/processes.ts'
import { waitFor } from './servers/waiting.ts'

export type LogLine = {
  readonly level: string
  readonly event: string
  readonly metric?: string
  readonly msg: string
  readonly [field: string]: unknown
}

export type ServiceOptions = {
  /** The content of monitor_input.json. */
  readonly metrics: unknown
  /** Flags beside --state_dir, --metrics_json_path, --listen and --log_*: `['--loki_url', url]`. */
  readonly flags: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A directory of an earlier run, to go on from its spool. */
  readonly directory?: string
  readonly command?: 'run' | 'check' | 'once' | 'spool' | 'dashboards'
  /** What `once` shall run, or the verb of `spool` and its metrics. */
  readonly metricNames?: readonly string[]
  /** `default`: no --listen, so that the service chooses. */
  readonly listen?: 'default' | `127.0.0.1:${number}`
  readonly user?: { readonly uid: number; readonly gid: number }
}

export const programEntry = process.env['ROWTAIL_ENTRY'] ?? path.resolve('src/main.ts')

const ownEnvironment = {
  ...compileCache,
  /** The tests' own, which rowtail would wonder about. */
  ROWTAIL_ENTRY: undefined,
}

/** A status is work for both sides: of the service, whose cores other tests want, and of the test. */
const statusEveryMs = 50

export class RunningService {
  readonly directory: string
  /** In the environment of every process of this service: finds what is left of it. */
  readonly token: string
  readonly port: number
  readonly launched: Launched
  readonly #log: LogLine[] = []
  #unread = ''

  private constructor(launched: Launched, at: { directory: string; token: string; port: number }) {
    this.launched = launched
    launched.onStdout((piece) => {
      this.#unread += piece
    })
    this.directory = at.directory
    this.token = at.token
    this.port = at.port
  }

  /** Starts the program; does not wait for anything. */
  static async start(options: ServiceOptions): Promise<RunningService> {
    const directory = options.directory ?? newServiceDirectory()
    const [port, token] = [await freePort(), randomUUID()]
    const metricsPath = path.join(directory, 'monitor_input.json')
    writeFileSync(metricsPath, JSON.stringify(options.metrics))
    const launched = await launch(process.execPath, argumentsOf(options, { directory, metricsPath, port }), {
      cwd: directory,
      env: { ...ownEnvironment, ...options.env, TEST_RUN_TOKEN: token },
      ...(options.user === undefined ? {} : { user: options.user }),
    })
    return new RunningService(launched, { directory, token, port })
  }

  /** The log so far; a line of it that is no JSON fails the test. */
  log(): LogLine[] {
    const lines = this.#unread.split('\n')
    this.#unread = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('{')) this.#log.push(JSON.parse(line) as LogLine) // our own
    return [...this.#log]
  }

  /** The first log line that the predicate takes; fails with the output when the process ends without it. */
  async logged(predicate: (line: LogLine) => boolean, what: string, timeoutMs = 20_000): Promise<LogLine> {
    try {
      return await waitFor(() => this.log().find(predicate) ?? this.#failIfEnded(), { what, timeoutMs })
    } catch (cause) {
      throw new Error(`${String(cause)}\n${this.launched.output().slice(-4_000)}`, { cause })
    }
  }

  /** Resolves when the startup checks have passed. */
  async ready(timeoutMs = 30_000): Promise<this> {
    await this.logged((line) => line.event === 'service.ready', 'the service to be ready', timeoutMs)
    return this
  }

  async status(): Promise<StatusSnapshot> {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/status`)
    return (await response.json()) as StatusSnapshot // its own type is what is under test elsewhere
  }

  /** Waits until the status of one metric is as wanted, and returns it. */
  async metric(
    name: string,
    wanted: (metric: MetricStatus) => boolean,
    timeoutMs = 20_000,
  ): Promise<MetricStatus> {
    const look = async () => {
      const { metrics } = await this.status()
      return metrics.find((metric) => metric.name === name && wanted(metric)) ?? this.#failIfEnded()
    }
    try {
      return await waitFor(look, {
        what: `the metric ${name} to be as wanted`,
        timeoutMs,
        everyMs: statusEveryMs,
      })
    } catch (cause) {
      throw new Error(`${String(cause)}\n${this.launched.output().slice(-4_000)}`, { cause })
    }
  }

  /** SIGTERM, then its end; fails where a process of it is left. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    const exit = await stopProcess(this.launched, signal, 10_000)
    await this.nothingLeft()
    return exit
  }

  /** SIGKILL to the main process alone. */
  async kill(): Promise<void> {
    process.kill(this.launched.pid, 'SIGKILL')
    await this.launched.exited
    await this.nothingLeft()
  }

  /** Resolves when no process carries this service's token any more. */
  async nothingLeft(): Promise<void> {
    await waitFor(() => processesWithToken(this.token).length === 0, {
      what: `the end of all processes of the service (${processesWithToken(this.token).join(', ')})`,
      timeoutMs: 5_000,
    })
  }

  /** For afterEach: whatever still runs is killed. */
  async cleanUp(): Promise<void> {
    if (this.launched.isRunning()) await killTree(this.launched)
  }

  #failIfEnded(): undefined {
    if (!this.launched.isRunning()) throw new Error('the service has ended')
    return undefined
  }
}

type Place = { readonly directory: string; readonly metricsPath: string; readonly port: number }

function argumentsOf(options: ServiceOptions, { directory, metricsPath, port }: Place): string[] {
  const { command = 'run', metricNames = [], listen = `127.0.0.1:${port}`, flags } = options
  const files = ['--metrics_json_path', metricsPath, '--state_dir', path.join(directory, 'state')]
  const page = listen === 'default' ? [] : ['--listen', listen]
  const log = ['--log_level', 'debug', '--log_format', 'json']
  return [programEntry, command, ...metricNames, ...files, ...page, ...log, ...flags]
}

/** For the metrics file, the state and the log of one service; for another user, where one is named. */
export function newServiceDirectory(user?: ServiceOptions['user']): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'rowtail-service-'))
  if (user !== undefined) chownSync(directory, user.uid, user.gid)
  return directory
}
