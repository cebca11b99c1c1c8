// Who gets in. The refusals are in SQream's words where they are known. What psqlodbc does not put on the
// wire, the stand-in cannot see and so is told: which service the client asks for, and whether it took the
// port for a server picker's or a worker's (`Service=` and `Cluster=` of the connection string reach no
// PostgreSQL server).

import type { StartupParameters } from './wire.ts'

/** What happens to a client that would be let in by name, password and database. */
type Door =
  | 'open'
  /** As if `Service=` named a service that no worker subscribes to. */
  | 'service_unsubscribed'
  /** As a worker's port and a server picker's do with each other's clients: they hang up without a word. */
  | 'other_kind_of_port'
  /** Accepts the connection and never says anything. */
  | 'mute'

export type LoginRules = {
  readonly door: Door
  /** Passwords by role. */
  readonly roles: Readonly<Record<string, string>>
  readonly databases: readonly string[]
}

export type Refusal = { readonly sqlState: string; readonly said: string }

/** The refusal that needs no password: of the role, as SQream names it. */
export function refusalOfRole(rules: LoginRules, { user = '' }: StartupParameters): Refusal | undefined {
  if (Object.hasOwn(rules.roles, user)) return undefined
  return { sqlState: '28000', said: `Login failure: role '${user}' doesn't exist` }
}

/** What is wrong once the password is known. */
export function refusalOf(
  rules: LoginRules,
  parameters: StartupParameters,
  password: string,
): Refusal | undefined {
  const { user = '', database = '' } = parameters
  if (rules.roles[user] !== password) {
    // SQream's own words for a wrong password are not known; these are PostgreSQL's.
    return { sqlState: '28P01', said: `password authentication failed for user "${user}"` }
  }
  if (!rules.databases.includes(database)) {
    return { sqlState: '3D000', said: `Database ${database} no longer exists` }
  }
  if (rules.door === 'service_unsubscribed') {
    const said = 'Login failure: There are no instances subscribed to the requested service.'
    return { sqlState: '28000', said }
  }
  return undefined
}
