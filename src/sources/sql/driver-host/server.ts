// The driver host's side of the local socket. Each worker has one lane here, and a lane has one database
// connection, opened by its first run. A lane whose worker leaves while a call is in flight is abandoned: its
// call is cancelled and its connection closed when the driver lets go; the supervisor replaces a host that
// holds too many of those.

import net from 'node:net'
import { type ErrorReport, reportOf } from '../../../core/errors.ts'
import type { RunResult } from '../../../core/source.ts'
import type { Target } from '../../../core/target.ts'
import { isSameToken } from '../../../kit/token.ts'
import type { Driver, DriverConnection, OpenOptions } from './drivers/driver.ts'
import {
  decodeFrame,
  encodeFrame,
  encodeRawFrame,
  type FrameType,
  type Run,
  readFrames,
  rowsFrameBytes,
} from './protocol.ts'
import { executeRun, type RunState } from './run.ts'
import { closeQuietly, SpareConnection } from './spare-connection.ts'

export type HostServer = {
  listen(socketPath: string): Promise<void>
  /** Opens a connection, which the next lane may have; undefined where that worked. */
  probe(timeoutMs: number): Promise<ErrorReport | undefined>
  /** Calls that outlived their worker's patience, or their login's deadline, and are still in the driver. */
  abandonedCalls(): number
}

export type HostServerOptions = {
  readonly driver: Driver
  readonly target: Target
  readonly token: string
  /** Told once of each thing that the driver cannot do. */
  readonly onLimitation: (what: string) => void
}

/** The longest that a login may take, whatever the metric's own deadline. */
const maxLoginMs = 15_000

type LaneOptions = HostServerOptions &
  Required<Pick<OpenOptions, 'onOverdue'>> & { readonly spare: SpareConnection }

export function createHostServer(given: HostServerOptions): HostServer {
  const abandoned = new Set<Lane | Promise<unknown>>()
  const onOverdue = (login: Promise<unknown>) => {
    abandoned.add(login)
    const forget = () => abandoned.delete(login)
    login.then(forget, forget)
  }
  const spare = new SpareConnection()
  const options = { ...given, onLimitation: once(given.onLimitation), onOverdue, spare }
  const server = net.createServer((socket) => {
    const lane = new Lane(socket, options)
    lane.onAbandoned = (isAbandoned) => {
      if (isAbandoned) abandoned.add(lane)
      else abandoned.delete(lane)
    }
  })
  return {
    listen: (socketPath) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(socketPath, resolve)
      }),
    probe: (timeoutMs) => probe(options, timeoutMs),
    abandonedCalls: () => abandoned.size,
  }
}

/** Every connection finds out the same: each thing is said once. */
function once(say: (what: string) => void): (what: string) => void {
  const said = new Set<string>()
  return (what) => {
    if (said.has(what)) return
    said.add(what)
    say(what)
  }
}

async function probe(options: LaneOptions, timeoutMs: number): Promise<ErrorReport | undefined> {
  const { driver, target, onOverdue, spare } = options
  try {
    spare.keep(await driver.open(target, { loginTimeoutMs: timeoutMs, onOverdue }))
    return undefined
  } catch (error) {
    return reportOf(error)
  }
}

class Lane {
  onAbandoned: (isAbandoned: boolean) => void = () => undefined
  readonly #socket: net.Socket
  readonly #options: LaneOptions
  #isWelcome = false
  #connection: DriverConnection | undefined
  #running: RunState | undefined

  constructor(socket: net.Socket, options: LaneOptions) {
    this.#socket = socket
    this.#options = options
    readFrames(socket, (type, payload) => this.#receive(type, payload))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => void this.#leave())
  }

  #receive(type: FrameType, payload: Buffer): void {
    if (!this.#isWelcome) {
      this.#welcome(type, payload)
      return
    }
    if (type === 'run' && this.#running === undefined) void this.#run(decodeFrame('run', payload))
    else if (type === 'cancel') this.#abort('cancelled')
    else throw new Error(`a ${type} frame out of turn`)
  }

  #welcome(type: FrameType, payload: Buffer): void {
    if (type !== 'hello' || !isSameToken(decodeFrame('hello', payload).token, this.#options.token)) {
      this.#socket.destroy()
      return
    }
    this.#isWelcome = true
    this.#socket.write(encodeFrame('welcome', {}))
  }

  async #run(request: Run): Promise<void> {
    const state: RunState = { rows: 0, bytes: 0 }
    this.#running = state
    const deadline = setTimeout(() => this.#abort('timeout'), request.timeoutMs)
    let result: RunResult
    try {
      result = await this.#runOnLiveConnection(request, state)
    } catch (error) {
      result = { kind: 'failed', error: reportOf(error) }
    } finally {
      clearTimeout(deadline)
      this.#running = undefined
    }
    this.#answer(request, result)
    if (this.#socket.destroyed) await this.#leave()
  }

  /**
   * A connection that died while it was idle is reopened within the run: that is no failure of the metric.
   */
  async #runOnLiveConnection(request: Run, state: RunState): Promise<RunResult> {
    this.#connection ??= this.#options.spare.take()
    const wasIdle = this.#connection?.isUsable === true
    const first = await this.#runOnce(request, state)
    const isStale =
      wasIdle && first.kind === 'failed' && first.error.code === 'connection_lost' && state.rows === 0
    return isStale && state.abort === undefined ? this.#runOnce(request, state) : first
  }

  async #runOnce(request: Run, state: RunState): Promise<RunResult> {
    const connection = await this.#open(request)
    const result = await executeRun(connection, request, {
      state,
      out: { write: (lines) => this.#write(lines) },
    })
    this.#sayLimitations(connection)
    return result
  }

  async #open(request: Run): Promise<DriverConnection> {
    if (this.#connection?.isUsable === true) return this.#connection
    await this.#closeConnection()
    const loginTimeoutMs = Math.min(request.timeoutMs, maxLoginMs)
    const { driver, target, onOverdue } = this.#options
    const connection = await driver.open(target, { loginTimeoutMs, onOverdue })
    this.#connection = connection
    return connection
  }

  /** Lines in frames of whole lines; resolves when the worker has room. */
  async #write(lines: Uint8Array): Promise<void> {
    for (let start = 0; start < lines.length; ) {
      const end = frameEnd(lines, start)
      const hasRoom = this.#socket.write(encodeRawFrame('rows', lines.subarray(start, end)))
      if (!hasRoom && !this.#socket.destroyed) await drained(this.#socket)
      start = end
    }
  }

  #answer(request: Run, result: RunResult): void {
    if (this.#socket.destroyed) return
    const frame =
      result.kind === 'finished'
        ? encodeFrame('finished', { id: request.id, summary: result.summary })
        : encodeFrame('failed', { id: request.id, error: result.error })
    this.#socket.write(frame)
  }

  #abort(why: 'timeout' | 'cancelled'): void {
    if (this.#running === undefined) return
    this.#running.abort ??= why
    void this.#connection?.cancel()
  }

  /** The worker is gone: end what runs; when the driver lets go, close the connection. */
  async #leave(): Promise<void> {
    if (this.#running !== undefined) {
      this.onAbandoned(true)
      this.#abort('cancelled')
      return // #run calls again when the driver lets go
    }
    await this.#closeConnection()
    this.onAbandoned(false)
  }

  async #closeConnection(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    await closeQuietly(connection)
  }

  #sayLimitations(connection: DriverConnection): void {
    for (const what of connection.limitations) this.#options.onLimitation(what)
  }
}

/** The end of the last whole line within a frame's size; a longer line travels alone. */
function frameEnd(lines: Uint8Array, start: number): number {
  if (lines.length - start <= rowsFrameBytes) return lines.length
  const last = lines.lastIndexOf(10, start + rowsFrameBytes - 1)
  return last >= start ? last + 1 : lines.indexOf(10, start) + 1
}

function drained(socket: net.Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      socket.off('drain', settle).off('close', settle)
      resolve()
    }
    socket.on('drain', settle).on('close', settle)
  })
}
