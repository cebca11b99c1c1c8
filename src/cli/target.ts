// The database that flags and environment describe: SQreamDB by its own flags, any database by driver or
// connection string, or a SQLite file. Its name and its labels `host` and `database` are what a restart must
// find unchanged.

import { basename, resolve } from 'node:path'
import { labelValueFault } from '../config/labels.ts'
import type { OdbcBinding, Target } from '../core/target.ts'
import {
  buildConnectionString,
  type ConnectionPair,
  describeConnectionString,
  parseConnectionString,
  secretsOf,
  sqreamConnectionString,
  valueOf,
} from '../sources/sql/connection-string.ts'
import type { FlagName } from './flags.ts'
import { addFlagFault, exclude, type Given } from './settings-given.ts'
import type { Surroundings } from './settings-surroundings.ts'
import {
  addValueFault,
  booleanOf,
  choiceOf,
  isGiven,
  portOf,
  spellingOf,
  textOf,
  textOrDefault,
} from './settings-values.ts'

const bindings: readonly OdbcBinding[] = ['direct', 'package']
const sqreamDriver = 'SqreamODBCDriver'
const addressFlags: readonly FlagName[] = [
  'driver',
  'host',
  'port',
  'database',
  'user',
  'password',
  'service',
  'clustered',
]

/** The target; what is wrong with it is added to the faults of `given`. */
export function targetOf(given: Given, surroundings: Surroundings): Target {
  exclude(given, ['connection_string'], addressFlags)
  const target = targetByKind(given, surroundings)
  for (const [name, value] of Object.entries(target.labels)) {
    const fault = labelValueFault(value)
    if (fault !== undefined) addFlagFault(given, `the label ${name} of the database needs ${fault.expected}`)
  }
  return target
}

function isSqreamDriver(driver: string): boolean {
  return driver.toLowerCase() === sqreamDriver.toLowerCase()
}

function targetByKind(given: Given, surroundings: Surroundings): Target {
  if (isGiven(given, 'connection_string')) return targetOfConnectionString(given)
  const driver = textOrDefault(given, 'driver')
  if (driver.toLowerCase() === 'sqlite') return sqliteTarget(given, surroundings)
  checkHost(given)
  return isSqreamDriver(driver) ? sqreamTarget(given, driver) : odbcTarget(given, driver)
}

function sqreamTarget(given: Given, driver: string): Target {
  const host = textOrDefault(given, 'host')
  const port = portOf(given, 'port')
  const database = textOrDefault(given, 'database')
  const user = textOrDefault(given, 'user')
  const service = textOrDefault(given, 'service')
  const password = textOrDefault(given, 'password')
  const clustered = booleanOf(given, 'clustered')
  return {
    kind: 'odbc',
    connectionString: sqreamConnectionString({ host, port, database, user, password, service, clustered }),
    binding: bindingOf(given),
    name: nameOf(given, `${host}_${port}_${database}`),
    labels: { host, database },
    isSqream: true,
    tried: { driver, host, port: String(port), database, user, service, clustered: String(clustered) },
  }
}

/** Another ODBC driver by name. Only the host has a default here: the others are SQreamDB's own. */
function odbcTarget(given: Given, driver: string): Target {
  refuse(given, ['service', 'clustered'], `only ${sqreamDriver} has it`)
  const host = textOrDefault(given, 'host')
  const port = isGiven(given, 'port') ? String(portOf(given, 'port')) : undefined
  const database = givenText(given, 'database')
  const user = givenText(given, 'user')
  const password = givenText(given, 'password')
  const pairs = [
    ['Driver', driver],
    ['Server', host],
    ['Port', port],
    ['Database', database],
    ['User', user],
    ['UID', user],
    ['Password', password],
    ['PWD', password],
  ] as const
  const tried = { driver, host, port, database, user }
  return {
    kind: 'odbc',
    connectionString: buildConnectionString(
      pairs.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    ),
    binding: bindingOf(given),
    name: nameOf(given, [host, port, database].filter((part) => part !== undefined).join('_')),
    labels: { host, database: database ?? host },
    isSqream: false,
    tried: Object.fromEntries(
      Object.entries(tried).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    ),
  }
}

function targetOfConnectionString(given: Given): Target {
  const text = textOrDefault(given, 'connection_string')
  const pairs = parseConnectionString(text)
  const driver = valueOf(pairs, ['driver'])
  if (driver === undefined && valueOf(pairs, ['dsn', 'filedsn']) === undefined) {
    addValueFault(given, 'connection_string', {
      expected: 'settings such as Driver={PostgreSQL Unicode};Server=db1;…, with a Driver or a DSN',
    })
  }
  const tried = describeConnectionString(text)
  const host = tried['host'] ?? tried['dsn']
  const parts = [host, tried['port'], tried['database']].filter((part) => part !== undefined)
  const name = nameOf(given, host === undefined ? `odbc_${hashOf(publicText(text, pairs))}` : parts.join('_'))
  return {
    kind: 'odbc',
    connectionString: text,
    binding: bindingOf(given),
    name,
    labels: { host: host ?? name, database: tried['database'] ?? tried['dsn'] ?? name },
    isSqream: driver !== undefined && isSqreamDriver(driver),
    tried,
  }
}

/**
 * A SQLite file has no host: its label is this machine's name, or --host where that changes, as in a
 * container. The target's name tells files of one name in two directories apart.
 */
function sqliteTarget(given: Given, surroundings: Surroundings): Target {
  refuse(given, ['port', 'user', 'password', 'service', 'clustered'], 'a SQLite file has none')
  const file = givenText(given, 'database')
  if (file === undefined)
    addFlagFault(given, '--driver sqlite stands without --database; expected the path of a file')
  const path = resolve(surroundings.cwd, file ?? '')
  const database = basename(path)
  return {
    kind: 'sqlite',
    connectionString: path,
    binding: 'direct',
    name: nameOf(given, `sqlite_${database}_${hashOf(path)}`),
    labels: { host: givenText(given, 'host') ?? surroundings.hostname, database },
    isSqream: false,
    tried: { driver: 'sqlite', database: path },
  }
}

function refuse(given: Given, names: readonly FlagName[], why: string): void {
  for (const name of names) {
    if (!isGiven(given, name)) continue
    const driver = textOrDefault(given, 'driver')
    addFlagFault(given, `${spellingOf(given, name)} stands together with --driver ${driver}: ${why}`)
  }
}

function givenText(given: Given, name: FlagName): string | undefined {
  return isGiven(given, name) ? textOf(given, name) : undefined
}

function bindingOf(given: Given): OdbcBinding {
  return choiceOf(given, 'odbc_binding', bindings) ?? 'direct'
}

function checkHost(given: Given): void {
  const host = textOrDefault(given, 'host')
  const withPort = /^([^:/]+):(\d+)$/.exec(host)
  if (withPort !== null) {
    const hint = `Write --host ${withPort[1]} --port ${withPort[2]}.`
    addValueFault(given, 'host', { expected: 'a host name or address alone', hint })
  } else if (!/^[^\s/;{}=]+$/.test(host)) {
    addValueFault(given, 'host', { expected: 'a host name or address' })
  }
}

/** The name that was asked for, or the derived one made safe for a file system. */
function nameOf(given: Given, derived: string): string {
  const asked = textOf(given, 'target_name')
  if (asked === undefined) return safeName(derived)
  if (isSafeName(asked)) return asked
  addValueFault(given, 'target_name', {
    expected: 'at most 100 letters, digits, dots, _ and -, beginning with a letter, a digit or _',
  })
  return safeName(asked)
}

function isSafeName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/.test(name)
}

/** Where characters had to go, a hash keeps two targets apart that would look the same without them. */
function safeName(name: string): string {
  if (isSafeName(name)) return name
  const plain = name.replaceAll(/[^A-Za-z0-9._-]+/g, '_').replace(/^[.-]+/, '_')
  return `${plain.slice(0, 80)}_${hashOf(name)}`
}

/** Few names need it, and node:crypto takes 15 ms to load. */
function hashOf(text: string): string {
  const { createHash } = process.getBuiltinModule('node:crypto')
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

/** The settings of a connection string without its secrets: a changed password is the same target. */
function publicText(text: string, pairs: readonly ConnectionPair[]): string {
  const secrets = secretsOf(text)
  return JSON.stringify(pairs.filter(([, value]) => !secrets.includes(value)))
}
