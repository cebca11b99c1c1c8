// ODBC through npm `odbc`: the second binding, for drivers that the direct one cannot serve. What it may have
// changed in a value is flagged (doubts.ts). An optional dependency: it needs a compiler where it is
// installed.

import { ReportedError } from '../../../../../core/errors.ts'
import { maxLineBytes } from '../../../../../core/metric.ts'
import type { Target } from '../../../../../core/target.ts'
import { secretsOf } from '../../../connection-string.ts'
import { packageTraitsOf, withProfile } from '../../../profiles.ts'
import { type Diagnostic, type ErrorContext, reportOfDiagnostics } from '../../../sql-errors.ts'
import type { Driver, DriverConnection } from '../driver.ts'
import { PackageConnection } from './connection.ts'
import type { OdbcModule } from './package-types.ts'

/** Rejects with a report where the package was not built. */
export async function odbcPackageDriver(settings = { maxLineBytes }): Promise<Driver> {
  const odbc = await importOdbc()
  return {
    open: (target, options) => open(odbc, { ...settings, ...options, target }),
  }
}

type Opening = {
  readonly target: Target
  readonly loginTimeoutMs: number
  readonly maxLineBytes: number
}

async function open(odbc: OdbcModule, opening: Opening): Promise<DriverConnection> {
  const { target, loginTimeoutMs } = opening
  const secrets = secretsOf(target.connectionString)
  const failure = (error: unknown, doing: ErrorContext['doing']) =>
    new ReportedError(reportOfDiagnostics(diagnosticsOf(error), { doing, tried: target.tried, secrets }), {
      cause: error,
    })
  try {
    const native = await odbc.connect({
      connectionString: withProfile(target.connectionString),
      loginTimeout: Math.max(1, Math.ceil(loginTimeoutMs / 1_000)),
      fetchArray: true,
    })
    return new PackageConnection(native, {
      failure: (error) => failure(error, 'query'),
      maxLineBytes: opening.maxLineBytes,
      traits: packageTraitsOf(target.connectionString),
    })
  } catch (error) {
    throw failure(error, 'connect')
  }
}

/** The package's errors hold the driver's words beside a general sentence; some hold nothing else. */
function diagnosticsOf(error: unknown): Diagnostic[] {
  const records: unknown = error instanceof Error && 'odbcErrors' in error ? error.odbcErrors : undefined
  const diagnostics = Array.isArray(records) ? (records as Diagnostic[]) : [] // as the package documents them
  if (diagnostics.length > 0) return diagnostics.map(({ state, message }) => ({ state, message }))
  return [{ state: '', message: error instanceof Error ? error.message : String(error) }]
}

async function importOdbc(): Promise<OdbcModule> {
  try {
    const { default: odbc } = await import('odbc')
    return odbc as unknown as OdbcModule // its own types know neither fetchArray nor a statement's cursor
  } catch (cause) {
    throw new ReportedError(
      {
        code: 'binding_missing',
        message:
          'The package odbc is not installed: its native part was not built when rowtail was installed.',
        hint:
          "Install a compiler and unixODBC's headers (Debian, Ubuntu: apt-get install build-essential " +
          'python3 unixodbc-dev) and run npm ci again, or use --odbc_binding direct.',
        said: String(cause).slice(0, 2_000),
      },
      { cause },
    )
  }
}
