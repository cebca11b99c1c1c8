// What is known of single ODBC drivers: settings that cure a known trap, and traits that the direct binding
// reads rows by. Settings go into the connection string unless the operator chose another value; traits are
// looked up by the driver's own name after the connect, because a driver can be registered under any name.

import {
  buildConnectionString,
  type ConnectionPair,
  parseConnectionString,
  valueOf,
} from './connection-string.ts'

/** A setting under its long name, with the short ones that mean the same, and the trap it cures. */
type Setting = {
  readonly key: string
  readonly aliases: readonly string[]
  readonly value: string
  readonly why: string
}

type Profile = { readonly name: string; readonly driver: RegExp; readonly settings: readonly Setting[] }

/** A statement that fails (an old server knows no such setting) spoils neither the others nor the connect. */
const sessionSettings = [
  "set time zone 'UTC'",
  "set client_encoding to 'UTF8'",
  'set client_connection_check_interval = 1000',
  "set application_name = 'rowtail'",
].join('; ')

const psqlodbcSettings: readonly Setting[] = [
  {
    key: 'ConnSettings',
    aliases: ['a6'],
    value: sessionSettings,
    why:
      'A timestamptz arrives without its offset, in the zone of the session: in UTC it gets a Z. ' +
      "The ANSI driver's text is in the encoding of the machine's locale. " +
      'A backend whose client was killed would work on its query to the end (PostgreSQL 14 and later).',
  },
  { key: 'BoolsAsChar', aliases: ['b9'], value: '0', why: 'Booleans are announced as booleans.' },
  {
    key: 'MaxVarcharSize',
    aliases: ['b0'],
    value: '4096',
    why:
      'What varchar without a length is declared as: the package binding cuts text at four times that, ' +
      'in bytes; the direct binding reads it whole.',
  },
  {
    key: 'UnknownsAsLongVarchar',
    aliases: ['b8'],
    value: '1',
    why: 'json, arrays and others the driver has no word for: as long text, which both bindings read whole.',
  },
  {
    key: 'UseDeclareFetch',
    aliases: ['b6'],
    value: '1',
    why:
      'Without a cursor the driver holds the whole result in memory before the first row ' +
      '(500,000 rows: 176 MB instead of 65).',
  },
  {
    key: 'Fetch',
    aliases: ['a7'],
    value: '200',
    why:
      'With a cursor a cancel works until the first rows are there, and then between two portions only: ' +
      'so these are small. Larger ones were not faster.',
  },
]

const psqlodbc = /psqlodbc|postgres/i

/** SqreamODBCDriver has no entry: nothing is known of keys that it would need beyond its own. */
export const profiles: readonly Profile[] = [
  { name: 'psqlodbc (PostgreSQL)', driver: psqlodbc, settings: psqlodbcSettings },
]

/** The connection string with the settings of its driver's profile behind the operator's own. */
export function withProfile(connectionString: string): string {
  const pairs = parseConnectionString(connectionString)
  const driver = valueOf(pairs, ['driver'])
  const profile = driver === undefined ? undefined : profiles.find((one) => one.driver.test(driver))
  if (profile === undefined) return connectionString
  const added = profile.settings
    .filter(({ key, aliases }) => valueOf(pairs, [key.toLowerCase(), ...aliases]) === undefined)
    .map(({ key, value }): ConnectionPair => [key, value])
  const separator = connectionString.trimEnd().endsWith(';') ? '' : ';'
  return `${connectionString}${separator}${buildConnectionString(added)}`
}

/**
 * The query as it is sent. psqlodbc writes text of its own behind it, on the same line: behind a comment this
 * was lost, and the query failed without a reason.
 */
export function sentQuery(query: string): string {
  return /--[^\n]*$/.test(query) ? `${query}\n` : query
}

/** How the rows of a driver are read without loss. */
export type DriverTraits = {
  /** SQLSetPos and SQLGetData read a cut cell of a block again; others claim it and give other rows' data. */
  readonly repairsInBlock: boolean
  /** The declared size of a column bounds its values. */
  readonly trustsSizes: boolean
  /** SQLGetData reads a bound cell again, one row at a time. */
  readonly readsBoundCells: boolean
  /** The driver takes SQL as bytes only: they are sent as UTF-8, which the driver manager would spoil. */
  readonly isNarrow: boolean
  /** Text is read as bytes of UTF-8: the driver's UTF-16 ends at a NUL, loses bytes, or is not there. */
  readonly readsUtf8: boolean
  /** A query that tells whether they are, where the operator may have chosen another encoding. */
  readonly encodingQuery?: string
  /** Numbers of single precision have six digits as text, and all of them as numbers. */
  readonly roundsFloats: boolean
  /** Numbers of double precision arrive with 15 digits. */
  readonly roundsDoubles: boolean
  /** A column announced as text holds numbers and bytes, too. */
  readonly hasDynamicTypes: boolean
  /** A text ends at its first NUL. */
  readonly endsTextAtNul: boolean
  /** A date comes without its BC. */
  readonly losesEra: boolean
  /** A query for the session's time zone. */
  readonly zoneQuery?: string
}

/** What npm `odbc` has to know of a driver. It cannot ask for the driver's own name. */
export type PackageTraits = {
  /** False: rows are fetched one by one, because long cells of a block give other rows' data, or end it. */
  readonly repairsInBlock: boolean
  /** Integers arrive in 32 bits, other numbers with 15 digits, whatever was declared; see DriverTraits. */
  readonly hasDynamicTypes: boolean
  /** A date comes without its BC. */
  readonly losesEra: boolean
}

/** By the name in the connection string; behind a DSN any driver may be. */
export function packageTraitsOf(connectionString: string): PackageTraits {
  const driver = valueOf(parseConnectionString(connectionString), ['driver']) ?? ''
  const isPsqlodbc = psqlodbc.test(driver)
  return { repairsInBlock: isPsqlodbc, hasDynamicTypes: /sqlite/i.test(driver), losesEra: isPsqlodbc }
}

/** SQL_GD_ANY_COLUMN and SQL_GD_BOUND. */
const readsBound = 0x1 | 0x8

/** `driverName` is SQL_DRIVER_NAME (a file name), `getDataExtensions` SQL_GETDATA_EXTENSIONS. */
export function traitsOf(driverName: string, getDataExtensions: number): DriverTraits {
  const isPsqlodbc = /psqlodbc/i.test(driverName)
  const isAnsi = /psqlodbc\w*a\./i.test(driverName)
  const isSqlite = /sqlite/i.test(driverName)
  const isMariadb = /maodbc/i.test(driverName)
  return {
    repairsInBlock: isPsqlodbc,
    trustsSizes: !isSqlite,
    readsBoundCells: (getDataExtensions & readsBound) === readsBound,
    isNarrow: isSqlite || isAnsi,
    readsUtf8: isSqlite || isAnsi,
    roundsFloats: isMariadb,
    roundsDoubles: isSqlite,
    hasDynamicTypes: isSqlite,
    endsTextAtNul: isSqlite,
    losesEra: isPsqlodbc,
    ...(isMariadb ? { encodingQuery: 'select @@character_set_results' } : {}),
    ...(isPsqlodbc ? { zoneQuery: 'show time zone' } : {}),
  }
}
