// Compiles the faulty driver and makes it known to unixODBC under a name, by an odbcinst.ini of our own (as
// the stand-in for SQream does). Tests give orders to it, also while a service runs.

import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { run } from '../servers/processes.ts'

const folder = path.resolve('test/support/faulty-odbc')
const sources = ['driver.c', 'order.c'].map((name) => path.join(folder, name))
const flags = ['-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC']

export class FaultyDriver {
  readonly connectionString: string
  /** What to add to the environment of a process that connects. */
  readonly environment: { readonly ODBCSYSINI: string }
  readonly #directory: string
  readonly #orders: string

  private constructor(directory: string) {
    this.#directory = directory
    this.#orders = path.join(directory, 'orders')
    this.connectionString = `Driver=Faulty;Orders=${this.#orders}`
    this.environment = { ODBCSYSINI: directory }
  }

  static async build(): Promise<FaultyDriver> {
    const directory = await mkdtemp(path.join(tmpdir(), 'rowtail-faulty-'))
    const library = path.join(directory, 'faulty.so')
    await run('cc', [...flags, '-o', library, ...sources]).catch((cause: unknown) => {
      const packages = 'apt-get install gcc unixodbc-dev'
      throw new Error(`The faulty driver could not be compiled (${packages})`, { cause })
    })
    writeFileSync(path.join(directory, 'odbcinst.ini'), `[Faulty]\nDriver=${library}\n`)
    const driver = new FaultyDriver(directory)
    mkdirSync(driver.#orders)
    return driver
  }

  /** What the query `obey <name>` does from now on; `connect` is the name of what a login does. */
  order(name: string, order: string): void {
    writeFileSync(path.join(this.#orders, name), order)
  }

  remove(): Promise<void> {
    return rm(this.#directory, { recursive: true, force: true })
  }
}
