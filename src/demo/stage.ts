// What the demo's service finds: a database that lives, a metrics file for it, and a Loki that listens,
// unless a real one was named. All of it lies in one directory and ends with close().

import path from 'node:path'
import type { Target } from '../core/target.ts'
import { createLivingDatabase, type LivingDatabase } from './life/database.ts'
import { openReceiver, type Receiver } from './receiver/receiver.ts'

export type Stage = {
  readonly target: Target
  readonly metricsPath: string
  readonly database: LivingDatabase
  /** Undefined where the rows go to a real Loki. */
  readonly receiver: Receiver | undefined
  close(): Promise<void>
}

export type StageOptions = {
  /** Exists, and holds nothing else. */
  readonly directory: string
  readonly hasReceiver: boolean
  /** The same seed gives the same life. */
  readonly seed: number
}

const secondMs = 1_000
/** Both src/demo and dist/demo lie two levels below it. */
const packageDirectory = path.resolve(import.meta.dirname, '../..')

export async function openStage({ directory, hasReceiver, seed }: StageOptions): Promise<Stage> {
  const file = path.join(directory, 'demo.sqlite')
  const database = createLivingDatabase(file, { seed, nowMs: Date.now() })
  const receiver = hasReceiver ? await openReceiver(path.join(directory, 'loki.sqlite')) : undefined
  const life = setInterval(() => database.advance(Date.now()), secondMs)
  return {
    target: targetOf(file),
    metricsPath: path.join(packageDirectory, 'config_files', 'monitor_input.demo.json'),
    database,
    receiver,
    async close() {
      clearInterval(life)
      database.close()
      await receiver?.close()
    },
  }
}

/** Its labels are the same in every demo, so that dashboards find them. */
function targetOf(file: string): Target {
  return {
    kind: 'sqlite',
    connectionString: file,
    binding: 'direct',
    name: 'demo',
    labels: { host: 'demo', database: 'master' },
    isSqream: false,
    tried: { driver: 'sqlite', database: file },
  }
}
