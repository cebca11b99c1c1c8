// A poll loop on a real spool, with a fake clock and a scripted source.

import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import type { MetricEvent } from '../../src/core/events.ts'
import { defaultRunBounds, type Metric } from '../../src/core/metric.ts'
import { lokiCodec } from '../../src/sinks/loki/codec.ts'
import type { Spool } from '../../src/spool/spool.ts'
import type { SpoolBounds } from '../../src/spool/types.ts'
import { Gate } from '../../src/worker/gate.ts'
import { pollLoop, type PollLoopOptions } from '../../src/worker/poll-loop.ts'
import { Recorder } from '../../src/worker/recorder.ts'
import { StreamTimes } from '../../src/worker/stream-times.ts'
import { openedSpool, temporarySpoolPath } from '../spool/support/temporary-spool.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type ScriptedRun, ScriptedSource } from '../support/scripted-source.ts'

export type BenchOptions = {
  readonly intervalMs?: number
  readonly send?: boolean
  readonly path?: string
  readonly clock?: FakeClock
  readonly bounds?: Partial<SpoolBounds>
  readonly random?: number
  readonly isGateClosed?: boolean
  readonly script?: (run: number) => ScriptedRun
  readonly loop?: Partial<PollLoopOptions>
}

export type PollBench = {
  readonly clock: FakeClock
  readonly source: ScriptedSource
  readonly gate: Gate
  readonly spool: Spool
  readonly path: string
  readonly rowStream: number
  readonly runStream: number
  readonly events: MetricEvent[]
  readonly stop: AbortController
  /** Settles as the loop does. */
  readonly ended: Promise<void>
  readonly of: <T extends MetricEvent['type']>(type: T) => Extract<MetricEvent, { type: T }>[]
}

export function startPollLoop(options: BenchOptions = {}): PollBench {
  const { clock = new FakeClock(), path = temporarySpoolPath(), script = () => ({}), random = 0 } = options
  const spool = openedSpool(path, options.bounds)
  const source = new ScriptedSource(clock, script)
  const gate = new Gate()
  if (options.isGateClosed !== true) gate.open()
  const events: MetricEvent[] = []
  const emit = (event: MetricEvent) => void events.push(event)
  const stop = new AbortController()
  const rowStream = spool.streamOf('{job="locks"}', 'rows')
  const runStream = spool.streamOf('{job="rowtail", metric="locks"}', 'runs')
  const times = new StreamTimes({
    clock,
    lastNs: (stream) => spool.lastNs(stream),
    onClockStep: (behindMs) => emit({ type: 'clock.stepped', behindMs }),
  })
  const recorder = new Recorder({
    spool,
    codec: lokiCodec,
    clock,
    times,
    rowStream,
    runStream,
    isMetadataOn: true,
  })
  const loop: PollLoopOptions = {
    metric: metricOf(options),
    place: { index: 0, count: 1 },
    bounds: defaultRunBounds,
    source,
    recorder,
    gate,
    clock,
    random: () => random,
    lastRunMs: spool.lastRunMs(),
    emit,
    onRecorded: () => undefined,
    onResult: () => undefined,
    ...options.loop,
  }
  const ended = pollLoop(loop, stop.signal)
  return {
    clock,
    source,
    gate,
    spool,
    path,
    rowStream,
    runStream,
    events,
    stop,
    ended,
    // The filter leaves events of this type only.
    of: (type) => events.filter((event) => event.type === type) as never,
  }
}

function metricOf({ intervalMs = 1_000, send = true }: BenchOptions): Metric {
  return { name: 'locks', intervalMs, query: 'select 1', timeoutMs: 60_000, labels: {}, send }
}

/**
 * Holds the file's write lock, as a person with `sqlite3` may: every write of the spool fails until its
 * release.
 */
export function lockFile(path: string): { release(): void } {
  const database = new DatabaseSync(path)
  database.exec('begin immediate')
  onTestFinished(() => database.close())
  return { release: () => database.exec('rollback') }
}
