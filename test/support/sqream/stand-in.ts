// A stand-in for SQreamDB, of which no server is to be had: a proxy in front of a real PostgreSQL that offers
// SQream's utility functions, fails `select 1` as a worker without a GPU does, and misbehaves on request.
// Tests reach it with production's own connection string, through psqlodbc registered as `SqreamODBCDriver`
// (odbc-driver.ts).

import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type PostgresAddress, psql } from '../servers/postgres-address.ts'
import { type Behaviour, Behaviours, type Whose } from './behaviours.ts'
import { installUtilityFunctions } from './install.ts'
import type { LoginRules } from './login.ts'
import { type Answers, type ClientQuery, selectOf } from './rewrite.ts'
import { Session, type SessionHost } from './session.ts'
import type { UtilityName } from './utility-functions.ts'

export type SeenQuery = {
  readonly atMs: number
  readonly statement: string
  readonly utility?: UtilityName
}

/** Tests change these at any time; what is asked next is answered by them. */
type Settings = { -readonly [key in keyof (LoginRules & Answers)]: (LoginRules & Answers)[key] }

/** `port` 0, the default, takes a free one. */
type StandInOptions = Partial<Settings> & { readonly port?: number }

/** psql's output is kept up to 256 KiB: so many rows stay well below. */
const rowsPerPage = 200

const usualSettings: Settings = {
  worker: 'cpu',
  spelling: 'spaces',
  isIdle: false,
  rows: {},
  cells: {},
  door: 'open',
  roles: { sqream: 'sqream' },
  databases: ['master'],
}

export class SqreamStandIn {
  readonly settings: Settings
  /** Every query seen, oldest first, the driver's own set-up included; times in ms since the epoch. */
  readonly queries: SeenQuery[] = []
  readonly #postgres: PostgresAddress
  readonly #schema: string
  readonly #behaviours = new Behaviours()
  readonly #sessions = new Set<Session>()
  readonly #watchers = new Set<(query: SeenQuery) => void>()
  #listener: Server | undefined
  #port = 0
  #logins = 0
  #attempts = 0

  private constructor(postgres: PostgresAddress, schema: string, settings: Partial<Settings>) {
    this.#postgres = postgres
    this.#schema = schema
    this.settings = { ...usualSettings, ...settings }
  }

  /** Installs the utility functions behind it and listens on loopback. */
  static async start(
    postgres: PostgresAddress,
    { port = 0, ...settings }: StandInOptions = {},
  ): Promise<SqreamStandIn> {
    const schema = await installUtilityFunctions(postgres)
    const standIn = new SqreamStandIn(postgres, schema, settings)
    standIn.#port = port
    await standIn.comeBack()
    return standIn
  }

  /** The same before and after a restart. */
  get port(): number {
    return this.#port
  }

  /** Connections open now, those included that have not logged in. */
  get connections(): number {
    return this.#sessions.size
  }

  /** Logins that were let in so far. */
  get logins(): number {
    return this.#logins
  }

  /** Connections that were ever opened, those of cancels included. */
  get attempts(): number {
    return this.#attempts
  }

  countOf(utility: UtilityName): number {
    return this.queries.filter((query) => query.utility === utility).length
  }

  /** The next query from now on that `isWanted`; ask before you do what causes it. */
  nextQuery(isWanted: (query: SeenQuery) => boolean): Promise<SeenQuery> {
    return new Promise((resolve) => {
      const watcher = (query: SeenQuery) => {
        if (!isWanted(query)) return
        this.#watchers.delete(watcher)
        resolve(query)
      }
      this.#watchers.add(watcher)
    })
  }

  /** What a query of this function is answered with now, asked past the proxy: one JSON object a row. */
  async rowsOf(utility: UtilityName): Promise<string[]> {
    const select = selectOf(utility, this.settings)
    const pageOf = (offset: number) =>
      `set search_path = ${this.#schema};
      select to_json(rows) from (${select} limit ${rowsPerPage} offset ${offset}) as rows`
    const rows: string[] = []
    for (;;) {
      const page = await psql(this.#postgres, pageOf(rows.length))
      if (page === '') return rows
      rows.push(...page.split('\n'))
    }
  }

  /** From now on `whose` queries behave so, until `restore`. */
  misbehave(whose: Whose, behaviour: Behaviour): void {
    this.#behaviours.set(whose, behaviour)
  }

  /** Ends one misbehaviour, or all; queries that it held are answered now. */
  restore(whose?: Whose): void {
    if (whose === undefined) this.#behaviours.endAll()
    else this.#behaviours.end(whose)
  }

  dropConnections(): void {
    for (const session of this.#sessions) session.close()
  }

  /** Refuses connections and cuts those that are open. */
  async goDown(): Promise<void> {
    const listener = this.#listener
    if (listener === undefined) return
    this.#listener = undefined
    const closed = once(listener, 'close')
    listener.close()
    this.dropConnections()
    await closed
  }

  /** Listens again, on the port it had. */
  async comeBack(): Promise<void> {
    const listener = createServer((socket) => this.#accept(socket))
    this.#listener = listener
    listener.listen(this.#port, '127.0.0.1')
    await once(listener, 'listening')
    this.#port = (listener.address() as AddressInfo).port // a TCP listener has no other kind of address
  }

  async restart(): Promise<void> {
    await this.goDown()
    await this.comeBack()
  }

  async stop(): Promise<void> {
    this.restore()
    await this.goDown()
  }

  #accept(socket: Socket): void {
    this.#attempts += 1
    const session = new Session(socket, this.#sessionHost())
    this.#sessions.add(session)
    void session.serve().finally(() => this.#sessions.delete(session))
  }

  #sessionHost(): SessionHost {
    return {
      postgres: this.#postgres,
      schema: this.#schema,
      settings: this.settings,
      behaviourOf: (utility) => this.#behaviours.of(utility),
      onLogin: () => {
        this.#logins += 1
      },
      onQuery: (query) => this.#note(query),
      sessionOf: (cancelKey) => [...this.#sessions].find((session) => session.cancelKey === cancelKey),
    }
  }

  #note({ statement, utility }: ClientQuery): void {
    const query = { atMs: Date.now(), statement, ...(utility === undefined ? {} : { utility }) }
    this.queries.push(query)
    for (const watcher of this.#watchers) watcher(query)
  }
}
