// The database that is asked. It holds the connection string and so a secret: it lives in the main thread and
// the driver host only, and crosses between them over the host's IPC channel.

export type OdbcBinding = 'direct' | 'package'

export type Target = {
  readonly kind: 'odbc' | 'sqlite'
  /** ODBC connection string, or the path of the SQLite file. */
  readonly connectionString: string
  /** npm `odbc` or ODBC's C interface; no meaning for SQLite. */
  readonly binding: OdbcBinding
  /** Short name of this target, safe as a directory name; no secrets. */
  readonly name: string
  /** The stream labels `host` and `database`. */
  readonly labels: { readonly host: string; readonly database: string }
  /**
   * True for SqreamODBCDriver: the rules of facts that only SQream has (CPU check, one statement a query).
   */
  readonly isSqream: boolean
  /** What was tried, for error texts: driver, host, port, database, user, service; never a password. */
  readonly tried: Readonly<Record<string, string>>
}

/** `host db1, port 5000, …`: what an error text says was tried. */
export function describeTarget(target: Target): string {
  return Object.entries(target.tried)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}
