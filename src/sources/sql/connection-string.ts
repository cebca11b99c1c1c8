// ODBC connection strings: taking one apart, putting one together, and showing one without its secrets.
// parse(build(pairs)) gives the pairs again, whatever the values hold: a `;` in a password must not end it.

export type ConnectionPair = readonly [key: string, value: string]

/**
 * The settings in their order. `{…}` quotes a value, `}}` inside stands for `}`; unquoted values are trimmed.
 * Text without `=` is passed over, as driver managers do.
 */
export function parseConnectionString(text: string): ConnectionPair[] {
  const pairs: ConnectionPair[] = []
  let at = 0
  while (at < text.length) {
    const equals = text.indexOf('=', at)
    if (equals === -1) break
    const key = text.slice(at, equals)
    const value = readValue(text, equals + 1)
    pairs.push([key.slice(key.lastIndexOf(';') + 1).trim(), value.text])
    at = value.end
  }
  return pairs
}

/**
 * Values are quoted only where they must be: psqlodbc takes the braces of some keys for a part of the value.
 */
export function buildConnectionString(pairs: readonly ConnectionPair[]): string {
  return pairs
    .map(([key, value]) => `${key}=${isDriver(key) ? quoted(value) : quotedIfNeeded(value)};`)
    .join('')
}

/** What may be shown of a connection string, under rowtail's own names; never a password, key or token. */
export function describeConnectionString(text: string): Record<string, string> {
  const pairs = parseConnectionString(text)
  const shown: Record<string, string> = {}
  for (const [name, keys] of shownKeys) {
    const value = valueOf(pairs, keys)
    if (value !== undefined && value !== '') shown[name] = value
  }
  return shown
}

/** The values of a connection string that must never be shown. */
export function secretsOf(text: string): string[] {
  return parseConnectionString(text)
    .filter(([key, value]) => secretKey.test(key) && value !== '')
    .map(([, value]) => value)
}

/** The first setting among `keys` (any case), as drivers take it. */
export function valueOf(pairs: readonly ConnectionPair[], keys: readonly string[]): string | undefined {
  return pairs.find(([key]) => keys.includes(key.toLowerCase()))?.[1]
}

export type SqreamAddress = {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
  readonly service: string
  /** True for the port of a server picker, false for that of a worker. */
  readonly clustered: boolean
}

/**
 * The account stands in both spellings: a driver that knows only UID and PWD would take the system's user
 * instead.
 */
export function sqreamConnectionString(address: SqreamAddress, driver = 'SqreamODBCDriver'): string {
  return buildConnectionString([
    ['Driver', driver],
    ['Server', address.host],
    ['Port', String(address.port)],
    ['Database', address.database],
    ['Service', address.service],
    ['User', address.user],
    ['UID', address.user],
    ['Password', address.password],
    ['PWD', address.password],
    ['Cluster', String(address.clustered)],
    ['Ssl', 'false'],
  ])
}

const secretKey = /pass|pwd|secret|token|key|credential/i

const shownKeys: readonly (readonly [name: string, keys: readonly string[]])[] = [
  ['driver', ['driver']],
  ['dsn', ['dsn']],
  ['host', ['server', 'servername', 'host', 'hostname', 'address', 'addr']],
  ['port', ['port']],
  ['database', ['database', 'db', 'dbq', 'dbname']],
  ['user', ['uid', 'user', 'username', 'user id']],
  ['service', ['service']],
]

const plainValue = /^[\w.:/\\+*@%'",?&<>|~^#$-]+(?: +[\w.:/\\+*@%'",?&<>|~^#$-]+)*$/

function isDriver(key: string): boolean {
  return key.toLowerCase() === 'driver'
}

function quotedIfNeeded(value: string): string {
  return value === '' || plainValue.test(value) ? value : quoted(value)
}

function quoted(value: string): string {
  return `{${value.replaceAll('}', '}}')}}`
}

function readValue(text: string, start: number): { text: string; end: number } {
  const first = text.slice(start).search(/\S/)
  if (first !== -1 && text[start + first] === '{') return readQuoted(text, start + first + 1)
  const semicolon = text.indexOf(';', start)
  const end = semicolon === -1 ? text.length : semicolon
  return { text: text.slice(start, end).trim(), end: end + 1 }
}

/** A quote that is never closed reaches to the end of the text. */
function readQuoted(text: string, start: number): { text: string; end: number } {
  let at = start
  while (at < text.length) {
    const brace = text.indexOf('}', at)
    if (brace === -1) break
    if (text[brace + 1] !== '}') {
      const semicolon = text.indexOf(';', brace)
      return { text: unquoted(text.slice(start, brace)), end: semicolon === -1 ? text.length : semicolon + 1 }
    }
    at = brace + 2
  }
  return { text: unquoted(text.slice(start)), end: text.length }
}

function unquoted(text: string): string {
  return text.replaceAll('}}', '}')
}
