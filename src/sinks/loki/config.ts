// What a Loki destination is made of, after flags and environment are read. cli/ builds it; the sink holds it
// in the main thread only, because it carries secrets. Nothing here touches the network.

import { type ErrorReport, ReportedError } from '../../core/errors.ts'
import type { ProxyEnvironment } from './proxy.ts'

export type LokiLogin =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }

/** PEM texts, not paths. */
export type LokiTls = {
  /** Trusted instead of the system's authorities. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export type LokiConfig = {
  readonly endpoint: LokiEndpoint
  /** X-Scope-OrgID; a Loki without multi-tenancy ignores it. */
  readonly tenant?: string
  readonly login: LokiLogin
  readonly tls: LokiTls
  /** Where Loki is reached through a proxy. */
  readonly proxy?: ProxyEnvironment
  /** False for a Loki that has structured metadata switched off: workers then encode entries without. */
  readonly sendsMetadata: boolean
}

export type LokiEndpoint = {
  readonly pushUrl: string
  readonly readyUrl: string
}

const pushPath = '/loki/api/v1/push'

/**
 * The addresses behind a base URL (`http://loki:3100`, `https://gateway/loki-eu`) or a full push URL.
 * Throws a ReportedError `flag_invalid`; its message never shows a password.
 */
export function endpointOf(text: string): LokiEndpoint {
  const url = parseUrl(text)
  const path = url.pathname.replace(/\/+$/, '')
  const base = url.origin + (path.endsWith(pushPath) ? path.slice(0, -pushPath.length) : path)
  return { pushUrl: base + pushPath, readyUrl: `${base}/ready` }
}

/** The login that user, password and token describe. Throws a ReportedError `flag_invalid`. */
export function loginOf(given: { user?: string; password?: string; token?: string }): LokiLogin {
  const { user, password, token } = given
  if (token !== undefined) {
    if (user !== undefined || password !== undefined) {
      throw invalid('A token and a user or password were given for Loki.', 'Keep one of them.')
    }
    return { kind: 'bearer', token: headerSafe('--loki_token', token) }
  }
  if (user === undefined && password === undefined) return { kind: 'none' }
  if (user === undefined) throw invalid('A password but no user was given for Loki.', 'Add --loki_user.')
  if (user.includes(':')) {
    throw invalid(`The Loki user '${user}' has a colon, which basic authentication cannot carry.`)
  }
  return { kind: 'basic', user, password: password ?? '' }
}

/** The tenant as Loki takes it. Throws a ReportedError `flag_invalid`. */
export function tenantOf(text: string): string {
  // The characters and the length that Loki's tenant package admits.
  if (/^[A-Za-z0-9!\-_.*'()]{1,150}$/.test(text) && text !== '.' && text !== '..') return text
  throw invalid(
    `The Loki tenant '${text.slice(0, 200)}' is none.`,
    "It has 1 to 150 of the characters a-z A-Z 0-9 ! - _ . * ' ( ): rowtail writes to one tenant.",
  )
}

/** The PEM texts of a TLS set-up. Throws a ReportedError `flag_invalid`. */
export function tlsOf(given: { ca?: string; cert?: string; key?: string }): LokiTls {
  const flags = { ca: '--loki_ca', cert: '--loki_cert', key: '--loki_key' } as const
  for (const name of ['ca', 'cert', 'key'] as const) {
    const text = given[name]
    if (text === undefined || text.includes('-----BEGIN ')) continue
    throw invalid(
      `The file of ${flags[name]} holds no PEM block.`,
      'It starts with a line -----BEGIN …-----.',
    )
  }
  if ((given.cert === undefined) !== (given.key === undefined)) {
    throw invalid(
      'A client certificate for Loki needs both --loki_cert and --loki_key; one of them is missing.',
    )
  }
  return given
}

function parseUrl(text: string): URL {
  const example = 'Write it as http://loki.example:3100, or as the full push URL …/loki/api/v1/push.'
  const url = URL.parse(text.trim())
  if (url === null) throw invalid(`The Loki URL '${withoutPassword(text)}' is no URL.`, example)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw invalid(`The Loki URL '${withoutPassword(text)}' is neither http nor https.`, example)
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(
      `The Loki URL for ${url.host} carries a user or password.`,
      'Give them as --loki_user and --loki_password_file.',
    )
  }
  if (url.search !== '' || url.hash !== '') {
    throw invalid(`The Loki URL '${text}' has a query or a fragment, which a push URL has not.`, example)
  }
  return url
}

/** Text that is no URL may still hold what looks like `user:password@`. */
function withoutPassword(text: string): string {
  return text.slice(0, 200).replace(/[^/@]*@/g, '…@')
}

function headerSafe(flag: string, secret: string): string {
  if (/^[\x21-\x7e]+$/.test(secret)) return secret
  throw invalid(`The value of ${flag} is empty, or has characters that a header cannot carry.`)
}

function invalid(message: string, hint?: string): ReportedError {
  const report: ErrorReport = { code: 'flag_invalid', message, ...(hint === undefined ? {} : { hint }) }
  return new ReportedError(report)
}
