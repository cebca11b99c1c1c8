// Whether the sink takes pushes, as far as the answers tell. While it does not, one push at a time probes it,
// so that after an outage fifty backlogs do not storm it. A heavy stream waits longer still: after a restart
// Loki counts what it replays as rate, and a retry within that time may be stored twice.

import { backoffMs, pushBackoff } from '../core/backoff.ts'

/** A refused login or a wrong address is asked about once a minute: somebody has to mend something. */
const blockedProbeMs = 60_000

export type SinkState =
  | { readonly kind: 'taking' }
  | { readonly kind: 'lost'; readonly sinceMs: number; readonly failures: number; readonly probeMs: number }

export class SinkHealth {
  #state: SinkState = { kind: 'taking' }

  get isTaking(): boolean {
    return this.#state.kind === 'taking'
  }

  /** When the next push may go, as far as the sink's health is concerned. */
  get probeMs(): number {
    return this.#state.kind === 'taking' ? 0 : this.#state.probeMs
  }

  /** No answer, or one that says "not now". True where that is news. */
  failed(nowMs: number, wait: { readonly afterMs?: number; readonly random: number }): boolean {
    const failures = this.#failuresAt(nowMs)
    const waitMs = Math.max(backoffMs(pushBackoff, failures, wait.random), wait.afterMs ?? 0)
    return this.#lose(nowMs, failures, waitMs)
  }

  /** The sink will take nothing until somebody mends something. True where that is news. */
  blocked(nowMs: number): boolean {
    return this.#lose(nowMs, 1, blockedProbeMs)
  }

  /** An answer that only a working sink gives; how long it was away, where it was. */
  answered(nowMs: number): number | undefined {
    if (this.#state.kind === 'taking') return undefined
    const awayMs = nowMs - this.#state.sinceMs
    this.#state = { kind: 'taking' }
    return awayMs
  }

  /** Pushes that were in flight together fail as one: only a probe that was due counts as another try. */
  #failuresAt(nowMs: number): number {
    if (this.#state.kind === 'taking') return 1
    const { failures, probeMs } = this.#state
    return nowMs < probeMs ? failures : failures + 1
  }

  #lose(nowMs: number, failures: number, waitMs: number): boolean {
    const isNews = this.#state.kind === 'taking'
    const sinceMs = this.#state.kind === 'lost' ? this.#state.sinceMs : nowMs
    this.#state = { kind: 'lost', sinceMs, failures, probeMs: nowMs + waitMs }
    return isNews
  }
}
