// Runs the stand-in by hand: `node_modules/.bin/node test/support/sqream/serve.ts [port]`. By default on
// 5000, a SQream worker's port. Brings a PostgreSQL of its own, says how to connect, and takes it all away
// at Ctrl+C.

import { once } from 'node:events'
import { PostgresServer } from '../servers/postgres.ts'
import { registerSqreamDriver } from './odbc-driver.ts'
import { SqreamStandIn } from './stand-in.ts'

const port = Number(process.argv[2] ?? 5_000)
const postgres = await PostgresServer.start()
const registration = await registerSqreamDriver()
try {
  const standIn = await SqreamStandIn.start(postgres.address, { port })
  const { ODBCSYSINI } = registration.environment
  process.stdout.write(
    `A stand-in for SQream listens on 127.0.0.1:${standIn.port}: database master, user and password sqream.
Whoever connects needs this in the environment: ODBCSYSINI=${ODBCSYSINI}\n`,
  )
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await standIn.stop()
} finally {
  await registration.remove()
  await postgres.remove()
}
