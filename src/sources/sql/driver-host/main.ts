// The driver host: the child process that holds the ODBC driver, so that native code which hangs or crashes
// costs one poll. It loads the driver that its command line names while its orders are on their way. It is
// told what to do over IPC by the supervisor, serves workers over a local socket, and leaves with its parent,
// however that goes: process.exit would wait for a wedged driver call, SIGKILL does not.

import { ReportedError, reportOf } from '../../../core/errors.ts'
import { type DriverName, loadDriver } from './drivers/registry.ts'
import type { HostNotice, HostOrder } from './protocol.ts'
import { createHostServer, type HostServer } from './server.ts'

const loading = loadDriver(process.argv[2] as DriverName) // supervisor/host-process names nothing else
loading.catch(() => undefined) // told when it is to serve
let starting: Promise<void> | undefined
let server: HostServer | undefined

// pm2 signals the whole process tree: only the parent's end, or its SIGKILL, ends a host.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.on('message', (order) => void obey(order as HostOrder)) // the parent's orders are of this type only

async function obey(order: HostOrder): Promise<void> {
  switch (order.type) {
    case 'start':
      starting = start(order)
      await starting
      break
    case 'ping':
      notify({
        type: 'pong',
        id: order.id,
        abandoned: server?.abandonedCalls() ?? 0,
        memoryBytes: process.memoryUsage.rss(),
      })
      break
    case 'probe': {
      await starting
      const error = await server?.probe(order.timeoutMs)
      notify({ type: 'probed', id: order.id, ...(error === undefined ? {} : { error }) })
      break
    }
  }
}

async function start(order: HostOrder & { type: 'start' }): Promise<void> {
  try {
    const driver = await loading
    const onLimitation = (what: string) => notify({ type: 'limited', what })
    server = createHostServer({ driver, target: order.target, token: order.token, onLimitation })
    await server.listen(order.socketPath)
    notify({ type: 'listening' })
  } catch (error) {
    if (!(error instanceof ReportedError)) throw error
    notify({ type: 'unusable', error: reportOf(error) })
  }
}

function notify(notice: HostNotice): void {
  if (process.connected) process.send?.(notice)
}
