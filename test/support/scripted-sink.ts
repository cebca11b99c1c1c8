// A Sink that answers as a test says, after a time on the fake clock, and notes what came and when.

import type { Lookup, PushBody, PushOutcome, PushResult, Readiness, Sink } from '../../src/core/sink.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import type { FakeClock } from './fake-clock.ts'
import { reportOfCode } from './scripted-source.ts'

export type ScriptedAnswer = {
  readonly outcome: PushOutcome
  /** Default 10 ms. */
  readonly afterMs?: number
  readonly skewMs?: number
}

export type SentPush = { readonly atMs: number; readonly stream: string; readonly bytes: number }

type Retry = Extract<PushOutcome, { kind: 'retry' }>

export const delivered: PushOutcome = { kind: 'delivered' }
export const unreachable = retryOf('loki_unreachable', { isUnknown: true })
export const serverError = retryOf('loki_server_error', { isUnknown: true })
export const loginRefused: Extract<PushOutcome, { kind: 'blocked' }> = {
  kind: 'blocked',
  error: reportOfCode('loki_login_refused'),
}

export function rateLimited(options: Partial<Retry> = {}): PushOutcome {
  return retryOf('loki_rate_limited', options)
}

function retryOf(code: ErrorCode, options: Partial<Retry>): Retry {
  return { kind: 'retry', error: reportOfCode(code), isUnknown: false, sameAs: code, ...options }
}

export class ScriptedSink implements Sink {
  readonly pushes: SentPush[] = []
  /** When readiness was asked for. */
  readonly questionsMs: number[] = []
  /** Streams whose push was aborted. */
  readonly aborted: string[] = []
  /** Streams that were asked about, and what is said of each. */
  readonly lookups: string[] = []
  lookup: Lookup = { kind: 'unknown' }
  isReady = true
  /** How long a push still takes once it is aborted. */
  abortMs = 0
  inFlight = 0
  mostInFlight = 0
  readonly #clock: FakeClock
  #script: (push: SentPush) => ScriptedAnswer = () => ({ outcome: delivered })

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  /** How pushes are answered from now on. */
  answer(script: (push: SentPush) => ScriptedAnswer): void {
    this.#script = script
  }

  async push({ stream, entries }: PushBody, signal: AbortSignal): Promise<PushResult> {
    const push = { atMs: this.#clock.monotonicMs(), stream, bytes: entries.length }
    this.pushes.push(push)
    this.inFlight += 1
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight)
    const { outcome, afterMs = 10, skewMs } = this.#script(push)
    try {
      await this.#clock.sleep(afterMs, signal)
    } catch {
      this.aborted.push(stream)
      if (this.abortMs > 0) await this.#clock.sleep(this.abortMs, new AbortController().signal)
      return { outcome: unreachable, durationMs: 0, wireBytes: 0 }
    } finally {
      this.inFlight -= 1
    }
    const skew = skewMs === undefined ? {} : { skewMs }
    return { outcome, durationMs: afterMs, wireBytes: entries.length, ...skew }
  }

  countedBytes(entries: Uint8Array): number {
    return entries.length
  }

  async readiness(signal: AbortSignal): Promise<Readiness> {
    signal.throwIfAborted()
    this.questionsMs.push(this.#clock.monotonicMs())
    return this.isReady ? { kind: 'ready' } : { kind: 'not_ready', error: reportOfCode('loki_not_ready') }
  }

  async lookUp({ stream }: PushBody, signal: AbortSignal): Promise<Lookup> {
    this.lookups.push(stream)
    await this.#clock.sleep(10, signal).catch(() => undefined)
    return this.lookup
  }

  close(): void {
    this.isReady = false
  }
}
