// A MariaDB of one's own for tests: an empty server on a free loopback port. It checks no account (its system
// tables are never made) and keeps its tables in Aria, so that it is there in a second. Run by root, the
// server runs as nobody, because MariaDB refuses root.

import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Target } from '../../../src/core/target.ts'
import { odbcDirectDriver } from '../../../src/sources/sql/driver-host/drivers/odbc-direct/driver.ts'
import { nobody } from '../services.ts'
import { freePort } from './ports.ts'
import { launch, type Launched, stopProcess } from './processes.ts'
import { waitFor } from './waiting.ts'

const program = '/usr/sbin/mariadbd'
/** The one that is there; each test file has a server of its own. */
const database = 'test'
const readyTimeoutMs = 60_000

export class MariaDbServer {
  readonly port: number
  readonly #directory: string
  readonly #process: Launched

  private constructor(port: number, directory: string, launched: Launched) {
    this.port = port
    this.#directory = directory
    this.#process = launched
  }

  /** Resolves when it answers. */
  static async start(): Promise<MariaDbServer> {
    if (!existsSync(program)) {
      throw new Error(`${program} is missing. Install it: apt-get install mariadb-server-core odbc-mariadb`)
    }
    const directory = mkdtempSync(join(tmpdir(), 'rowtail-mariadb-'))
    const user = process.getuid?.() === 0 ? nobody : undefined
    if (user !== undefined) chownSync(directory, user.uid, user.gid)
    const port = await freePort()
    const options = { cwd: directory, ...(user === undefined ? {} : { user }) }
    const launched = await launch(program, argumentsOf(directory, port), options)
    const isReady = (): boolean => {
      if (!launched.isRunning()) throw new Error(`MariaDB did not start: ${launched.output()}`)
      return launched.output().includes('ready for connections')
    }
    await waitFor(isReady, { what: 'MariaDB to be ready', timeoutMs: readyTimeoutMs })
    const server = new MariaDbServer(port, directory, launched)
    await server.execute([`create database ${database}`], { Database: '' })
    return server
  }

  connectionString(extra: Readonly<Record<string, string>> = {}): string {
    const where = { Server: '127.0.0.1', Port: String(this.port), Uid: 'rowtail', Database: database }
    const pairs = Object.entries({ Driver: 'MariaDB Unicode', ...where, ...extra })
    return pairs.map(([key, value]) => `${key}={${value}};`).join('')
  }

  target(extra: Readonly<Record<string, string>> = {}): Target {
    return {
      kind: 'odbc',
      connectionString: this.connectionString(extra),
      binding: 'direct',
      name: 'test',
      labels: { host: '127.0.0.1', database },
      isSqream: false,
      tried: { host: '127.0.0.1', port: String(this.port) },
    }
  }

  /** Runs statements on one connection. */
  async execute(statements: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<void> {
    const connection = await odbcDirectDriver().open(this.target(extra), { loginTimeoutMs: 20_000 })
    try {
      for (const statement of statements) {
        const cursor = await connection.execute(statement, { timeoutMs: 20_000 })
        await cursor.close()
      }
    } finally {
      await connection.close()
    }
  }

  /** Stops it and removes its data. */
  async remove(): Promise<void> {
    await stopProcess(this.#process, 'SIGTERM', 15_000)
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

function argumentsOf(directory: string, port: number): string[] {
  return [
    '--no-defaults',
    `--datadir=${directory}`,
    `--socket=${join(directory, 'socket')}`,
    `--pid-file=${join(directory, 'pid')}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--skip-grant-tables',
    '--skip-innodb',
    '--default-storage-engine=Aria',
    '--character-set-server=utf8mb4',
    // Not UTC, so that a zone that is taken for granted shows.
    '--default-time-zone=+05:30',
  ]
}
