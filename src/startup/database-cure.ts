// The likely cure of a failed connection, where the target tells more than the driver's error does. Pure.
// Undefined leaves the hint that came with the error: whoever saw the driver's list or the service's refusal
// said it there.

import type { ErrorCode, ErrorReport } from '../core/errors.ts'
import type { Target } from '../core/target.ts'
import { parseConnectionString, valueOf } from '../sources/sql/connection-string.ts'

/** SQream's ports when nobody changed them. */
const pickerPort = '3108'
const workerPort = '5000'

type Cure = (target: Target, error: ErrorReport) => string | undefined

const cures: Partial<Record<ErrorCode, Cure>> = {
  driver_manager_missing: () =>
    'Install unixODBC: `apt-get install unixodbc` (Debian, Ubuntu), `dnf install unixODBC` (Fedora, RHEL), ' +
    '`brew install unixodbc` (macOS); its home is unixODBC.org.',
  login_refused: (target, error) => (target.isSqream ? loginCure(error) : undefined),
  database_unreachable: (target, error) => portCure(target, error) ?? networkCure(target, error),
}

export function cureOf(target: Target, error: ErrorReport): string | undefined {
  return cures[error.code]?.(target, error)
}

function loginCure({ said = '' }: ErrorReport): string {
  if (/role .* doesn't exist/i.test(said)) return 'The server has no such role: check --user.'
  return 'Check --user and --password, or the file of --password_file.'
}

/** A server picker and a worker do not answer each other's clients. */
function portCure(target: Target, { said = '' }: ErrorReport): string | undefined {
  if (!target.isSqream || isAddressFault(said)) return undefined
  const isClustered = valueOf(parseConnectionString(target.connectionString), ['cluster']) === 'true'
  const { port } = target.tried
  if (port === pickerPort && !isClustered) {
    return (
      `Port ${pickerPort} is a server picker's by default: it needs --clustered. ` +
      `Without --clustered, give a worker's port (--port ${workerPort} by default).`
    )
  }
  if (port === workerPort && isClustered) {
    return (
      `Port ${workerPort} is a worker's by default: leave --clustered out. ` +
      `With --clustered, give a server picker's port (--port ${pickerPort} by default).`
    )
  }
  return undefined
}

function isAddressFault(said: string): boolean {
  return unknownName.test(said) || refused.test(said)
}

const unknownName = /could not translate host name|name or service not known|getaddrinfo|unknown host/i
const refused = /connection refused|ECONNREFUSED/i
const silent = /timeout expired|timed out|ETIMEDOUT/i

function networkCure({ tried }: Target, { said = '' }: ErrorReport): string | undefined {
  const host = tried['host'] ?? 'the server'
  const port = tried['port'] === undefined ? 'the port' : `port ${tried['port']}`
  if (unknownName.test(said)) return `No name service knows ${host}: check the spelling of the host.`
  if (refused.test(said)) {
    return `${host} answers, but nothing listens on ${port}: start the database, or correct the port.`
  }
  if (silent.test(said)) {
    return `Nothing came back from ${host}: check the host, and that no firewall on the way drops ${port}.`
  }
  return undefined
}
