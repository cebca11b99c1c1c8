// Spool, delivery loop, shipper and Loki sink joined as in the service, but in one thread and without a
// source: a test spools entries of any time and size and sees what becomes of them at a Loki. Real clock.

import { onTestFinished } from 'vitest'
import type { MetricEvent } from '../../src/core/events.ts'
import type { PushOutcome, Sink } from '../../src/core/sink.ts'
import { systemClock as clock } from '../../src/kit/clock.ts'
import { Shipper, type ShipperEvent } from '../../src/shipper/shipper.ts'
import { lokiCodec } from '../../src/sinks/loki/codec.ts'
import { endpointOf } from '../../src/sinks/loki/config.ts'
import { createLokiSink } from '../../src/sinks/loki/sink.ts'
import type { Spool } from '../../src/spool/spool.ts'
import { DeliveryLoop } from '../../src/worker/delivery-loop.ts'
import { singleEntryChunk } from '../../src/worker/freeze.ts'
import type { FromWorker } from '../../src/worker/messages.ts'
import type { Seat } from '../../src/worker/seat.ts'
import { StreamTimes } from '../../src/worker/stream-times.ts'
import { openedSpool, temporarySpoolPath } from '../spool/support/temporary-spool.ts'
import type { Line } from './entries.ts'
import { waitFor } from './servers/waiting.ts'

/** One push and what Loki said of it; ms on the monotonic clock. */
export type Pushed = {
  readonly job: string
  readonly lines: readonly string[]
  readonly sentMs: number
  readonly answeredMs: number
  readonly outcome: PushOutcome
}

export class DeliveryLine {
  readonly spool: Spool = openedSpool(temporarySpoolPath())
  /** In the order of their answers. */
  readonly pushes: Pushed[] = []
  readonly events: (MetricEvent | ShipperEvent)[] = []
  readonly #loop: DeliveryLoop
  readonly #seat: Seat

  constructor(lokiUrl: string) {
    const emit = (event: MetricEvent | ShipperEvent) => void this.events.push(event)
    const sink = this.#watched(sinkFor(lokiUrl))
    const shipper = new Shipper({ sink, clock, random: Math.random, emit })
    const { spool } = this
    const times = new StreamTimes({ clock, lastNs: (id) => spool.lastNs(id), onClockStep: () => undefined })
    const post = (message: FromWorker) => this.#tell(message)
    const onSettled = () => undefined
    const options = { spool, codec: lokiCodec, clock, times, isMetadataOn: true, emit, post, onSettled }
    this.#loop = new DeliveryLoop(options)
    this.#seat = shipper.join({
      grant: (stream, skewMs) => queueMicrotask(() => this.#loop.grant(stream, skewMs)),
      answer: (stream, result) => queueMicrotask(() => this.#loop.answer(stream, result)),
      told: (stream, lookup) => queueMicrotask(() => this.#loop.told(stream, lookup)),
    })
    onTestFinished(async () => {
      shipper.stop()
      await this.#seat.leave()
      sink.close()
    })
  }

  /** Spools the lines of one run, a chunk each. */
  add(job: string, lines: readonly Line[]): void {
    const stream = this.spool.streamOf(lokiCodec.streamOf({ job }), 'rows')
    const chunks = lines.map(({ atNs, line, metadata = [] }) =>
      singleEntryChunk(lokiCodec, stream, { atNs, metadata, line: Buffer.from(line) }),
    )
    const lastNs = lines.at(-1)?.atNs ?? 0n
    this.spool.commitRun({ chunks, last: new Map([[stream, lastNs]]), lastRunMs: 1 })
    this.#tell({ type: 'backlog', streams: this.spool.backlogs() })
  }

  /** Resolves when everything is delivered or a dead letter. */
  async drained(timeoutMs = 60_000): Promise<void> {
    await waitFor(() => this.spool.isEmpty, { what: 'the spool to be empty', timeoutMs })
  }

  async pushed(isWanted: (push: Pushed) => boolean, what: string): Promise<Pushed> {
    return waitFor(() => this.pushes.find(isWanted), { what, timeoutMs: 60_000 })
  }

  /** Pushes of a job, or of all. */
  of(job?: string): Pushed[] {
    return this.pushes.filter((push) => job === undefined || push.job === job)
  }

  /** Outcomes as short words, `retry: loki_rate_limited` for one. */
  outcomes(job?: string): string[] {
    return this.of(job).map(({ outcome }) =>
      outcome.kind === 'delivered' ? outcome.kind : `${outcome.kind}: ${outcome.error.code}`,
    )
  }

  types(): string[] {
    return this.events.map(({ type }) => type)
  }

  /** Dead letters as `reason: first 20 characters of the line`, oldest first. */
  deadLetters(): string[] {
    const letters = this.spool.deadLetters(1_000).toReversed()
    return letters.map(({ reason, entry }) => `${reason}: ${lokiCodec.decode(entry).line.slice(0, 20)}`)
  }

  #watched(sink: Sink): Sink {
    return {
      ...sink,
      push: async (body, signal) => {
        const sentMs = clock.monotonicMs()
        const result = await sink.push(body, signal)
        const lines = lokiCodec
          .entriesOf(body.entries)
          .map(({ start, end }) => lokiCodec.decode(body.entries.subarray(start, end)).line)
        const job = /job="([^"]*)"/.exec(body.stream)?.[1] ?? ''
        const { outcome } = result
        this.pushes.push({ job, lines, sentMs, answeredMs: clock.monotonicMs(), outcome })
        return result
      },
    }
  }

  #tell(message: FromWorker): void {
    queueMicrotask(() => {
      if (message.type === 'backlog') this.#seat.backlog(message.streams)
      if (message.type === 'push') this.#seat.push(message.push)
      if (message.type === 'ask') this.#seat.ask(message.question)
      if (message.type === 'pass') this.#seat.pass(message.stream, message.afterMs)
      if (message.type === 'settled') this.#seat.settled(message.stream, message.afterMs)
      if (message.type === 'gather') this.#seat.gather(message.stream, message.forMs)
    })
  }
}

function sinkFor(lokiUrl: string): Sink {
  return createLokiSink({
    endpoint: endpointOf(lokiUrl),
    login: { kind: 'none' },
    tls: {},
    sendsMetadata: true,
  })
}
