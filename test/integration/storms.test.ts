// Restart storms. 25 restarts fit into a test run; `npm run torture -- --measure storms` does a hundred.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomOf } from '../support/random.ts'
import { PostgresServer } from '../support/servers/postgres.ts'
import { sharedLoki } from '../support/servers/shared.ts'
import { restartStorm } from '../torture/restart-storm.ts'

const restarts = 25
const seed = 25

let postgres: PostgresServer
beforeAll(async () => {
  // What was committed outlives nothing here, but the source may exist once in a database.
  postgres = await PostgresServer.start()
})
afterAll(() => postgres.remove())

describe('25 quick restarts, ended by SIGTERM and SIGKILL at random moments', () => {
  it('leave one state directory, no socket, no process, no row lost and none twice', async () => {
    const after = await restartStorm({ postgres, loki: sharedLoki(), restarts, random: randomOf(seed) })
    expect(after.findings).toEqual([])
    expect(after.sockets).toEqual([])
    expect(after.rows).toBeGreaterThan(0)
    expect(after.state).toEqual(['delivered', 'spool', 'state.lock'])
  })
})
