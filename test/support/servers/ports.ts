// Free loopback ports for servers that cannot bind port 0 themselves, or that must come back on the same
// port. They lie below the range that the kernel gives to outgoing connections, so that none takes a port
// meanwhile.

import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

const lowestPort = 10_240
const highestPort = 32_000

/** A port on 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowestPort, highestPort + 1)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
