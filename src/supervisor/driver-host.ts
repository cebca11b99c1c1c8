// One driver host process: started, talked to over IPC, ended by SIGKILL. The host pool owns it.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { type ErrorReport, ReportedError } from '../core/errors.ts'
import type { Target } from '../core/target.ts'
import { randomToken } from '../kit/token.ts'
import type { HostNotice, HostOrder } from '../sources/sql/driver-host/protocol.ts'
import type { HostAddress } from '../sources/sql/host-lane.ts'

/** A host that has not begun to listen by then never will. */
const startMs = 15_000
/** Of what a dying host wrote to its standard error, the last part is quoted. */
const maxStderrChars = 1_000

export type DriverHostOptions = {
  readonly hostId: number
  readonly target: Target
  readonly socketPath: string
  readonly onLimitation: (what: string) => void
  /** The process that becomes the host: one that waits for its orders. */
  readonly process: ChildProcess
  /** Tries a login as soon as it can, for so long; the first `probe` tells of it. */
  readonly loginMs?: number | undefined
  /** Ends a start that is under way. */
  readonly signal: AbortSignal
}

export type HostHealth = {
  /** Calls that were abandoned and still run. */
  readonly abandoned: number
  /** Resident. */
  readonly memoryBytes: number
}

export class DriverHost {
  readonly address: HostAddress
  readonly pid: number
  /** Resolves with the reason when the process is gone. */
  readonly lost: Promise<ErrorReport>
  readonly #child: ChildProcess
  readonly #answers = new Map<number, (notice: HostNotice) => void>()
  #firstProbe: Promise<HostNotice | undefined> | undefined
  #orders = 0
  #stderr = ''
  #end: { readonly reason: ErrorReport | undefined } | undefined
  #hasCrashed = false

  private constructor(child: ChildProcess, address: HostAddress, onLimitation: (what: string) => void) {
    this.#child = child
    this.address = address
    this.pid = child.pid ?? 0
    this.lost = this.#watchExit()
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-maxStderrChars)
    })
    child.on('message', (message) => {
      const notice = message as HostNotice // a host sends nothing else
      if (notice.type === 'limited') onLimitation(notice.what)
      else if ('id' in notice) this.#answers.get(notice.id)?.(notice)
    })
  }

  /**
   * Rejects with ReportedError where the driver or its manager is missing, or the process does not come up.
   */
  static async start(options: DriverHostOptions): Promise<DriverHost> {
    const { hostId, target, socketPath, loginMs, signal, process } = options
    const address = { hostId, socketPath, token: randomToken() }
    const host = new DriverHost(process, address, options.onLimitation)
    host.#send({ type: 'start', target, token: address.token, socketPath })
    // Sent at once: the main thread loads files meanwhile, and would be 30 ms late with it.
    if (loginMs !== undefined) host.#firstProbe = host.#askToProbe(loginMs, startMs)
    const onAbort = () => host.kill()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await host.#listening()
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
    return host
  }

  /** Tries a login; undefined where that worked. */
  async probe(timeoutMs: number): Promise<ErrorReport | undefined> {
    const asked = this.#firstProbe ?? this.#askToProbe(timeoutMs)
    this.#firstProbe = undefined
    const notice = await asked
    return notice?.type === 'probed' ? notice.error : unanswered
  }

  /** How it is; undefined where it does not answer in time. */
  async ping(timeoutMs: number): Promise<HostHealth | undefined> {
    const notice = await this.#ask((id) => ({ type: 'ping', id }), timeoutMs)
    return notice?.type === 'pong' ? notice : undefined
  }

  /** Ends it by SIGKILL. With a reason, that is what its runs fail by; without one, its end is expected. */
  kill(reason?: ErrorReport): void {
    if (this.#end === undefined) this.#end = { reason }
    this.#child.kill('SIGKILL')
  }

  /** True where it was ended because nobody needs it any more. */
  get isEndExpected(): boolean {
    return this.#end !== undefined && this.#end.reason === undefined
  }

  /** True where what ran in it has ended it, rather than somebody's SIGKILL. */
  get hasCrashed(): boolean {
    return this.#hasCrashed
  }

  async #listening(): Promise<void> {
    const [first] = await Promise.race([
      once(this.#child, 'message', { signal: AbortSignal.timeout(startMs) }),
      this.lost.then((error) => [{ type: 'unusable', error } satisfies HostNotice]),
    ]).catch(() => [{ type: 'unusable', error: silentStart } satisfies HostNotice])
    const notice = first as HostNotice // a host sends nothing else
    if (notice.type === 'listening') return
    this.kill()
    throw new ReportedError(notice.type === 'unusable' ? notice.error : silentStart)
  }

  async #watchExit(): Promise<ErrorReport> {
    const [code, signal] = await this.#exited()
    if (this.#end?.reason !== undefined) return this.#end.reason
    this.#hasCrashed = signal !== 'SIGKILL'
    const how = signal === null ? `exit code ${code ?? 'unknown'}` : signal
    const said = this.#stderr.trim()
    return {
      code: 'host_crashed',
      message: `The driver host ended by ${how} while it was in use.`,
      hint: 'A new one takes over. If it repeats, try a newer driver, or the other --odbc_binding.',
      ...(said === '' ? {} : { said }),
    }
  }

  /** Also where it ended before anybody listened. */
  #exited(): Promise<[code: number | null, signal: NodeJS.Signals | null]> {
    const { exitCode, signalCode, pid } = this.#child
    if (pid === undefined || exitCode !== null || signalCode !== null) {
      return Promise.resolve([exitCode, signalCode])
    }
    return new Promise((resolve) => this.#child.once('exit', (...end) => resolve(end)))
  }

  #askToProbe(timeoutMs: number, untilListeningMs = 0): Promise<HostNotice | undefined> {
    const answerMs = untilListeningMs + timeoutMs + 5_000
    return this.#ask((id) => ({ type: 'probe', id, timeoutMs }), answerMs)
  }

  async #ask(orderOf: (id: number) => HostOrder, timeoutMs: number): Promise<HostNotice | undefined> {
    this.#orders += 1
    const id = this.#orders
    const { promise, resolve } = Promise.withResolvers<HostNotice | undefined>()
    const timer = setTimeout(resolve, timeoutMs, undefined)
    this.#answers.set(id, resolve)
    void this.lost.then(() => resolve(undefined))
    this.#send(orderOf(id))
    return promise.finally(() => {
      clearTimeout(timer)
      this.#answers.delete(id)
    })
  }

  #send(order: HostOrder): void {
    if (this.#child.connected) this.#child.send(order, () => undefined) // a dead host is noticed by its exit
  }
}

const unanswered: ErrorReport = {
  code: 'host_unavailable',
  message: 'The driver host did not answer in time.',
  hint: 'The driver may hang while it connects.',
}

const silentStart: ErrorReport = {
  code: 'host_unavailable',
  message: `The driver host did not begin to listen within ${startMs / 1_000} s.`,
}
