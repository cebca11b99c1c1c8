// Vitest runs this before the tests of the projects `contract` and `integration`: one PostgreSQL and one Loki
// for the whole run, unless ROWTAIL_TEST_PG (a postgres:// URL) and ROWTAIL_TEST_LOKI (a base URL) name
// running ones. A part that is missing fails the run with the command that installs it. Tests ask shared.ts
// for the addresses.

import type { TestProject } from 'vitest/node'
import { LokiServer } from './loki.ts'
import { PostgresServer } from './postgres.ts'
import { parsePostgresUrl, type PostgresAddress } from './postgres-address.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: PostgresAddress
    lokiUrl: string
  }
}

type Owned = { remove(): Promise<void> }
type Part<T> = { readonly address: T; readonly owned?: Owned }
type Shared = { readonly postgres: Part<PostgresAddress>; readonly loki: Part<string> }

// Every project loads this module anew; the servers are kept where all of them find them.
// The property is this module's own, so nobody else gives it another type.
const place = globalThis as { rowtailTestServers?: Promise<Shared> }

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  place.rowtailTestServers ??= startServers()
  const { postgres, loki } = await place.rowtailTestServers
  project.provide('postgres', postgres.address)
  project.provide('lokiUrl', loki.address)
  return async () => {
    delete place.rowtailTestServers
    await Promise.all([postgres.owned?.remove(), loki.owned?.remove()])
  }
}

async function startServers(): Promise<Shared> {
  const [postgres, loki] = await Promise.allSettled([findPostgres(), findLoki()])
  if (postgres.status === 'fulfilled' && loki.status === 'fulfilled') {
    return { postgres: postgres.value, loki: loki.value }
  }
  const faults = []
  for (const part of [postgres, loki]) {
    if (part.status === 'rejected') faults.push(String(part.reason))
    else await part.value.owned?.remove()
  }
  throw new Error(`The servers that the tests need are not there.\n${faults.join('\n')}`)
}

async function findPostgres(): Promise<Part<PostgresAddress>> {
  const url = takeVariable('ROWTAIL_TEST_PG')
  if (url !== undefined) return { address: parsePostgresUrl(url) }
  const server = await PostgresServer.start()
  return { address: server.address, owned: server }
}

async function findLoki(): Promise<Part<string>> {
  const url = takeVariable('ROWTAIL_TEST_LOKI')
  if (url !== undefined) return { address: url.replace(/\/$/, '') }
  const server = await LokiServer.start()
  return { address: server.baseUrl, owned: server }
}

/** Takes it out of the environment: a rowtail that a test starts reads ROWTAIL_* as its flags. */
function takeVariable(name: string): string | undefined {
  const value = process.env[name]
  delete process.env[name]
  return value
}
