// The heavy half of the Loki sink: pushes frozen entries from the main thread, asks whether Loki is ready and
// which entries it has. The shipper calls it; expected failures are outcomes, never rejections.

import type { Clock } from '../../core/clock.ts'
import type { Lookup, PushBody, PushResult, Readiness, Sink } from '../../core/sink.ts'
import { type Answer, createLokiClient, type LokiClient, type NoAnswer } from './client.ts'
import { countedBytesOf } from './codec.ts'
import type { LokiConfig } from './config.ts'
import { lookUp } from './lookup.ts'
import { outcomeOf } from './outcome.ts'
import { createPushEncoder, type PushEncoder } from './push-body.ts'
import { readinessOf } from './readiness.ts'

/** Longer than Loki's own patience with its parts (5 s): past it an answer no longer comes. */
const pushTimeoutMs = 10_000

export type SinkClock = Pick<Clock, 'nowMs' | 'monotonicMs'>

const systemClock: SinkClock = { nowMs: Date.now, monotonicMs: () => performance.now() }

/** Opens no connection before the first question. */
export function createLokiSink(config: LokiConfig, clock: SinkClock = systemClock): Sink {
  const client = createLokiClient(config)
  const encoder = createPushEncoder()
  return {
    push: (body, signal) => push({ client, encoder, config, clock }, body, signal),
    countedBytes: countedBytesOf,
    readiness: (signal): Promise<Readiness> => readinessOf(client, config.endpoint, signal),
    lookUp: (entries, signal): Promise<Lookup> =>
      lookUp({ client, pushUrl: config.endpoint.pushUrl, clock }, entries, signal),
    close: () => client.close(),
  }
}

type Parts = {
  readonly client: LokiClient
  readonly encoder: PushEncoder
  readonly config: LokiConfig
  readonly clock: SinkClock
}

async function push(parts: Parts, push: PushBody, signal: AbortSignal): Promise<PushResult> {
  const { client, encoder, config, clock } = parts
  const body = encoder.encode(push)
  const startedMs = clock.monotonicMs()
  const answer = await client.ask({ url: config.endpoint.pushUrl, body, timeoutMs: pushTimeoutMs, signal })
  const sinkMs = clockOf(answer)
  return {
    outcome: outcomeOf(answer, { count: push.count, bytes: push.entries.length }),
    durationMs: clock.monotonicMs() - startedMs,
    wireBytes: body.length,
    ...(sinkMs === undefined ? {} : { sinkMs, skewMs: sinkMs - clock.nowMs() }),
  }
}

/** The header cuts to whole seconds: its middle is the best guess of Loki's clock. */
function clockOf(answer: Answer | NoAnswer): number | undefined {
  if (answer.kind === 'no_answer' || answer.date === undefined) return undefined
  const dateMs = Date.parse(answer.date)
  return Number.isNaN(dateMs) ? undefined : dateMs + 500
}
