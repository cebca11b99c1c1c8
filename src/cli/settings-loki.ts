// The Loki destination that flags and environment describe. What an address, a login and a certificate must
// look like is the sink's to say (sinks/loki/config); here its answers become faults, and files become their
// text.

import { quoted } from '../config/fault.ts'
import type { LokiSettings } from '../config/settings.ts'
import { ReportedError } from '../core/errors.ts'
import {
  endpointOf,
  loginOf,
  type LokiEndpoint,
  type LokiLogin,
  tenantOf,
  tlsOf,
} from '../sinks/loki/config.ts'
import { type ProxyEnvironment, proxyOf } from '../sinks/loki/proxy.ts'
import type { FlagName } from './flags.ts'
import { addFlagFault, exclude, type Given } from './settings-given.ts'
import type { Surroundings } from './settings-surroundings.ts'
import {
  addValueFault,
  choiceOf,
  isGiven,
  pathOf,
  portOf,
  sizeOrOffOf,
  spellingOf,
  textOf,
  textOrDefault,
} from './settings-values.ts'

const addressFlags: readonly FlagName[] = ['loki_url', 'loki_host', 'loki_port']
const maxPemBytes = 1024 * 1024

export function lokiOf(given: Given, surroundings: Surroundings): LokiSettings {
  exclude(given, ['loki_url'], ['loki_host', 'loki_port'])
  const endpoint = endpointOfFlags(given)
  const tenant = textOf(given, 'loki_tenant')
  const proxy = proxyOfEnvironment(given, endpoint, surroundings)
  return {
    endpoint,
    ...(tenant === undefined ? {} : { tenant: attempt(given, () => tenantOf(tenant)) ?? tenant }),
    login: loginOfFlags(given),
    tls: attempt(given, () => tlsOf(tlsTexts(given, { endpoint, surroundings }))) ?? {},
    ...(proxy === undefined ? {} : { proxy }),
    sendsMetadata: choiceOf(given, 'loki_metadata', ['on', 'off']) !== 'off',
    streamRate: sizeOrOffOf(given, 'loki_stream_rate'),
    isDefault: !addressFlags.some((name) => isGiven(given, name)),
  }
}

function proxyOfEnvironment(
  given: Given,
  { pushUrl }: LokiEndpoint,
  { env }: Surroundings,
): ProxyEnvironment | undefined {
  // An address with a fault has been told.
  return pushUrl === '' ? undefined : attempt(given, () => proxyOf(pushUrl, env))
}

function loginOfFlags(given: Given): LokiLogin {
  const none = { kind: 'none' } as const
  if (!exclude(given, ['loki_token'], ['loki_user', 'loki_password'])) return none
  const user = textOf(given, 'loki_user')
  const password = textOf(given, 'loki_password')
  const token = textOf(given, 'loki_token')
  if (user !== undefined && password === undefined) {
    const message = `${spellingOf(given, 'loki_user')} stands without a password`
    addFlagFault(given, message, 'Add --loki_password_file.')
  }
  return attempt(given, () => loginOf(defined({ user, password, token }))) ?? none
}

function endpointOfFlags(given: Given): LokiEndpoint {
  const url = textOf(given, 'loki_url')
  const host = textOrDefault(given, 'loki_host')
  const port = portOf(given, 'loki_port')
  const fallback = { pushUrl: '', readyUrl: '' }
  if (url !== undefined) return attempt(given, () => endpointOf(url)) ?? fallback
  if (!isHost(host)) {
    addValueFault(given, 'loki_host', {
      expected: 'a host name or address alone',
      hint: 'An address with a scheme, a port or a path goes into --loki_url.',
    })
    return fallback
  }
  return (
    attempt(given, () => endpointOf(`http://${host.includes(':') ? `[${host}]` : host}:${port}`)) ?? fallback
  )
}

/** A name, an IPv4 address, or an IPv6 address without brackets. */
function isHost(text: string): boolean {
  return /^[\w.-]+$/.test(text) || /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text)
}

/** What `read` answers, or undefined where it reports a fault. */
function attempt<Value>(given: Given, read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ReportedError)) throw error
    addFlagFault(given, error.report.message, error.report.hint)
    return undefined
  }
}

const tlsFlags = { ca: 'loki_ca', cert: 'loki_cert', key: 'loki_key' } as const satisfies Record<
  string,
  FlagName
>

type TlsContext = { readonly endpoint: LokiEndpoint; readonly surroundings: Surroundings }

function tlsTexts(given: Given, context: TlsContext): { ca?: string; cert?: string; key?: string } {
  const { ca, cert, key } = tlsFlags
  return defined({
    ca: pemOf(given, ca, context),
    cert: pemOf(given, cert, context),
    key: pemOf(given, key, context),
  })
}

function pemOf(given: Given, name: FlagName, { endpoint, surroundings }: TlsContext): string | undefined {
  const path = pathOf(given, name, surroundings.cwd)
  if (path === undefined) return undefined
  if (isGiven(given, name) && endpoint.pushUrl.startsWith('http:')) {
    const hint = 'Name an https address with --loki_url.'
    addFlagFault(given, `${spellingOf(given, name)} is given, but Loki's address is plain http`, hint)
  }
  const read = surroundings.readText(path, maxPemBytes)
  if (read.kind === 'text') return read.text
  const problem = `${spellingOf(given, name)} is ${quoted(textOrDefault(given, name))}, which ${read.problem}`
  given.faults.push({
    code: 'secret_unreadable',
    message: problem,
    ...(read.hint === undefined || read.kind === 'not_utf8' ? {} : { hint: read.hint }),
  })
  return undefined
}

/** Only the members that have a value, as exact optional types ask. */
function defined<Key extends string>(members: Record<Key, string | undefined>): { [K in Key]?: string } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in Key]?: string } // only whole members were left out
}
