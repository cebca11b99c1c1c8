// A Source that does what a test says, in the fake clock's time, and notes when it was asked.

import { setImmediate } from 'node:timers/promises'
import type { ErrorCode, ErrorReport } from '../../src/core/errors.ts'
import type { RunRequest, RunResult, Source } from '../../src/core/source.ts'
import type { FakeClock } from './fake-clock.ts'

/** One run: what it yields and how it ends, after `lastsMs`. */
export type ScriptedRun = {
  readonly lastsMs?: number
  readonly lines?: readonly string[]
  readonly error?: ErrorReport
}

export class ScriptedSource implements Source {
  /** When each run began, monotonic ms. */
  readonly startsMs: number[] = []
  readonly requests: RunRequest[] = []
  isClosed = false
  running = 0
  mostAtOnce = 0
  readonly #clock: FakeClock
  readonly #script: (run: number) => ScriptedRun

  /** `script` is asked before each run; the first one is run 0. */
  constructor(clock: FakeClock, script: (run: number) => ScriptedRun) {
    this.#clock = clock
    this.#script = script
  }

  async run(
    request: RunRequest,
    onLines: (lines: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<RunResult> {
    const { lastsMs = 0, lines = [], error } = this.#script(this.startsMs.length)
    this.startsMs.push(this.#clock.monotonicMs())
    this.requests.push(request)
    this.running += 1
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running)
    try {
      await this.#yieldLines(lines, onLines, signal)
      if (lastsMs > 0) await this.#clock.sleep(lastsMs, signal)
    } finally {
      this.running -= 1
    }
    if (error !== undefined) return { kind: 'failed', error }
    const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
    return { kind: 'finished', summary: { rows: lines.length, bytes, flags: [], isCut: false } }
  }

  close(): void {
    this.isClosed = true
  }

  /** As a real source does: what the receiver throws out by the signal ends the run between two blocks. */
  async #yieldLines(
    lines: readonly string[],
    onLines: (lines: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for (const line of lines) {
      onLines(Buffer.from(`${line}\n`))
      if (signal.aborted) await setImmediate()
      signal.throwIfAborted()
    }
  }
}

export function reportOfCode(code: ErrorCode): ErrorReport {
  return { code, message: `test: ${code}` }
}
