// ODBC's handles and what they say: allocation, diagnostics, the list of installed drivers, text in and out.

import type { Diagnostic } from '../../../sql-errors.ts'
import { environmentAttributes, type Handle, handleTypes, loadOdbc, type OdbcApi, returns } from './api.ts'

/** A handle with its kind: what diagnostics are asked of. */
export type TypedHandle = { readonly type: number; readonly handle: Handle }

const maxDiagnostics = 8
const maxMessageUnits = 4_096

let environment: TypedHandle | undefined

/** One environment a process: it holds nothing but the list of connections. */
export function odbcEnvironment(): TypedHandle {
  if (environment !== undefined) return environment
  const api = loadOdbc()
  const created = allocate(api, handleTypes.environment, null)
  api.setEnvironment.now(created.handle, environmentAttributes.odbcVersion, 3n, 0)
  environment = created
  return created
}

/** Throws where even a handle is refused: the driver manager is out of memory, or the connection is gone. */
export function allocate(api: OdbcApi, type: number, parent: TypedHandle | null): TypedHandle {
  const out: unknown[] = [null]
  const code = api.allocHandle.now(type, parent?.handle ?? null, out)
  if (!isSuccess(code) || typeof out[0] !== 'bigint') throw new Error(`SQLAllocHandle(${type}) gave ${code}`)
  return { type, handle: out[0] }
}

export function isSuccess(code: number): boolean {
  return code === returns.success || code === returns.successWithInfo
}

/** The records of the last call on this handle; empty where the driver says nothing. */
export function diagnosticsOf(api: OdbcApi, of: TypedHandle): Diagnostic[] {
  const state = new Uint16Array(new ArrayBuffer(12))
  const text = new Uint16Array(new ArrayBuffer(maxMessageUnits * 2))
  const records: Diagnostic[] = []
  for (let index = 1; index <= maxDiagnostics; index++) {
    const length: unknown[] = [0]
    const code = api.diagnostic.now(of.type, of.handle, index, state, [0], text, maxMessageUnits, length)
    if (!isSuccess(code)) break
    const units = Math.min(Number(length[0]), maxMessageUnits - 1)
    records.push({ state: fromWide(state, 5), message: fromWide(text, units) })
  }
  return records
}

export function installedDrivers(api: OdbcApi, env: TypedHandle): string[] {
  const next = 1
  const first = 2
  const name = new Uint16Array(new ArrayBuffer(512))
  const attributes = new Uint16Array(new ArrayBuffer(4_096))
  const names: string[] = []
  let direction: number = first
  for (;;) {
    const length: unknown[] = [0]
    const code = api.drivers.now(env.handle, direction, name, 256, length, attributes, 2_048, [0])
    if (!isSuccess(code)) return names
    names.push(fromWide(name, Number(length[0])))
    direction = next
  }
}

/** Null-terminated UTF-16, as SQLWCHAR is under unixODBC and Windows. */
export function toWide(text: string): Uint8Array {
  return Buffer.from(`${text}\0`, 'utf16le')
}

/** Text of a driver that speaks UTF-8, which the driver manager widened byte by byte. */
export function fromNarrow(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8')
}

export function fromWide(units: Uint16Array, length: number): string {
  return String.fromCharCode(...units.subarray(0, length))
}
