// Which Host headers the web server answers. A page on the internet can have its own name point at
// 127.0.0.1 and then read what listens there (DNS rebinding); its requests give themselves away by the name
// they ask for. Pure.

import { isIP } from 'node:net'

const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/**
 * True for loopback names and addresses and for the host that was listened on. Where that is every address
 * of the machine, also for any address and the machine's own name: rebinding needs a name, and the
 * attacker's is neither.
 */
export function isHostAllowed(header: string | undefined, boundHost: string, machineName: string): boolean {
  const asked = hostOf(header)
  if (asked === undefined) return false
  if (isLoopback(asked) || asked === canonical(boundHost)) return true
  if (!wildcards.has(canonical(boundHost))) return false
  return isIP(asked) !== 0 || asked === canonical(machineName)
}

export function isLoopback(host: string): boolean {
  const name = canonical(host)
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))
}

/** The name or address of a Host header, without its port: a forwarded port is another than the one bound. */
function hostOf(header: string | undefined): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/@[\]]+)(?::\d{1,5})?$/i.exec(header ?? '')
  return match?.[1] === undefined ? undefined : canonical(match[1])
}

function canonical(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}
