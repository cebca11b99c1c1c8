// A worker's delivery half on a real spool: what it says crosses as between threads, later and in order. It
// can be killed and started again.

import { join } from 'node:path'
import type { Shipper } from '../../src/shipper/shipper.ts'
import { lokiCodec } from '../../src/sinks/loki/codec.ts'
import type { Spool } from '../../src/spool/spool.ts'
import { DeliveryLoop } from '../../src/worker/delivery-loop.ts'
import { singleEntryChunk } from '../../src/worker/freeze.ts'
import type { FromWorker } from '../../src/worker/messages.ts'
import type { Seat } from '../../src/worker/seat.ts'
import { StreamTimes } from '../../src/worker/stream-times.ts'
import { openedSpool, temporaryDirectory } from '../spool/support/temporary-spool.ts'
import type { FakeClock } from '../support/fake-clock.ts'

export class ModelWorker {
  readonly labels: string
  /** Lines of all rows so far that the sink does not refuse, and how many it does. */
  readonly goodLines: string[] = []
  badLines = 0
  readonly #path = join(temporaryDirectory(), 'metric.sqlite')
  readonly #shipper: Shipper
  readonly #clock: FakeClock
  #life: Life

  constructor(labels: string, shipper: Shipper, clock: FakeClock) {
    this.labels = labels
    this.#shipper = shipper
    this.#clock = clock
    this.#life = this.#begin()
  }

  get spool(): Spool {
    return this.#life.spool
  }

  /** One run with these rows. */
  add(lines: readonly string[]): void {
    const { spool, times, stream } = this.#life
    const atNs = times.next(stream)
    const chunks = lines.map((text, index) =>
      singleEntryChunk(lokiCodec, stream, {
        atNs: atNs + BigInt(index),
        metadata: [],
        line: Buffer.from(text),
      }),
    )
    const lastNs = atNs + BigInt(lines.length - 1)
    times.take(stream, lastNs)
    spool.commitRun({ chunks, last: new Map([[stream, lastNs]]), lastRunMs: 1 })
    const bad = lines.filter((line) => line.startsWith('bad'))
    this.badLines += bad.length
    this.goodLines.push(...lines.filter((line) => !line.startsWith('bad')))
    this.#tell(this.#life, { type: 'backlog', streams: spool.backlogs() })
  }

  /** Dies wherever it is, and comes back with what its spool holds. */
  async restart(): Promise<void> {
    this.#life.isOver = true
    this.#life.spool.close()
    await this.#life.seat.leave()
    this.#life = this.#begin()
  }

  #begin(): Life {
    const spool = openedSpool(this.#path)
    const clock = this.#clock
    const times = new StreamTimes({ clock, lastNs: (id) => spool.lastNs(id), onClockStep: () => undefined })
    const post = (message: FromWorker) => this.#tell(life, message)
    const nothing = () => undefined
    const loop = new DeliveryLoop({
      spool,
      codec: lokiCodec,
      clock,
      times,
      isMetadataOn: true,
      emit: nothing,
      post,
      onSettled: nothing,
    })
    const later = (work: () => void) => queueMicrotask(() => (life.isOver ? undefined : work()))
    const seat = this.#shipper.join({
      grant: (stream, skewMs) => later(() => loop.grant(stream, skewMs)),
      answer: (stream, result) => later(() => loop.answer(stream, result)),
      told: (stream, lookup) => later(() => loop.told(stream, lookup)),
    })
    const life: Life = { spool, times, seat, stream: spool.streamOf(this.labels, 'rows'), isOver: false }
    post({ type: 'backlog', streams: spool.backlogs() })
    return life
  }

  #tell(life: Life, message: FromWorker): void {
    queueMicrotask(() => {
      if (life.isOver) return
      if (message.type === 'backlog') life.seat.backlog(message.streams)
      if (message.type === 'push') life.seat.push(message.push)
      if (message.type === 'ask') life.seat.ask(message.question)
      if (message.type === 'pass') life.seat.pass(message.stream, message.afterMs)
      if (message.type === 'settled') life.seat.settled(message.stream, message.afterMs)
      if (message.type === 'gather') life.seat.gather(message.stream, message.forMs)
    })
  }
}

type Life = {
  readonly spool: Spool
  readonly times: StreamTimes
  readonly seat: Seat
  readonly stream: number
  isOver: boolean
}
