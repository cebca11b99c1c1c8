// The proxy between rowtail and Loki that the environment names, as curl and others read it. cli/ asks once,
// with the environment; the HTTP client hands the answer to Node's agents, which open the tunnel and heed
// NO_PROXY. The answer may carry the proxy's password: it is a secret.

import { ReportedError } from '../../core/errors.ts'

/** What Node's agents take as `proxyEnv`: the proxy of Loki's own scheme, and the hosts that need none. */
export type ProxyEnvironment = {
  readonly HTTP_PROXY?: string
  readonly HTTPS_PROXY?: string
  readonly NO_PROXY?: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The proxy for Loki's address; undefined where none is named, or where Loki is this very machine. Throws a
 * ReportedError `flag_invalid` for a kind of proxy that cannot be used; its message shows no password.
 */
export function proxyOf(pushUrl: string, env: Environment): ProxyEnvironment | undefined {
  const { protocol, hostname } = new URL(pushUrl)
  const name = protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const text = valueOf(env, name)
  if (text === undefined || isLoopback(hostname)) return undefined
  const noProxy = valueOf(env, 'NO_PROXY')
  return { [name]: proxyUrl(name, text), ...(noProxy === undefined ? {} : { NO_PROXY: noProxy }) }
}

/** The proxy's own password, for the redactor; a list, since there may be none. */
export function secretsOfProxy(proxy: ProxyEnvironment | undefined): string[] {
  const url = proxy?.HTTPS_PROXY ?? proxy?.HTTP_PROXY
  const password = url === undefined ? '' : new URL(url).password
  return password === '' ? [] : [password, decoded(password)]
}

/** The small letters come first, as with curl. An empty variable is none. */
function valueOf(env: Environment, name: string): string | undefined {
  return [env[name.toLowerCase()], env[name]].find((text) => text !== undefined && text !== '')
}

/** `proxy.example:3128` is meant as http, which is how such variables are often written. */
function proxyUrl(name: string, text: string): string {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  const isUsable = url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
  if (isUsable) return url.href
  throw new ReportedError({
    code: 'flag_invalid',
    message: `The variable ${name} names no http or https proxy, and Loki would be asked through it.`,
    hint: `Write it as http://proxy.example:3128, or add Loki's host to NO_PROXY.`,
  })
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a lone % that stands for itself
  }
}
