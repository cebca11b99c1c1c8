// A delivery loop on a real spool, with the part of the shipper played by the test: grant, look at the
// push, answer.

import type { MetricEvent } from '../../src/core/events.ts'
import type { Lookup, PushOutcome } from '../../src/core/sink.ts'
import { lokiCodec } from '../../src/sinks/loki/codec.ts'
import type { Spool } from '../../src/spool/spool.ts'
import type { StreamKind } from '../../src/spool/types.ts'
import { DeliveryLoop } from '../../src/worker/delivery-loop.ts'
import { singleEntryChunk } from '../../src/worker/freeze.ts'
import type { FromWorker } from '../../src/worker/messages.ts'
import { StreamTimes } from '../../src/worker/stream-times.ts'
import { openedSpool, temporarySpoolPath } from '../spool/support/temporary-spool.ts'
import { FakeClock } from '../support/fake-clock.ts'

export type Push = Extract<FromWorker, { type: 'push' }>['push']

export type DeliveryBench = {
  readonly spool: Spool
  readonly path: string
  readonly clock: FakeClock
  readonly stream: number
  readonly events: MetricEvent[]
  readonly messages: FromWorker[]
  /** What waits, without run lines that are gathered. */
  readonly late: () => number
  readonly endGathering: () => void
  /** Rows that were left after each settled delivery. */
  readonly depths: number[]
  /**
   * Spools one line per text, a chunk each, 1 ns apart from `atNs` on; default: now, or after the last one.
   */
  readonly add: (texts: readonly string[], atNs?: bigint) => void
  readonly grant: (skewMs?: number) => FromWorker | undefined
  /** Grants a slot and returns the push that it led to. */
  readonly push: (skewMs?: number) => Push
  /** `sinkMs`: what the answer told of Loki's clock. */
  readonly answer: (outcome: PushOutcome, sinkMs?: number) => void
  /** Grants a slot and returns the lines that the sink is asked for. */
  readonly asked: () => string[]
  readonly tell: (lookup: Lookup) => void
  /** Push and answer in one; returns the lines that were pushed. */
  readonly deliver: (outcome: PushOutcome) => string[]
  readonly of: <T extends MetricEvent['type']>(type: T) => Extract<MetricEvent, { type: T }>[]
}

type BenchOptions = {
  readonly path?: string
  readonly clock?: FakeClock
  readonly isMetadataOn?: boolean
  readonly kind?: StreamKind
}

export function deliveryBench({
  path = temporarySpoolPath(),
  clock = new FakeClock(),
  isMetadataOn = true,
  kind = 'rows',
}: BenchOptions = {}): DeliveryBench {
  const spool = openedSpool(path)
  const stream = spool.streamOf('{job="locks"}', kind)
  const events: MetricEvent[] = []
  const messages: FromWorker[] = []
  const depths: number[] = []
  const emit = (event: MetricEvent) => void events.push(event)
  const times = new StreamTimes({
    clock,
    lastNs: (id) => spool.lastNs(id),
    onClockStep: (behindMs) => emit({ type: 'clock.stepped', behindMs }),
  })
  const post = (message: FromWorker) => void messages.push(message)
  const onSettled = () => void depths.push(spool.depth().rows)
  const loop = new DeliveryLoop({
    spool,
    codec: lokiCodec,
    clock,
    times,
    isMetadataOn,
    emit,
    post,
    onSettled,
  })

  const add = (texts: readonly string[], atNs = times.next(stream)): void => {
    const chunks = texts.map((text, index) =>
      singleEntryChunk(lokiCodec, stream, {
        atNs: atNs + BigInt(index),
        metadata: [['run_id', 'r']],
        line: Buffer.from(text),
      }),
    )
    const lastNs = atNs + BigInt(texts.length - 1)
    times.take(stream, lastNs)
    spool.commitRun({ chunks, last: new Map([[stream, lastNs]]), lastRunMs: 1 })
  }
  const grant = (skewMs = 0): FromWorker | undefined => {
    loop.grant(stream, skewMs)
    return messages.at(-1)
  }
  const push = (skewMs = 0): Push => {
    const message = grant(skewMs)
    if (message?.type !== 'push') throw new Error(`no push but ${JSON.stringify(message)}`)
    return message.push
  }
  const answer = (outcome: PushOutcome, sinkMs?: number): void => {
    const told = sinkMs === undefined ? {} : { sinkMs }
    loop.answer(stream, { outcome, durationMs: 5, wireBytes: 1, ...told })
  }
  return {
    spool,
    path,
    clock,
    stream,
    events,
    messages,
    late: () => spool.depth(loop.gathering.streams()).rows,
    endGathering: () => loop.gathering.end(),
    depths,
    add,
    grant,
    push,
    answer,
    asked: () => {
      const message = grant()
      if (message?.type !== 'ask') throw new Error(`no question but ${JSON.stringify(message)}`)
      return linesOf(message.question)
    },
    tell: (lookup) => loop.told(stream, lookup),
    deliver: (outcome) => {
      const lines = linesOf(push())
      answer(outcome)
      return lines
    },
    // The filter leaves events of this type only.
    of: (type) => events.filter((event) => event.type === type) as never,
  }
}

export function entriesIn(push: { readonly entries: Uint8Array }) {
  const { entries } = push
  return lokiCodec.entriesOf(entries).map(({ start, end }) => lokiCodec.decode(entries.subarray(start, end)))
}

export function linesOf(push: { readonly entries: Uint8Array }): string[] {
  return entriesIn(push).map(({ line }) => line)
}
