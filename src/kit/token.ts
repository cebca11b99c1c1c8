// The secret by which a worker's lane is known to its driver host. From the kernel's own source of randomness
// and compared here, because node:crypto takes 15 ms of each process's start and 1 MB to load.

import { closeSync, openSync, readSync } from 'node:fs'

const tokenBytes = 24

export function randomToken(): string {
  return (process.platform === 'win32' ? fromCrypto() : fromKernel()).toString('base64url')
}

function fromKernel(): Buffer {
  const bytes = Buffer.alloc(tokenBytes)
  const source = openSync('/dev/urandom', 'r')
  try {
    const read = readSync(source, bytes)
    if (read !== tokenBytes) throw new Error(`/dev/urandom gave ${read} of ${tokenBytes} bytes`)
    return bytes
  } finally {
    closeSync(source)
  }
}

/** Windows has no such file. */
function fromCrypto(): Buffer {
  return process.getBuiltinModule('node:crypto').randomBytes(tokenBytes)
}

/** Takes as long wherever the two differ: how long tells nothing of the token. */
export function isSameToken(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  if (a.length !== b.length) return false
  return a.reduce((differing, byte, index) => differing | (byte ^ b.readUInt8(index)), 0) === 0
}
