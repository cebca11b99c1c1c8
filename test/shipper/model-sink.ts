// A sink that keeps each (time, line) of a stream once, as Loki does, and does to pushes what the dice say.

import type { PushBody, PushOutcome, PushResult, Sink } from '../../src/core/sink.ts'
import { lokiCodec } from '../../src/sinks/loki/codec.ts'
import type { SeededRandom } from '../spool/support/seeded-random.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { loginRefused, rateLimited, serverError, unreachable } from '../support/scripted-sink.ts'

export class ModelSink implements Sink {
  /** What is stored of each stream, as `time line`. */
  readonly stored = new Map<string, Set<string>>()
  isFailing = true
  pushes = 0
  /** Two pushes of one stream at the same time: never allowed. */
  collisions = 0
  readonly #clock: FakeClock
  readonly #random: SeededRandom
  readonly #inFlight = new Set<string>()

  constructor(clock: FakeClock, random: SeededRandom) {
    this.#clock = clock
    this.#random = random
  }

  async push(body: PushBody, signal: AbortSignal): Promise<PushResult> {
    this.pushes += 1
    if (this.#inFlight.has(body.stream)) this.collisions += 1
    this.#inFlight.add(body.stream)
    const outcome = this.#outcomeOf(body)
    await this.#clock.sleep(this.#random.between(1, 50), signal).catch(() => undefined)
    this.#inFlight.delete(body.stream)
    return { outcome: signal.aborted ? unreachable : outcome, durationMs: 1, wireBytes: 1 }
  }

  countedBytes(entries: Uint8Array): number {
    return entries.length
  }

  async readiness(): Promise<{ kind: 'ready' }> {
    return { kind: 'ready' }
  }

  close(): void {
    this.isFailing = false
  }

  #outcomeOf(body: PushBody): PushOutcome {
    const dice = this.isFailing ? this.#random.between(1, 12) : 12
    if (dice === 1) return unreachable
    if (dice === 2) return serverError
    if (dice === 3) return rateLimited({ tenantLimit: 4_000_000 })
    if (dice === 4 && this.#random.chance(0.05)) return loginRefused
    if (dice === 5 && body.count > 1) return { kind: 'split', error: serverError.error }
    const refused = this.#store(body)
    if (dice === 6) return unreachable // stored, and the answer is lost
    if (refused.length === 0) return { kind: 'delivered' }
    const refusal = { reason: 'too_long', said: 'too long' } as const
    const named = dice % 2 === 0 ? refused.slice(0, 10).map((atNs) => ({ atNs, refusal })) : []
    const isWhole = refused.length === body.count
    return { kind: 'refused', error: serverError.error, named, isWhole, refusal }
  }

  /** Stores all entries but the bad ones, whose times it returns. */
  #store({ stream, entries }: PushBody): bigint[] {
    const kept = this.stored.get(stream) ?? new Set<string>()
    this.stored.set(stream, kept)
    return lokiCodec.entriesOf(entries).flatMap(({ start, end }) => {
      const { atNs, line } = lokiCodec.decode(entries.subarray(start, end))
      if (line.startsWith('bad')) return [atNs]
      kept.add(`${atNs} ${line}`)
      return []
    })
  }
}
