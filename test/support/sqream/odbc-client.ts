// One ODBC connection for a test, through rowtail's own drivers, in a child process: a driver that hangs or
// crashes then costs the test one process. Errors are what the drivers report.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type ErrorReport, ReportedError } from '../../../src/core/errors.ts'
import type { Target } from '../../../src/core/target.ts'

export type OdbcAnswer = {
  readonly columns: readonly string[]
  /** One JSON object a row. */
  readonly lines: readonly string[]
}

type Order =
  | { readonly type: 'open'; readonly target: Target }
  | { readonly type: 'query'; readonly query: string }
  | { readonly type: 'cancel' }

export type OdbcOrder = Order & { readonly id: number }

export type OdbcReply = { readonly id: number } & (
  | { readonly answer: OdbcAnswer }
  | { readonly error: ErrorReport }
)

type Waiting = { resolve(answer: OdbcAnswer): void; reject(error: Error): void }

export class OdbcClient {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #orders = 0

  private constructor(environment: Readonly<Record<string, string>>) {
    const entry = fileURLToPath(new URL('odbc-process.ts', import.meta.url))
    this.#process = fork(entry, { env: { ...process.env, ...environment }, execArgv: [] })
    this.#process.on('message', (reply: OdbcReply) => this.#settle(reply))
    this.#process.on('exit', (code, signal) => this.#fail(new Error(`the client ended: ${signal ?? code}`)))
  }

  /** Connects; throws the ReportedError of the driver where that fails. */
  static async open(target: Target, environment: Readonly<Record<string, string>>): Promise<OdbcClient> {
    const client = new OdbcClient(environment)
    try {
      await client.#order({ type: 'open', target })
      return client
    } catch (error) {
      await client.close()
      throw error
    }
  }

  query(query: string): Promise<OdbcAnswer> {
    return this.#order({ type: 'query', query })
  }

  /** Asks the database to end the query that runs. */
  async cancel(): Promise<void> {
    await this.#order({ type: 'cancel' })
  }

  /** By SIGKILL: a driver in a call would hold up any other way. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exit
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #order(order: Order): Promise<OdbcAnswer> {
    const id = ++this.#orders
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#process.send({ ...order, id })
    })
  }

  #settle(reply: OdbcReply): void {
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if ('error' in reply) waiting?.reject(new ReportedError(reply.error))
    else waiting?.resolve(reply.answer)
  }

  #fail(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}
