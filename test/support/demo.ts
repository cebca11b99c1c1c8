// The running demo as tests see it: the real program as a child with a temporary directory of its own, keys
// by its standard input, its log, its status, and its Loki by HTTP.

import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { StatusSnapshot } from '../../src/core/status.ts'
import { compileCache } from './compile-cache.ts'
import { type LokiEntry, queryAllOfLoki } from './servers/loki-client.ts'
import { freePort } from './servers/ports.ts'
import { type Exit, killTree, type Launched, launch, processesWithToken } from './servers/processes.ts'
import { stopProcess } from './servers/processes.ts'
import { waitFor } from './servers/waiting.ts'
import { programEntry } from './service.ts'

export class RunningDemo {
  readonly #launched: Launched
  readonly #directory: string
  readonly #token: string
  readonly #port: number

  private constructor(launched: Launched, at: { directory: string; token: string; port: number }) {
    this.#launched = launched
    this.#directory = at.directory
    this.#token = at.token
    this.#port = at.port
  }

  static async start(flags: readonly string[] = []): Promise<RunningDemo> {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'rowtail-demo-'))
    const [port, token] = [await freePort(), randomUUID()]
    const args = [programEntry, 'demo', '--listen', `127.0.0.1:${port}`, '--log_format', 'json', ...flags]
    const launched = await launch(process.execPath, args, {
      env: {
        ...compileCache,
        ROWTAIL_ENTRY: undefined,
        XDG_RUNTIME_DIR: undefined,
        TMPDIR: directory,
        TEST_RUN_TOKEN: token,
      },
      keepsInput: true,
    })
    return new RunningDemo(launched, { directory, token, port })
  }

  /** Presses a key. */
  press(key: string): void {
    this.#launched.write(key)
  }

  /** Resolves when a line of the log tells of this event. */
  async told(event: string): Promise<void> {
    const isThere = () => this.#launched.stdout().includes(`"event":"${event}"`) || this.#failIfEnded()
    await waitFor(isThere, { what: `${event} in the log`, timeoutMs: 30_000 })
  }

  /** Where the guide says that Loki is. */
  lokiUrl(): Promise<string> {
    const look = () => /^ +Loki +(http:\S+)/m.exec(this.#launched.stderr())?.[1] ?? this.#failIfEnded()
    return waitFor(look, { what: 'the guide', timeoutMs: 30_000 })
  }

  /** Every entry that a log query of its Loki shows. */
  async query(logql: string): Promise<LokiEntry[]> {
    return queryAllOfLoki(await this.lokiUrl(), logql)
  }

  /** Resolves when the status is as wanted. */
  async status(wanted: (status: StatusSnapshot) => boolean, what: string): Promise<StatusSnapshot> {
    const look = async () => {
      const response = await fetch(`http://127.0.0.1:${this.#port}/api/status`)
      const status = (await response.json()) as StatusSnapshot // its own type is what is under test elsewhere
      return wanted(status) && status
    }
    return waitFor(look, { what, timeoutMs: 30_000 })
  }

  /** Ctrl-C, as a terminal sends it to a program that reads no keys. */
  end(): Promise<Exit> {
    return stopProcess(this.#launched, 'SIGINT', 10_000)
  }

  /** What is left of it in its temporary directory and among the processes. */
  leftovers(): { readonly files: string[]; readonly processes: number[] } {
    return { files: readdirSync(this.#directory), processes: processesWithToken(this.#token) }
  }

  async cleanUp(): Promise<void> {
    if (this.#launched.isRunning()) await killTree(this.#launched)
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #failIfEnded(): undefined {
    if (!this.#launched.isRunning()) throw new Error(`the demo has ended:\n${this.#launched.output()}`)
    return undefined
  }
}
