// Records one run in the spool: its rows as they arrive, then its run line, in one transaction that makes
// both visible. The poll loop drives it; what it throws is a ReportedError of the spool, and nothing is
// visible then.

import type { Clock } from '../core/clock.ts'
import type { RunResult } from '../core/source.ts'
import type { EntryCodec } from '../core/sink.ts'
import type { Spool } from '../spool/spool.ts'
import type { Chunk, Dropped, StreamId } from '../spool/types.ts'
import { Freezer, singleEntryChunk } from './freeze.ts'
import { rowMetadata, runIdOf, runLine, runLineMetadata } from './run-line.ts'
import type { StreamTimes } from './stream-times.ts'

export type RecorderOptions = {
  readonly spool: Spool
  readonly codec: EntryCodec
  readonly clock: Clock
  readonly times: StreamTimes
  readonly rowStream: StreamId
  readonly runStream: StreamId
  readonly isMetadataOn: boolean
}

export type Recorded = { readonly rows: number; readonly dropped: readonly Dropped[] }

export class Recorder {
  readonly #options: RecorderOptions
  readonly #rows: Freezer
  #run = { id: '', startedMs: 0, startedAtMs: 0 }
  /**
   * A full chunk, kept until the next one comes or the run ends: a run of a thousand rows is one transaction
   * then, with one sync of the disk, and a long one has half as many.
   */
  #kept: Chunk | undefined
  #keptBytes = new Uint8Array(0)

  constructor(options: RecorderOptions) {
    this.#options = options
    const { codec, times, rowStream } = options
    this.#rows = new Freezer({
      codec,
      stream: rowStream,
      onChunk: (chunk) => this.#addChunk(chunk),
      begin: () => {
        const responseMs = options.clock.monotonicMs() - this.#run.startedMs
        const metadata = options.isMetadataOn ? rowMetadata(this.#run.id, responseMs) : []
        return { atNs: times.next(rowStream), metadata }
      },
    })
  }

  begin(): void {
    const { clock } = this.#options
    this.#options.spool.discardStaged()
    this.#kept = undefined
    this.#rows.reset()
    const startedAtMs = clock.nowMs()
    this.#run = { id: runIdOf(startedAtMs, Math.random()), startedMs: clock.monotonicMs(), startedAtMs }
  }

  /** Forgets a run that was interrupted. */
  discard(): void {
    this.#options.spool.discardStaged()
  }

  add(lines: Uint8Array): void {
    this.#rows.add(lines)
  }

  /** Ends the run. Rows of a failed run are discarded: the next run asks again. */
  end(result: RunResult, isSending: boolean): Recorded {
    const { spool, times, rowStream, runStream } = this.#options
    const isKept = result.kind === 'finished' && isSending
    const rows = isSending || result.kind === 'failed' ? this.#rows.rows : result.summary.rows
    if (!isKept) spool.discardStaged()
    const rest = isKept ? [this.#kept, this.#rows.finish()] : []
    const chunks = [...rest, this.#runLineChunk(result, rows, isSending)].filter(
      (chunk) => chunk !== undefined,
    )
    if (isKept && this.#rows.rows > 0) times.take(rowStream, this.#rows.lastNs)
    const last = new Map([rowStream, runStream].map((stream) => [stream, times.last(stream)] as const))
    // A failed run is not what a daily metric remembers: 0 makes it due at the next start.
    const lastRunMs = result.kind === 'finished' ? this.#run.startedAtMs : (spool.lastRunMs() ?? 0)
    const dropped = spool.commitRun({ chunks, last, lastRunMs })
    return { rows, dropped }
  }

  #addChunk(chunk: Chunk): void {
    const kept = this.#kept
    this.#kept = kept === undefined ? this.#copyOf(chunk) : undefined
    if (kept !== undefined) this.#options.spool.stage(kept, chunk)
  }

  /** The freezer writes the next chunk into the same bytes. */
  #copyOf(chunk: Chunk): Chunk {
    const sizeBytes = chunk.body.length
    if (this.#keptBytes.length < sizeBytes) this.#keptBytes = new Uint8Array(sizeBytes)
    this.#keptBytes.set(chunk.body)
    return { ...chunk, body: this.#keptBytes.subarray(0, sizeBytes) }
  }

  #runLineChunk(result: RunResult, rows: number, isSent: boolean): Chunk {
    const { clock, codec, times, runStream, isMetadataOn } = this.#options
    const durationMs = clock.monotonicMs() - this.#run.startedMs
    const outcome =
      result.kind === 'failed'
        ? ({ kind: 'failed', error: result.error } as const)
        : ({ kind: 'ok', isCut: result.summary.isCut, flags: result.summary.flags, isSent } as const)
    const line = { runId: this.#run.id, rows, durationMs, outcome }
    const atNs = times.next(runStream)
    times.take(runStream, atNs)
    const metadata = isMetadataOn ? runLineMetadata(line) : []
    return singleEntryChunk(codec, runStream, { atNs, metadata, line: Buffer.from(runLine(line)) })
  }
}
