// Watches Loki after an answer was lost. What Loki replays at its start counts as the rate of its streams
// for up to 8 s: a retry in that time is sharded and stored twice. The shipper holds heavy streams until
// this watch is over.

import type { Clock } from '../core/clock.ts'
import type { Sink } from '../core/sink.ts'

export type ReplayWatchOptions = {
  readonly sink: Sink
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Loki is not ready: it was away, and every stream is replayed. */
  readonly onAway: () => void
  /** Its replay is forgotten. */
  readonly onOver: () => void
}

/** After Loki says that it is ready again; 8 s were seen. */
const holdAfterReadyMs = 20_000
const readinessPollMs = 1_000

export class ReplayWatch {
  readonly #options: ReplayWatchOptions
  #begun = 0
  #isWatching = false

  constructor(options: ReplayWatchOptions) {
    this.#options = options
  }

  /** An answer was lost; during a watch this one begins anew. */
  begin(): void {
    this.#begun += 1
    if (!this.#isWatching) void this.#watch()
  }

  /** At a start, which asks for each stream: one watch does for all of them. */
  beginOnce(): void {
    if (!this.#isWatching) this.begin()
  }

  async #watch(): Promise<void> {
    const { clock, sink, signal, onAway, onOver } = this.#options
    this.#isWatching = true
    try {
      for (let seen = 0; seen !== this.#begun; ) {
        seen = this.#begun
        while ((await sink.readiness(signal)).kind !== 'ready') {
          onAway()
          await clock.sleep(readinessPollMs, signal)
        }
        await clock.sleep(holdAfterReadyMs, signal)
      }
    } catch (reason) {
      if (signal.aborted) return
      throw reason
    } finally {
      this.#isWatching = false
    }
    onOver()
  }
}
