// One client's connection: its login, then its queries one by one, each rewritten, held, failed or cut as the
// stand-in wants, on the way to PostgreSQL; PostgreSQL's answers go back untouched.

import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { PostgresAddress } from '../servers/postgres-address.ts'
import type { ActiveBehaviour } from './behaviours.ts'
import { type LoginRules, type Refusal, refusalOf, refusalOfRole } from './login.ts'
import { type Answers, answerOf, type ClientQuery, failureOf, readQuery } from './rewrite.ts'
import { logIn, openSocket } from './upstream.ts'
import type { UtilityName } from './utility-functions.ts'
import * as wire from './wire.ts'

/** What a session needs of the stand-in that it belongs to. */
export type SessionHost = {
  readonly postgres: PostgresAddress
  /** Where the utility functions are. */
  readonly schema: string
  readonly settings: LoginRules & Answers
  behaviourOf(utility: UtilityName | undefined): ActiveBehaviour | undefined
  onLogin(): void
  onQuery(query: ClientQuery): void
  /** The session whose backend has this key, to cancel what it holds. */
  sessionOf(cancelKey: string): Session | undefined
}

const longestTimerMs = 2 ** 31 - 1

export class Session {
  readonly #client: Socket
  readonly #host: SessionHost
  readonly #reader: wire.ByteReader
  readonly #closed = new AbortController()
  #cancelHeld: AbortController | undefined
  #server: Socket | undefined
  cancelKey: string | undefined

  constructor(client: Socket, host: SessionHost) {
    this.#client = client
    this.#host = host
    this.#reader = new wire.ByteReader(client)
    client.on('error', () => undefined) // 'close' follows and says enough
    client.on('close', () => this.close())
  }

  /** Serves until either side leaves. */
  async serve(): Promise<void> {
    try {
      const packet = await this.#takeStartup()
      if (packet.readInt32BE(4) === wire.cancelRequestCode) await this.#forwardCancel(packet)
      else await this.#serveClient(wire.readStartup(packet))
    } catch {
      // The client left, or the stand-in hung up: either way nobody is there to be told.
    } finally {
      this.close()
    }
  }

  close(): void {
    this.#closed.abort()
    this.#client.destroy()
    this.#server?.destroy()
  }

  /**
   * Ends the query that is held here, as a cancelled one ends; false where none is held that would listen.
   */
  cancelHeld(): boolean {
    this.#cancelHeld?.abort()
    return this.#cancelHeld !== undefined
  }

  async #takeStartup(): Promise<Buffer> {
    const packet = await this.#reader.takeStartup()
    if (!wire.encryptionRequestCodes.includes(packet.readInt32BE(4))) return packet
    this.#client.write('N')
    return this.#takeStartup()
  }

  async #forwardCancel(packet: Buffer): Promise<void> {
    if (this.#host.sessionOf(wire.cancelKeyOf(packet))?.cancelHeld() === true) return
    const server = await this.#connectUpstream()
    server.write(packet)
    await new Promise((resolve) => server.on('close', resolve).resume())
  }

  async #serveClient(parameters: wire.StartupParameters): Promise<void> {
    const { door } = this.#host.settings
    if (door === 'other_kind_of_port') return
    if (door === 'mute') await this.#untilClosed()
    const refusal = await this.#refusalOf(parameters)
    if (refusal !== undefined) {
      this.#client.end(wire.fatalError(refusal.sqlState, refusal.said))
      await this.#untilClosed()
    }
    this.#host.onLogin()
    const server = await this.#connectUpstream()
    const search_path = `${this.#host.schema}, public`
    const { greeting } = await logIn(this.#host.postgres, server, { ...parameters, search_path })
    this.#client.write(greeting)
    this.#watchForKey(server, greeting)
    server.pipe(this.#client)
    for (;;) server.write(await this.#passOn(await this.#reader.takeMessage()))
  }

  async #refusalOf(parameters: wire.StartupParameters): Promise<Refusal | undefined> {
    const { settings } = this.#host
    const refusal = refusalOfRole(settings, parameters)
    if (refusal !== undefined) return refusal
    this.#client.write(wire.askForPassword())
    const password = wire.readPassword(await this.#reader.takeMessage())
    return refusalOf(settings, parameters, password)
  }

  async #connectUpstream(): Promise<Socket> {
    const server = await openSocket(this.#host.postgres)
    if (this.#closed.signal.aborted) server.destroy() // the client left meanwhile
    this.#server = server
    server.on('close', () => this.close())
    return server
  }

  #watchForKey(server: Socket, greeting: Buffer): void {
    let seen = greeting
    const look = (bytes: Buffer) => {
      seen = Buffer.concat([seen, bytes])
      this.cancelKey = wire.findCancelKey(seen)
      if (this.cancelKey !== undefined) server.off('data', look)
    }
    server.on('data', look)
    look(Buffer.alloc(0))
  }

  #passOn(message: Buffer): Promise<Buffer> {
    return wire.replaceSql(message, async (sql) => {
      const query = readQuery(sql)
      this.#host.onQuery(query)
      return this.#sqlFor(query)
    })
  }

  async #sqlFor(query: ClientQuery): Promise<string> {
    const active = this.#host.behaviourOf(query.utility)
    switch (active?.behaviour.kind) {
      case undefined:
        break
      case 'fail':
        return failureOf(query, active.behaviour.sqlState, active.behaviour.said)
      case 'drop':
        throw new Error('the stand-in hangs up')
      case 'delay':
      case 'hang':
        if (await this.#wasCancelledWhileHeld(active)) {
          return failureOf(query, '57014', 'canceling statement due to user request')
        }
    }
    return answerOf(query, this.#host.settings)
  }

  async #wasCancelledWhileHeld({ behaviour, ended }: ActiveBehaviour): Promise<boolean> {
    const cancelled = new AbortController()
    const isDeaf = behaviour.kind === 'hang' && behaviour.isDeaf === true
    if (!isDeaf) this.#cancelHeld = cancelled
    const ms = behaviour.kind === 'delay' ? behaviour.ms : longestTimerMs
    const signal = AbortSignal.any([ended, cancelled.signal, this.#closed.signal])
    await wait(ms, undefined, { signal }).catch(() => undefined) // an abort is one of the ways on
    this.#cancelHeld = undefined
    this.#closed.signal.throwIfAborted()
    return cancelled.signal.aborted
  }

  async #untilClosed(): Promise<never> {
    await wait(longestTimerMs, undefined, { signal: this.#closed.signal })
    throw new Error('nobody waits that long')
  }
}
