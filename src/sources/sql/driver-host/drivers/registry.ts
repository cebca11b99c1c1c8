// Which driver serves a target. Loaded lazily: the host process holds only the binding that it uses.

import type { Target } from '../../../../core/target.ts'
import type { Driver } from './driver.ts'

/** Rejects with a report where the binding, or what it needs, is not installed. */
export async function loadDriver(_target: Target): Promise<Driver> {
  const { odbcDirectDriver } = await import('./odbc-direct/driver.ts')
  return odbcDirectDriver()
}
