// A Loki of one's own for tests, on free loopback ports, which can be stopped, killed, paused and started
// again on the same data. Its limits and message sizes are Loki's defaults: only addresses, paths, the ring
// and what makes it ready at once are set. A test that needs another limit names it in `overrides`.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type LokiEntry, type LokiRange, queryAllOfLoki, queryLoki } from './loki-client.ts'
import { freePort } from './ports.ts'
import { killTree, launch, type Launched, signalAll, stopProcess, treeOf } from './processes.ts'
import { waitFor } from './waiting.ts'

/** A part of Loki's configuration, nested as in its file. */
export type LokiConfig = { readonly [key: string]: string | number | boolean | LokiConfig | LokiConfig[] }

export type LokiOptions = {
  /** Merged over the configuration: `{ limits_config: { max_line_size: '1KB' } }`. */
  readonly overrides?: LokiConfig
}

const readyTimeoutMs = 60_000

export class LokiServer {
  readonly baseUrl: string
  readonly directory: string
  #process: Launched | undefined

  private constructor(baseUrl: string, directory: string) {
    this.baseUrl = baseUrl
    this.directory = directory
  }

  /** Starts a Loki with an empty data directory; resolves when it takes pushes. */
  static async start(options: LokiOptions = {}): Promise<LokiServer> {
    const directory = mkdtempSync(join(tmpdir(), 'rowtail-loki-'))
    const [port, grpcPort] = [await freePort(), await freePort()]
    const config = merged(baseConfig({ port, grpcPort, directory }), options.overrides ?? {})
    writeFileSync(join(directory, 'loki.yaml'), JSON.stringify(config, undefined, 2)) // JSON is YAML
    const server = new LokiServer(`http://127.0.0.1:${port}`, directory)
    await server.start()
    return server
  }

  /** Starts the stopped or killed server again, on the same port and data. */
  async start(): Promise<void> {
    const args = [`-config.file=${join(this.directory, 'loki.yaml')}`]
    const server = await launch(lokiBinary(), args, { cwd: this.directory })
    this.#process = server
    const isReady = (): Promise<boolean> => {
      if (!server.isRunning()) throw new Error(`Loki did not start: ${server.output()}`)
      return fetch(`${this.baseUrl}/ready`).then(
        (response) => response.ok,
        () => false, // not listening yet
      )
    }
    await waitFor(isReady, { what: 'Loki to be ready', timeoutMs: readyTimeoutMs })
  }

  async stop(): Promise<void> {
    if (this.#process === undefined) return
    this.resume()
    await stopProcess(this.#process, 'SIGTERM', 15_000)
    this.#process = undefined
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** SIGKILL: what it has acknowledged comes back from its write-ahead log. */
  async kill(): Promise<void> {
    if (this.#process === undefined) return
    await killTree(this.#process)
    this.#process = undefined
  }

  /** Requests hang until `resume`. */
  pause(): void {
    this.#signal('SIGSTOP')
  }

  resume(): void {
    this.#signal('SIGCONT')
  }

  /** Stops it and removes its data. */
  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** At most 5,000 entries, oldest first. */
  query(logql: string, range: LokiRange = {}): Promise<LokiEntry[]> {
    return queryLoki(this.baseUrl, logql, range)
  }

  queryAll(logql: string, range: LokiRange = {}): Promise<LokiEntry[]> {
    return queryAllOfLoki(this.baseUrl, logql, range)
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#process?.isRunning()) signalAll(treeOf(this.#process.pid), signal)
  }
}

/** The Loki program: LOKI_BIN, or the one that `node scripts/loki.mjs` has built; throws with the cure. */
function lokiBinary(): string {
  const named = process.env['LOKI_BIN']
  if (named !== undefined) {
    if (existsSync(named)) return named
    throw new Error(`LOKI_BIN names ${named}, which does not exist. Unset it, or name Loki's program.`)
  }
  const script = fileURLToPath(new URL('../../../scripts/loki.mjs', import.meta.url))
  const path = execFileSync(process.execPath, [script, '--find'], { encoding: 'utf8' }).trim()
  process.env['LOKI_BIN'] = path // checked once for all processes of this run
  return path
}

function baseConfig(at: { port: number; grpcPort: number; directory: string }): LokiConfig {
  const data = join(at.directory, 'data')
  const local = '127.0.0.1'
  const addresses = { http_listen_address: local, grpc_listen_address: local }
  return {
    auth_enabled: false,
    server: { ...addresses, http_listen_port: at.port, grpc_listen_port: at.grpcPort, log_level: 'warn' },
    common: {
      instance_addr: local,
      path_prefix: data,
      replication_factor: 1,
      ring: { kvstore: { store: 'inmemory' } },
      storage: { filesystem: { chunks_directory: `${data}/chunks`, rules_directory: `${data}/rules` } },
    },
    schema_config: {
      configs: [
        {
          from: '2020-10-24',
          store: 'tsdb',
          object_store: 'filesystem',
          schema: 'v13',
          index: { prefix: 'index_', period: '24h' },
        },
      ],
    },
    // Skips a scheduler ring whose settling costs ten seconds.
    frontend_worker: { frontend_address: `${local}:${at.grpcPort}` },
    ingester: {
      lifecycler: { min_ready_duration: '0s', final_sleep: '0s' },
      // Refusing pushes on a disk that is 90 % full would make tests depend on the machine.
      wal: { disk_full_threshold: 0 },
    },
    ruler: { rule_path: `${data}/rules-temp` },
    analytics: { reporting_enabled: false },
  }
}

function merged(base: LokiConfig, overrides: LokiConfig): LokiConfig {
  const result: Record<string, LokiConfig[string]> = { ...base }
  for (const [key, value] of Object.entries(overrides)) {
    const before = result[key]
    result[key] = isSection(before) && isSection(value) ? merged(before, value) : value
  }
  return result
}

function isSection(value: LokiConfig[string] | undefined): value is LokiConfig {
  return typeof value === 'object' && !Array.isArray(value)
}
