// A PostgreSQL of one's own for tests: a fresh cluster on a free loopback port, which can be stopped, killed,
// paused and started again on the same data. Durability is off, passwords are checked (scram) on TCP.
// Run by root, the server runs as the user postgres, because PostgreSQL refuses root.

import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { type PostgresAddress, postgresConnectionString, psql } from './postgres-address.ts'
import { killTree, launch, type Launched, run, signalAll, stopProcess, treeOf } from './processes.ts'
import { waitFor } from './waiting.ts'

export type PostgresOptions = {
  /** Server settings beyond those that make it fast: `{ max_connections: 10 }`. */
  readonly settings?: Readonly<Record<string, string | number>>
}

type Identity = { readonly uid: number; readonly gid: number }

const superuser = 'rowtail'
/** A password with the characters that connection strings and URLs trip over. */
const password = 's3cret;{p@ss} %20'
const readyTimeoutMs = 30_000

const fastSettings = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  shared_buffers: '32MB',
  dynamic_shared_memory_type: 'mmap', // in the data directory, which goes also where a server is killed
  max_connections: 120,
  listen_addresses: '127.0.0.1',
}

export class PostgresServer {
  readonly address: PostgresAddress
  readonly directory: string
  readonly #settings: Readonly<Record<string, string | number>>
  readonly #identity: Identity | undefined
  #process: Launched | undefined

  private constructor(address: PostgresAddress, directory: string, options: PostgresOptions) {
    this.address = address
    this.directory = directory
    this.#identity = serverIdentity()
    this.#settings = { ...fastSettings, ...options.settings }
  }

  /** Creates a cluster and starts it; resolves when it answers. */
  static async start(options: PostgresOptions = {}): Promise<PostgresServer> {
    const directory = mkdtempSync(join(tmpdir(), 'rowtail-postgres-'))
    const port = await freePort()
    const address = { host: '127.0.0.1', port, user: superuser, password, database: 'postgres' }
    const server = new PostgresServer(address, directory, options)
    await server.#createCluster()
    await server.start()
    return server
  }

  /** Starts the stopped or killed server again, on the same port and data. */
  async start(): Promise<void> {
    const settings = Object.entries({
      ...this.#settings,
      port: this.address.port,
      unix_socket_directories: this.directory,
    }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const command = join(postgresPrograms(), 'postgres')
    const server = await launch(command, ['-D', this.#dataDirectory, ...settings], this.#launchOptions())
    this.#process = server
    const isReady = (): boolean => {
      if (!server.isRunning()) throw new Error(`PostgreSQL did not start: ${server.output()}`)
      return this.#pidFile().split('\n')[7]?.trim() === 'ready'
    }
    await waitFor(isReady, { what: 'PostgreSQL to be ready', timeoutMs: readyTimeoutMs })
  }

  /** Ends it in order: sessions are closed, data is kept. A paused server is resumed first. */
  async stop(): Promise<void> {
    if (this.#process === undefined) return
    this.resume()
    await stopProcess(this.#process, 'SIGINT', 10_000)
    this.#process = undefined
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** SIGKILL to the server and every session, as when a machine loses power. */
  async kill(): Promise<void> {
    if (this.#process === undefined) return
    await killTree(this.#process)
    this.#process = undefined
    rmSync(join(this.#dataDirectory, 'postmaster.pid'), { force: true })
  }

  /** Nothing answers any more, but connections stay open and new ones are accepted by the kernel. */
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

  connectionString(extra: Readonly<Record<string, string | number>> = {}): string {
    return postgresConnectionString(this.address, extra)
  }

  /** See `psql` in postgres-address.ts. */
  psql(sql: string): Promise<string> {
    return psql(this.address, sql)
  }

  get #dataDirectory(): string {
    return join(this.directory, 'data')
  }

  async #createCluster(): Promise<void> {
    const passwordPath = join(this.directory, 'password')
    // The socket of local sessions is made here by the server's user; 0711 lets others pass without looking.
    mkdirSync(this.#dataDirectory, { mode: 0o700 })
    writeFileSync(passwordPath, `${password}\n`, { mode: 0o600 })
    if (this.#identity !== undefined) {
      const { uid, gid } = this.#identity
      for (const path of [this.directory, this.#dataDirectory, passwordPath]) chownSync(path, uid, gid)
    }
    await run('chmod', ['0711', this.directory])
    const authentication = ['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordPath}`]
    const flavour = ['--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', `--username=${superuser}`]
    const initdb = join(postgresPrograms(), 'initdb')
    await run(initdb, ['-D', this.#dataDirectory, ...authentication, ...flavour], this.#launchOptions())
    rmSync(passwordPath)
  }

  #launchOptions(): { cwd: string; user?: Identity } {
    const cwd = this.directory
    return this.#identity === undefined ? { cwd } : { cwd, user: this.#identity }
  }

  #pidFile(): string {
    try {
      return readFileSync(join(this.#dataDirectory, 'postmaster.pid'), 'utf8')
    } catch {
      return '' // not written yet
    }
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#process?.isRunning()) signalAll(treeOf(this.#process.pid), signal)
  }
}

/** The directory of initdb and postgres: Debian keeps them out of PATH, by version. The newest is taken. */
function postgresPrograms(): string {
  const root = '/usr/lib/postgresql'
  const [newest] = directoriesOf(root).sort((a, b) => Number(b) - Number(a))
  if (newest !== undefined) return join(root, newest, 'bin')
  throw new Error(
    `PostgreSQL's server programs are missing (looked in ${root}). Install them: apt-get install postgresql`,
  )
}

function directoriesOf(path: string): string[] {
  try {
    return readdirSync(path).filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

function serverIdentity(): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8').match(/^postgres:[^:]*:(\d+):(\d+):/m)
  if (line === null) {
    throw new Error('The user postgres is missing. It comes with the server: apt-get install postgresql')
  }
  return { uid: Number(line[1]), gid: Number(line[2]) }
}
