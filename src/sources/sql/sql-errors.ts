// What a driver said (SQLSTATE and text) as an ErrorReport. Pure; the drivers call it for every failed call.
// Only what is known to mean "refused" is a refused login: rowtail stops asking then, and an unreachable
// server must not look like one. The driver's words are passed on verbatim, but for the secrets among them.

import type { ErrorCode, ErrorReport } from '../../core/errors.ts'

/** One diagnostic record of ODBC, or what comes closest to it. */
export type Diagnostic = { readonly state: string; readonly message: string }

export type ErrorContext = {
  readonly doing: 'connect' | 'query'
  /** Host, port, database, … as Target.tried; never a password. */
  readonly tried: Readonly<Record<string, string>>
  /** Values that must not be shown even where the driver repeats them. */
  readonly secrets: readonly string[]
  /** Drivers known to the driver manager, where it was asked. */
  readonly installedDrivers?: readonly string[]
}

/** What a database's words can mean. */
export type SqlErrorCode = Extract<
  ErrorCode,
  | 'driver_missing'
  | 'service_refused'
  | 'database_unknown'
  | 'login_refused'
  | 'database_unreachable'
  | 'connection_lost'
  | 'query_timeout'
  | 'query_failed'
>

const maxSaidLength = 2_000

export function reportOfDiagnostics(diagnostics: readonly Diagnostic[], context: ErrorContext): ErrorReport {
  const { code, diagnostic } = classify(diagnostics, context.doing)
  const said = withoutSecrets(diagnostics.map((one) => one.message.trim()).join('\n'), context.secrets)
  const hint = hints[code](context, said)
  return {
    code,
    message: messages[code](context),
    ...(hint === undefined ? {} : { hint }),
    ...(said === '' ? {} : { said: said.slice(0, maxSaidLength) }),
    ...(diagnostic === undefined || diagnostic.state === '' ? {} : { sqlState: diagnostic.state }),
  }
}

type Rule = {
  readonly code: SqlErrorCode
  /** Left out: both. */
  readonly doing?: ErrorContext['doing']
  readonly state?: RegExp
  readonly text?: RegExp
}

/** The first rule that any record meets decides; a rule is met by its state or by its text. */
const rules: readonly Rule[] = [
  { code: 'driver_missing', doing: 'connect', state: /^IM00[23]$/, text: /can't open lib/i },
  { code: 'service_refused', text: /no instances subscribed to the requested service/i },
  { code: 'database_unknown', state: /^3D000$/, text: /\bdatabase\b.* no longer exists/i },
  { code: 'database_unknown', doing: 'connect', text: /database "[^"]*" does not exist|unknown database/i },
  {
    code: 'login_refused',
    doing: 'connect',
    state: /^28/,
    text: /password authentication failed|login failure: role/i,
  },
  {
    code: 'login_refused',
    doing: 'connect',
    text: /role "[^"]*" (?:does not exist|is not permitted to log in)/i,
  },
  {
    code: 'login_refused',
    doing: 'connect',
    text: /access denied for user|login failed for user|ORA-01017/i,
  },
  { code: 'login_refused', doing: 'connect', text: /no pg_hba\.conf entry/i },
  { code: 'database_unreachable', doing: 'connect', state: /./, text: /^/ },
  { code: 'connection_lost', state: /^(?:08...|57P0[123])$/ },
  { code: 'connection_lost', text: /connection has been lost|server closed the connection unexpectedly/i },
  { code: 'query_timeout', state: /^HYT0[01]$/, text: /due to statement timeout/i },
]

function classify(
  diagnostics: readonly Diagnostic[],
  doing: ErrorContext['doing'],
): { code: SqlErrorCode; diagnostic: Diagnostic | undefined } {
  for (const rule of rules) {
    if (rule.doing !== undefined && rule.doing !== doing) continue
    const diagnostic = diagnostics.find((one) => isMet(rule, one))
    if (diagnostic !== undefined) return { code: rule.code, diagnostic }
  }
  const code = doing === 'connect' ? 'database_unreachable' : 'query_failed'
  return { code, diagnostic: diagnostics[0] }
}

function isMet(rule: Rule, diagnostic: Diagnostic): boolean {
  return (rule.state?.test(diagnostic.state) ?? false) || (rule.text?.test(diagnostic.message) ?? false)
}

/** A sentence per code; the offending value stands in it. */
const messages: Readonly<Record<SqlErrorCode, (context: ErrorContext) => string>> = {
  driver_missing: ({ tried }) =>
    `The ODBC driver ${tried['driver'] ?? ''} could not be loaded (${describe(tried)}).`,
  service_refused: ({ tried }) =>
    `No worker serves the service ${tried['service'] ?? ''} (${describe(tried)}).`,
  database_unknown: ({ tried }) =>
    `The server does not know the database ${tried['database'] ?? ''} (${describe(tried)}).`,
  login_refused: ({ tried }) =>
    `The database refused the login of user ${tried['user'] ?? ''} (${describe(tried)}).`,
  database_unreachable: ({ tried }) => `The database could not be reached (${describe(tried)}).`,
  connection_lost: ({ tried }) => `The connection to the database was lost (${describe(tried)}).`,
  query_timeout: () => 'The database ended the query because it took longer than the timeout.',
  query_failed: () => 'The database could not run the query.',
}

const hints: Readonly<Record<SqlErrorCode, (context: ErrorContext, said: string) => string | undefined>> = {
  driver_missing: driverHint,
  service_refused: () =>
    'Start a worker whose initialSubscribedServices holds this service, or name another by --service.',
  database_unknown: () => 'Check --database; names are case-sensitive on many servers.',
  login_refused: (_, said) => loginHint(said),
  database_unreachable: reachHint,
  connection_lost: () => undefined,
  query_timeout: () => 'Make the query cheaper, or give the metric a longer "timeout".',
  query_failed: (_, said) => queryCures.find(({ text }) => text.test(said))?.cure,
}

const queryCures: readonly { readonly text: RegExp; readonly cure: string }[] = [
  {
    text: /declare cursor must not/i,
    cure: 'This query cannot be read by a cursor: write UseDeclareFetch=0 into --connection_string.',
  },
  {
    text: /received an unsupported type from postgres/i,
    cure: 'The ANSI driver cannot give Unicode: use PostgreSQL Unicode, or --odbc_binding package.',
  },
  { text: /ORA-009(?:11|33)/, cure: 'Oracle takes no ; at the end of a query: leave it out.' },
  { text: /permission (?:was )?denied/i, cure: 'The user may not read that: grant the right to it.' },
]

function driverHint(context: ErrorContext, said: string): string {
  const installed = context.installedDrivers
  if (installed === undefined)
    return 'Register the driver in odbcinst.ini (odbcinst -q -d lists those that are).'
  if (installed.length === 0)
    return 'No ODBC driver is registered: install one and register it in odbcinst.ini.'
  const driver = context.tried['driver']
  if (driver !== undefined && installed.includes(driver) && !/data source name not found/i.test(said)) {
    return (
      'It is registered, but its library file, or one that it needs, is missing: ' +
      'try ldd on the file that odbcinst.ini names.'
    )
  }
  return `Registered drivers: ${installed.join(', ')}. Register the one you need in odbcinst.ini.`
}

function loginHint(said: string): string {
  if (!/pg_hba\.conf/.test(said)) return 'Check user and password.'
  return 'The server admits no such user from here: add a line to its pg_hba.conf.'
}

function reachHint(context: ErrorContext, said: string): string {
  if (/certificate|SSL routines/i.test(said)) {
    return (
      "The driver does not trust the server's certificate, or one side wants no TLS: give this machine the " +
      "authority that signed it; the driver's keywords for TLS go into --connection_string."
    )
  }
  const general = 'Check host and port, that the server runs, and the firewall between.'
  if (context.tried['service'] === undefined) return general
  return (
    `${general} --clustered true goes with the port of a server picker (3108 by default), ` +
    'false with that of a worker (5000).'
  )
}

function describe(tried: Readonly<Record<string, string>>): string {
  const words = Object.entries(tried).map(([name, value]) => `${name} ${value}`)
  return words.length === 0 ? 'nothing is known of the target' : words.join(', ')
}

/** Very short values would only blot the text: no password of three characters stays secret anyway. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length > 3)
    .reduce((all, secret) => all.replaceAll(secret, '***'), text)
}
