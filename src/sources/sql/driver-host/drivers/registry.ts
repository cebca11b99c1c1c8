// Which driver serves a target. Imported lazily: the host process holds only the binding that it uses, and
// one that is not installed is a report instead of a crash.

import { ReportedError } from '../../../../core/errors.ts'
import type { Target } from '../../../../core/target.ts'
import type { Driver } from './driver.ts'

export type DriverName = 'sqlite' | Target['binding']

export function driverNameOf({ kind, binding }: Pick<Target, 'kind' | 'binding'>): DriverName {
  return kind === 'sqlite' ? kind : binding
}

/** Rejects with a report where the binding, or what it needs, is not installed. */
export async function loadDriver(name: DriverName): Promise<Driver> {
  if (name === 'sqlite') return (await import('./sqlite.ts')).sqliteDriver()
  if (name === 'package') return (await import('./odbc-package/driver.ts')).odbcPackageDriver()
  const { odbcDirectDriver } = await import('./odbc-direct/driver.ts').catch(koffiMissing)
  return odbcDirectDriver()
}

function koffiMissing(cause: unknown): never {
  throw new ReportedError(
    {
      code: 'binding_missing',
      message: `The package koffi has no binary for ${process.platform} ${process.arch}.`,
      hint: 'Run npm ci without --omit=optional, or use --odbc_binding package.',
      said: String(cause).slice(0, 2_000),
    },
    { cause },
  )
}
