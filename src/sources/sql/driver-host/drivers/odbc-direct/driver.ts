// ODBC through its C interface: the default binding. Exact, needs no compiler, reads rows in blocks into
// buffers that are kept. This file opens connections; connection.ts and cursor.ts do the rest.

import { setTimeout as sleep } from 'node:timers/promises'
import { ReportedError } from '../../../../../core/errors.ts'
import { maxLineBytes } from '../../../../../core/metric.ts'
import type { Target } from '../../../../../core/target.ts'
import { secretsOf } from '../../../connection-string.ts'
import { type DriverTraits, traitsOf, withProfile } from '../../../profiles.ts'
import { reportOfDiagnostics } from '../../../sql-errors.ts'
import type { Driver, DriverConnection, OpenOptions } from '../driver.ts'
import {
  connectionAttributes,
  handleTypes,
  infoTypes,
  loadOdbc,
  nullTerminated,
  type OdbcApi,
} from './api.ts'
import { OdbcConnection } from './connection.ts'
import {
  allocate,
  diagnosticsOf,
  fromWide,
  installedDrivers,
  isSuccess,
  odbcEnvironment,
  toWide,
  type TypedHandle,
} from './handles.ts'
import { limitationsOf } from './limitations.ts'

/** What the driver's own login timeout, in whole seconds, is given beyond ours. */
const loginGraceMs = 500

export type DirectSettings = {
  readonly maxLineBytes: number
  /** Replaces what profiles.ts knows of the driver: tests read one driver in the ways of others. */
  readonly traits?: Partial<DriverTraits>
}

/** Throws a report where ODBC's driver manager is not installed. */
export function odbcDirectDriver(settings: DirectSettings = { maxLineBytes }): Driver {
  const api = loadOdbc()
  return { open: (target, options) => open({ api, target, settings, ...options }) }
}

type Opening = OpenOptions & {
  readonly api: OdbcApi
  readonly target: Target
  readonly settings: DirectSettings
}

async function open(opening: Opening): Promise<DriverConnection> {
  const { api, target, settings } = opening
  const handle = await connect(opening)
  const driverName = textInfo(api, handle, infoTypes.driverName)
  const known = traitsOf(driverName, numberInfo(api, handle, infoTypes.getDataExtensions))
  const traits = { ...known, ...settings.traits }
  const connection = new OdbcConnection({
    api,
    handle,
    traits,
    limitations: limitationsOf(driverName),
    tried: target.tried,
    secrets: secretsOf(target.connectionString),
    maxLineBytes: settings.maxLineBytes,
  })
  const { zoneQuery, encodingQuery } = traits
  if (zoneQuery !== undefined)
    connection.isSessionUtc = utcZone.test(await told(connection, zoneQuery, opening))
  if (encodingQuery !== undefined) {
    connection.learn({ readsUtf8: /"utf-?8/i.test(await told(connection, encodingQuery, opening)) })
  }
  return connection
}

async function connect(opening: Opening): Promise<TypedHandle> {
  const { api, target, loginTimeoutMs } = opening
  const handle = allocate(api, handleTypes.connection, odbcEnvironment())
  const seconds = BigInt(Math.max(1, Math.ceil(loginTimeoutMs / 1_000)))
  api.setConnection.now(handle.handle, connectionAttributes.loginTimeout, seconds, 0)
  const text = toWide(withProfile(target.connectionString))
  const connecting = api.connect.later(handle.handle, null, text, nullTerminated, null, 0, null, 0)
  const deadlineMs = Number(seconds) * 1_000 + loginGraceMs
  const code = await Promise.race([connecting, sleep(deadlineMs, undefined, { ref: false })])
  if (code === undefined) {
    const discarded = connecting.then((late) => discard(api, handle, isSuccess(late)))
    opening.onOverdue?.(discarded)
    throw new ReportedError(reportOfDiagnostics([], { doing: 'connect', tried: target.tried, secrets: [] }))
  }
  if (isSuccess(code)) return handle
  const error = connectError(opening, handle)
  await discard(api, handle, false)
  throw error
}

async function discard(api: OdbcApi, handle: TypedHandle, isConnected: boolean): Promise<void> {
  if (isConnected) await api.disconnect.later(handle.handle)
  await api.freeHandle.later(handle.type, handle.handle)
}

function connectError(opening: Opening, handle: TypedHandle): ReportedError {
  const { api, target } = opening
  const diagnostics = diagnosticsOf(api, handle)
  const report = reportOfDiagnostics(diagnostics, {
    doing: 'connect',
    tried: target.tried,
    secrets: secretsOf(target.connectionString),
    installedDrivers: installedDrivers(api, odbcEnvironment()),
  })
  return new ReportedError(report)
}

function textInfo(api: OdbcApi, handle: TypedHandle, info: number): string {
  const text = new Uint16Array(new ArrayBuffer(512))
  const lengthBytes: unknown[] = [0]
  const code = api.getInfo.now(handle.handle, info, text, 512, lengthBytes)
  return isSuccess(code) ? fromWide(text, Math.min(Number(lengthBytes[0]) / 2, 255)) : ''
}

function numberInfo(api: OdbcApi, handle: TypedHandle, info: number): number {
  const value = new Uint16Array(new ArrayBuffer(8))
  const code = api.getInfo.now(handle.handle, info, value, 8, [0])
  return isSuccess(code) ? (value[0] ?? 0) : 0
}

const utcZone = /"(?:Etc\/)?(?:UTC|UCT|GMT|Zulu)"\}/

/**
 * The line of a session's own word: the operator may have chosen otherwise than the profile. Empty where the
 * database speaks the protocol but not this statement.
 */
async function told(connection: DriverConnection, query: string, opening: Opening): Promise<string> {
  try {
    const cursor = await connection.execute(query, { timeoutMs: opening.loginTimeoutMs })
    try {
      const block = await cursor.fetch(1)
      return Buffer.from(block?.lines ?? []).toString('utf8')
    } finally {
      await cursor.close()
    }
  } catch {
    return ''
  }
}
