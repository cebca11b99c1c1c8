// What the tests of the sink's contract share: a server for a block of tests, streams of one's own, reading
// back.

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { PushBody, PushOutcome, Sink } from '../../src/core/sink.ts'
import { endpointOf, type LokiConfig } from '../../src/sinks/loki/config.ts'
import { createLokiSink } from '../../src/sinks/loki/sink.ts'
import { type LokiEntry, queryLoki } from '../support/servers/loki-client.ts'

/** How a server differs from Loki's defaults. */
export type LokiVariant = {
  readonly isAuthOn?: boolean
  readonly allowsStructuredMetadata?: boolean
  readonly maxStreams?: number
  readonly streamBytesPerSecond?: number
  readonly streamBurstBytes?: number
  readonly maxBodyBytes?: number
  readonly blockedStatus?: number
}

export type LokiSubject = { readonly baseUrl: string; stop(): Promise<void> }

export type Subject = { readonly sink: Sink; readonly baseUrl: string }
export type Refused = Extract<PushOutcome, { kind: 'refused' }>
export type Retry = Extract<PushOutcome, { kind: 'retry' }>

export const signal = new AbortController().signal
export const minuteNs = 60_000_000_000n
export const hourNs = 60n * minuteNs

/** The server of a describe block, filled in before its tests. */
export function serverOf(
  start: (variant: LokiVariant) => Promise<LokiSubject>,
  variant: LokiVariant,
  config: Partial<LokiConfig> = {},
): Subject {
  const parts: { server?: LokiSubject; sink?: Sink } = {}
  beforeAll(async () => {
    parts.server = await start(variant)
    parts.sink = sinkFor(parts.server.baseUrl, config)
  })
  afterAll(async () => {
    parts.sink?.close()
    await parts.server?.stop()
  })
  return {
    get sink() {
      return present(parts.sink)
    },
    get baseUrl() {
      return present(parts.server).baseUrl
    },
  }
}

export function sinkFor(baseUrl: string, config: Partial<LokiConfig>): Sink {
  const defaults = {
    endpoint: endpointOf(baseUrl),
    login: { kind: 'none' },
    tls: {},
    sendsMetadata: true,
  } as const
  return createLokiSink({ ...defaults, ...config })
}

export async function outcomeOf({ sink }: Subject, push: PushBody): Promise<PushOutcome> {
  return (await sink.push(push, signal)).outcome
}

export async function kindOf(subject: Subject, push: PushBody): Promise<PushOutcome['kind']> {
  return (await outcomeOf(subject, push)).kind
}

export function refused(outcome: PushOutcome): Refused {
  if (outcome.kind === 'refused') return outcome
  throw new Error(`not refused: ${JSON.stringify(outcome)}`)
}

export function retried(outcome: PushOutcome): Retry {
  if (outcome.kind === 'retry') return outcome
  throw new Error(`not to be retried: ${JSON.stringify(outcome)}`)
}

export function read({ baseUrl }: Subject, labels: { readonly job: string }): Promise<LokiEntry[]> {
  return queryLoki(baseUrl, `{job="${labels.job}"}`)
}

export async function storedLines(subject: Subject, labels: { readonly job: string }): Promise<string[]> {
  return (await read(subject, labels)).map(({ line }) => line)
}

let streams = 0

/** Labels of a stream that no other test writes to. */
export function streamLabels(): { job: string } {
  streams += 1
  return { job: `sink-${process.pid}-${streams}-${randomBytes(4).toString('hex')}` }
}

export function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the server of this block has not been started')
  return value
}
