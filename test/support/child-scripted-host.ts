// A driver host with a scripted driver, for tests of the pool. Its target's connection string says how it
// starts: `unusable`, or `dies` before it listens; a number is the memory that it claims to hold, in bytes.
// Of each login that is tried it tells as a limitation.

import type { HostNotice, HostOrder } from '../../src/sources/sql/driver-host/protocol.ts'
import { createHostServer, type HostServer } from '../../src/sources/sql/driver-host/server.ts'
import { ScriptedDriver } from './scripted-driver.ts'
import { reportOfCode } from './scripted-source.ts'

let server: HostServer | undefined
let memoryBytes = 0
let starting: Promise<void> | undefined

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.on('message', (order) => void obey(order as HostOrder)) // the pool sends nothing else

async function obey(order: HostOrder): Promise<void> {
  if (order.type === 'ping') {
    tell({ type: 'pong', id: order.id, abandoned: server?.abandonedCalls() ?? 0, memoryBytes })
    return
  }
  if (order.type === 'probe') {
    await starting
    tell({ type: 'limited', what: 'login' })
    const error = await server?.probe(order.timeoutMs)
    tell({ type: 'probed', id: order.id, ...(error === undefined ? {} : { error }) })
    return
  }
  starting = start(order)
  await starting
}

async function start({ target, token, socketPath }: HostOrder & { type: 'start' }): Promise<void> {
  if (target.connectionString === 'unusable') {
    tell({ type: 'unusable', error: reportOfCode('driver_missing') })
    return
  }
  if (target.connectionString === 'dies') {
    process.stderr.write('libodbc.so.2: cannot open shared object file\n', () => process.exit(127))
    return
  }
  memoryBytes = Number(target.connectionString)
  const driver = new ScriptedDriver({ limitations: ['no query timeout'] })
  const onLimitation = (what: string) => tell({ type: 'limited', what })
  server = createHostServer({ driver, target, token, onLimitation })
  await server.listen(socketPath)
  tell({ type: 'listening' })
}

function tell(notice: HostNotice): void {
  process.send?.(notice)
}
