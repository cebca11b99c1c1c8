// A bounded gate before each place that rowtail's own log goes to. Terminals, files and Loki all hold what
// they could not write yet, none of them with a bound: the gate counts what is under way, leaves lines out
// when that is too much or the outlet fails, and says afterwards in one line how many. It never throws and
// never waits.

import type { Clock } from '../core/clock.ts'
import { countOf } from '../core/quantity.ts'

/** Where lines go, behind a gate. Lines are one JSON object each. */
export interface Outlet {
  write(jsonLine: string): void
  /** Resolves when what was written is out, or will never be; gives up when the signal aborts. */
  close(signal: AbortSignal): Promise<void>
}

/** What an outlet tells its gate. */
export type OutletEvents = {
  /** The oldest `lines` lines are out. */
  readonly taken: (lines: number) => void
  /** Nothing more will come of this outlet: a new one is opened after a rest. */
  readonly failed: (error: Error) => void
}

export type GateSettings = {
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>
  /** Bytes that may be under way; a line beyond them is left out. */
  readonly maxWaitingBytes: number
  /** How long a failed outlet is left alone. */
  readonly restMs: number
  /** An outlet that takes nothing for so long counts as failed; without it, it may take its time. */
  readonly maxSilenceMs?: number
  /** `the log file`, for the line that says how many were left out. */
  readonly name: string
}

export type GateCounts = {
  readonly waitingLines: number
  readonly waitingBytes: number
  readonly taken: number
  /** In all; those of a failed outlet that were under way are among them. */
  readonly leftOut: number
}

export class Gate {
  readonly #settings: GateSettings
  readonly #open: (events: OutletEvents) => Outlet
  #outlet: Outlet | undefined
  /** Sizes of the lines under way, oldest first. */
  #sizes: number[] = []
  #waitingBytes = 0
  #taken = 0
  #leftOut = 0
  #unsaidLeftOut = 0
  #isFull = false
  #restUntilMs = -Infinity
  #lastTakenMs = 0
  #lastError = ''

  constructor(settings: GateSettings, open: (events: OutletEvents) => Outlet) {
    this.#settings = settings
    this.#open = open
  }

  write(jsonLine: string): void {
    this.#judgeSilence()
    if (!this.#isOpen()) return this.#leaveOut(1)
    this.#sayLeftOut()
    this.#feed(jsonLine)
  }

  counts(): GateCounts {
    return {
      waitingLines: this.#sizes.length,
      waitingBytes: this.#waitingBytes,
      taken: this.#taken,
      leftOut: this.#leftOut,
    }
  }

  /** Lets the outlet write what it holds until the signal aborts. */
  async close(signal: AbortSignal): Promise<void> {
    if (this.#outlet === undefined) return
    this.#sayLeftOut()
    await this.#outlet.close(signal)
  }

  /**
   * Once full, it opens again when half of the room is free, so that it does not open and shut line by
   * line.
   */
  #isOpen(): boolean {
    const { clock, maxWaitingBytes } = this.#settings
    if (clock.monotonicMs() < this.#restUntilMs) return false
    this.#isFull = this.#waitingBytes >= (this.#isFull ? maxWaitingBytes / 2 : maxWaitingBytes)
    return !this.#isFull
  }

  #feed(jsonLine: string): void {
    const outlet = this.#outlet ?? this.#openOutlet()
    const sizeBytes = Buffer.byteLength(jsonLine)
    if (this.#sizes.length === 0) this.#lastTakenMs = this.#settings.clock.monotonicMs()
    this.#sizes.push(sizeBytes)
    this.#waitingBytes += sizeBytes
    outlet.write(jsonLine)
  }

  #openOutlet(): Outlet {
    const outlet: Outlet = this.#open({
      taken: (lines) => {
        if (this.#outlet === outlet) this.#take(lines)
      },
      failed: (error) => {
        if (this.#outlet === outlet) this.#fail(error)
      },
    })
    this.#outlet = outlet
    return outlet
  }

  #take(lines: number): void {
    for (const sizeBytes of this.#sizes.splice(0, lines)) this.#waitingBytes -= sizeBytes
    this.#taken += lines
    this.#lastTakenMs = this.#settings.clock.monotonicMs()
  }

  #judgeSilence(): void {
    const { clock, maxSilenceMs = Infinity } = this.#settings
    if (this.#sizes.length === 0 || clock.monotonicMs() - this.#lastTakenMs <= maxSilenceMs) return
    this.#fail(new Error(`it took no line for ${Math.round(maxSilenceMs / 1_000)}s`))
  }

  #fail(error: Error): void {
    const failed = this.#outlet
    this.#outlet = undefined
    if (failed !== undefined) void abandon(failed, this.#settings.restMs)
    this.#lastError = error.message
    this.#restUntilMs = this.#settings.clock.monotonicMs() + this.#settings.restMs
    this.#leaveOut(this.#sizes.length)
    this.#sizes = []
    this.#waitingBytes = 0
  }

  #leaveOut(lines: number): void {
    this.#leftOut += lines
    this.#unsaidLeftOut += lines
  }

  #sayLeftOut(): void {
    if (this.#unsaidLeftOut === 0) return
    const { name, clock } = this.#settings
    const why = this.#lastError === '' ? '' : `: ${this.#lastError}`
    const lines = countOf(this.#unsaidLeftOut, 'log line')
    const msg = `${lines} missing here, for ${name} did not take them${why}`
    const time = new Date(clock.nowMs()).toISOString()
    this.#unsaidLeftOut = 0
    this.#lastError = ''
    this.#feed(`${JSON.stringify({ level: 'warn', time, event: 'log.left_out', msg })}\n`)
  }
}

/** Whatever the end of a failed outlet brings, nobody waits for it. */
async function abandon(outlet: Outlet, boundMs: number): Promise<void> {
  await Promise.allSettled([outlet.close(AbortSignal.timeout(boundMs))])
}
