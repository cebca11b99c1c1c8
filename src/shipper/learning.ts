// What an answer says about the sink, the tenant and the stream it was for: who waits, how long, and what the
// log is told. What becomes of the entries is the worker's. The shipper hands over each answer once.

import { backoffMs, pushBackoff } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import type { ErrorReport } from '../core/errors.ts'
import type { PushOutcome } from '../core/sink.ts'
import type { TenantPace } from './pace.ts'
import type { SinkHealth } from './sink-health.ts'
import type { StreamQueue } from './stream-queue.ts'

export type SinkEvent =
  | { readonly type: 'sink.lost'; readonly error: ErrorReport }
  | { readonly type: 'sink.back'; readonly awayMs: number }
  | { readonly type: 'sink.limited'; readonly bytesPerSecond: number }

export type LearningOptions = {
  readonly health: SinkHealth
  readonly tenant: TenantPace
  readonly clock: Clock
  readonly random: () => number
  readonly emit: (event: SinkEvent) => void
  /** Called after the first push that was delivered. */
  readonly onFirstDelivery: () => void
  /** An answer was lost, of this stream: it may be stored. */
  readonly onLostAnswer: (queue: StreamQueue, nowMs: number) => void
}

type Retry = Extract<PushOutcome, { kind: 'retry' }>

export class Learning {
  readonly #options: LearningOptions
  #hasDelivered = false
  /** Answers that only a working sink gives. */
  #answers = 0

  constructor(options: LearningOptions) {
    this.#options = options
  }

  learn(queue: StreamQueue, outcome: PushOutcome): void {
    const { clock, health, tenant, emit, onFirstDelivery } = this.#options
    const nowMs = clock.monotonicMs()
    switch (outcome.kind) {
      case 'delivered':
        queue.failures = 0
        tenant.accepted(nowMs)
        this.#answered(nowMs)
        if (!this.#hasDelivered) onFirstDelivery()
        this.#hasDelivered = true
        break
      case 'split':
      case 'refused':
        queue.failures = 0
        this.#answered(nowMs)
        break
      case 'retry':
        this.#retry(queue, outcome, nowMs)
        break
      case 'blocked':
        if (health.blocked(nowMs)) emit({ type: 'sink.lost', error: outcome.error })
        break
    }
  }

  #answered(nowMs: number): void {
    const { health, emit } = this.#options
    this.#answers += 1
    const awayMs = health.answered(nowMs)
    if (awayMs !== undefined) emit({ type: 'sink.back', awayMs })
  }

  #retry(queue: StreamQueue, outcome: Retry, nowMs: number): void {
    queue.failures += 1
    if (outcome.error.code === 'loki_rate_limited') this.#refusedForRate(queue, outcome, nowMs)
    else this.#failed(queue, outcome, nowMs)
  }

  #failed(queue: StreamQueue, outcome: Retry, nowMs: number): void {
    const { health, random, emit, onLostAnswer } = this.#options
    const { afterMs = 0, error } = outcome
    this.#backOff(queue, afterMs, nowMs)
    queue.failsAlone = queue.failures > 1 && (queue.failsAlone || this.#answers > queue.answersAtFailure)
    queue.answersAtFailure = this.#answers
    const isNews = !queue.failsAlone && health.failed(nowMs, { afterMs, random: random() })
    if (isNews) emit({ type: 'sink.lost', error })
    onLostAnswer(queue, nowMs)
  }

  /** A 429 stored nothing: the tenant's makes all slower, a stream's only this one. */
  #refusedForRate(queue: StreamQueue, outcome: Retry, nowMs: number): void {
    const { tenant, random, emit } = this.#options
    const { afterMs = 0, scope, tenantLimit } = outcome
    this.#answered(nowMs)
    if (scope === 'stream') {
      this.#backOff(queue, afterMs, nowMs)
      return
    }
    const isNews = tenant.refused(nowMs, { limit: tenantLimit, afterMs: outcome.afterMs })
    // Refused pushes use no tokens: the same one passes soon, and there is no storm, for the pace holds all
    // of them.
    queue.notBeforeMs = nowMs + Math.max(afterMs, 100 + 200 * random())
    const rate = tenant.pace.bytesPerSecond
    if (isNews && rate !== undefined) emit({ type: 'sink.limited', bytesPerSecond: Math.round(rate) })
  }

  #backOff(queue: StreamQueue, afterMs: number, nowMs: number): void {
    const waitMs = backoffMs(pushBackoff, queue.failures, this.#options.random())
    queue.notBeforeMs = nowMs + Math.max(afterMs, waitMs)
  }
}
