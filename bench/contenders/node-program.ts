// Small monitors as a Node developer writes them (programs/), on npm's `odbc`. That is an optional dependency
// of rowtail, compiled at installation: where it is missing they cannot be played, and say so.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { postgresConnectionString } from '../../test/support/servers/postgres-address.ts'
import { launch } from '../../test/support/servers/processes.ts'
import type { Contender, ContenderName } from '../contender.ts'

export function nodeProgram(name: ContenderName, title: string): Contender {
  const program = fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url))
  return {
    name,
    title,
    async start({ metrics, database, lokiUrl, label, directory }) {
      await requireOdbc()
      const jobPath = join(directory, 'job.json')
      const connectionString = postgresConnectionString(database)
      writeFileSync(jobPath, JSON.stringify({ metrics, connectionString, lokiUrl, label }))
      return { launched: await launch(process.execPath, [program, jobPath], { cwd: directory }) }
    },
  }
}

async function requireOdbc(): Promise<void> {
  try {
    await import('odbc')
  } catch (cause) {
    throw new Error("npm's odbc was not built; `npm test` says why. Without it this peer cannot ask.", {
      cause,
    })
  }
}
