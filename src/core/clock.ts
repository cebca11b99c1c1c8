// Time as a parameter: everything that waits or stamps asks a Clock, so that tests own time.

export interface Clock {
  /** Wall clock, ns since the epoch. */
  nowNs(): bigint
  /** Wall clock, ms since the epoch. */
  nowMs(): number
  /** Never steps back; ms, only differences mean something. */
  monotonicMs(): number
  /** Resolves after `ms`, rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}
