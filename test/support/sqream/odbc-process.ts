// The child process of odbc-client.ts: one connection through rowtail's own drivers, told what to do over
// IPC.

import { reportOf } from '../../../src/core/errors.ts'
import type { DriverConnection } from '../../../src/sources/sql/driver-host/drivers/driver.ts'
import { driverNameOf, loadDriver } from '../../../src/sources/sql/driver-host/drivers/registry.ts'
import type { OdbcAnswer, OdbcOrder, OdbcReply } from './odbc-client.ts'

const loginTimeoutMs = 3_000
const timeoutMs = 60_000
const rowsPerFetch = 500

let connection: DriverConnection | undefined

process.on('message', (order: OdbcOrder) => void answer(order))
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))

async function answer(order: OdbcOrder): Promise<void> {
  const { id } = order
  try {
    reply({ id, answer: await obey(order) })
  } catch (error) {
    reply({ id, error: reportOf(error) })
  }
}

async function obey(order: OdbcOrder): Promise<OdbcAnswer> {
  if (order.type === 'open') {
    connection = await (await loadDriver(driverNameOf(order.target))).open(order.target, { loginTimeoutMs })
  } else if (order.type === 'cancel') {
    await connection?.cancel()
  } else if (connection !== undefined) {
    return read(connection, order.query)
  }
  return { columns: [], lines: [] }
}

async function read(connection: DriverConnection, query: string): Promise<OdbcAnswer> {
  const cursor = await connection.execute(query, { timeoutMs })
  try {
    const lines: string[] = []
    for (let block = await cursor.fetch(rowsPerFetch); block; block = await cursor.fetch(rowsPerFetch)) {
      lines.push(...Buffer.from(block.lines).toString().trimEnd().split('\n'))
    }
    return { columns: cursor.columns.map(({ name }) => name), lines }
  } finally {
    await cursor.close()
  }
}

function reply(message: OdbcReply): void {
  process.send?.(message)
}
