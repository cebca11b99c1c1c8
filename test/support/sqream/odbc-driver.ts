// Makes psqlodbc answer to the name `SqreamODBCDriver`, by an odbcinst.ini of our own. The process that
// connects gets the directory in its environment as ODBCSYSINI; unixODBC then reads no other list of drivers.

import { globSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

export type DriverRegistration = {
  /** What to add to the environment of a process that connects. */
  readonly environment: { readonly ODBCSYSINI: string }
  remove(): Promise<void>
}

const placesOfPsqlodbc = ['/usr/lib/*/odbc/psqlodbcw.so', '/usr/lib/psqlodbcw.so', '/usr/lib64/psqlodbcw.so']

/**
 * `defaults` are psqlodbc's own settings, such as `{ UseDeclareFetch: '1' }`: it reads them from the same
 * place.
 */
export async function registerSqreamDriver(
  defaults: Readonly<Record<string, string>> = {},
): Promise<DriverRegistration> {
  const library = globSync(placesOfPsqlodbc)[0]
  if (library === undefined) {
    throw new Error('psqlodbc is not installed (apt-get install odbc-postgresql): the stand-in needs it')
  }
  const directory = await mkdtemp(path.join(tmpdir(), 'rowtail-odbc-'))
  const lines = Object.entries({ Driver: library, ...defaults }).map(([name, value]) => `${name}=${value}`)
  await writeFile(path.join(directory, 'odbcinst.ini'), ['[SqreamODBCDriver]', ...lines, ''].join('\n'))
  return {
    environment: { ODBCSYSINI: directory },
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}
