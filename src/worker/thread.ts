// The worker thread of one metric, started by the supervisor with a WorkerInit. It owns the metric's spool,
// polls and deliveries; it imports nothing heavy, for there may be a hundred of it.

import { parentPort, workerData } from 'node:worker_threads'
import { type ErrorReport, ReportedError } from '../core/errors.ts'
import type { DropReason, MetricEvent } from '../core/events.ts'
import type { Metric } from '../core/metric.ts'
import type { RunResult } from '../core/source.ts'
import { systemClock } from '../kit/clock.ts'
import { collectGarbageRegularly } from '../kit/garbage.ts'
import { sinks } from '../sinks/registry.ts'
import { sources } from '../sources/registry.ts'
import { type OpenOptions, openSpool, type Quarantined, replaceSpool } from '../spool/open.ts'
import type { Spool } from '../spool/spool.ts'
import type { Dropped } from '../spool/types.ts'
import { DeliveryLoop } from './delivery-loop.ts'
import { Gate } from './gate.ts'
import { HostBook } from './host-book.ts'
import { LatestRows } from './latest-rows.ts'
import type { FromWorker, ToWorker, WorkerInit } from './messages.ts'
import { pollLoop } from './poll-loop.ts'
import { Recorder } from './recorder.ts'
import { StreamTimes } from './stream-times.ts'

/** A sign of life is due where nothing else was said for so long. */
const beatMs = 5_000
/**
 * Free pages of the spool go back to the disk in slices, between other work, a second after something left
 * it. A quiet spool is looked at less often: each look wakes the thread, and finds nothing unless the disk is
 * nearly full.
 */
const reclaimMs = 1_000
const quietReclaimMs = 10_000
/** That a run has begun is said with the next thing, or after this: most are over by then. */
const unhurriedMs = 250

const init = workerData as WorkerInit // the supervisor passes nothing else
const port = parentPort ?? fail(new Error('this file is a worker thread: the supervisor starts it'))
const clock = systemClock
const gate = new Gate()
const stop = new AbortController()
const hosts = new HostBook(post)
const beating = setInterval(() => post({ type: 'beat' }), beatMs)

let isSpoolFailing = false
/** What was said since the last message to the main thread, and the buffers that move with it. */
let outbox: FromWorker[] = []
let moving: ArrayBuffer[] = []
let isFlushDue = false
let unhurried: NodeJS.Timeout | undefined
let isReclaimSoon = false
let reclaiming: NodeJS.Timeout | undefined

const codec = await sinks[init.sink].codec()
const spool = openOwnSpool()
const times = new StreamTimes({
  clock,
  lastNs: (stream) => spool.lastNs(stream),
  onClockStep: (behindMs) => emit({ type: 'clock.stepped', behindMs }),
})
const { isMetadataOn } = init
const delivery = guarded(
  () => new DeliveryLoop({ spool, codec, clock, times, isMetadataOn, emit, post, onSettled }),
)

reclaimSoon()
collectGarbageRegularly((init.place.index + 1) / (init.place.count + 1))
port.on('message', (message: ToWorker) => guarded(() => obey(message)))
if (init.metric === undefined) emit({ type: 'metric.draining', depth: spool.depth() })
sayBacklog()
if (init.metric === undefined) sayIfDrained()
else void poll(init.metric).then(() => post({ type: 'stopped' }))

function obey(message: ToWorker): void {
  switch (message.type) {
    case 'poll':
      gate.open()
      break
    case 'pause':
      gate.close()
      break
    case 'host':
      hosts.use(message.address)
      break
    case 'host_lost':
      hosts.lost(message.hostId, message.error)
      break
    case 'grant':
      delivery.grant(message.stream, message.skewMs)
      break
    case 'answer':
      delivery.answer(message.stream, message.result)
      break
    case 'told':
      delivery.told(message.stream, message.lookup)
      break
    case 'evict':
      evict(message.bytes, message.reason)
      break
    case 'stop':
      stop.abort(new Error('the service is stopping'))
      delivery.gathering.end()
      sayDepth()
      if (init.metric === undefined) post({ type: 'stopped' })
      break
    case 'leave':
      spool.close()
      flush()
      port.close()
      process.exit(0)
  }
}

async function poll(metric: Metric): Promise<void> {
  const recorder = new Recorder({
    spool,
    codec,
    clock,
    times,
    rowStream: spool.streamOf(codec.streamOf(init.labels.rows), 'rows'),
    runStream: spool.streamOf(codec.streamOf(init.labels.runs), 'runs'),
    isMetadataOn,
  })
  emit({ type: 'metric.started', intervalMs: metric.intervalMs, isSending: metric.send })
  await pollLoop(
    {
      metric,
      place: init.place,
      bounds: init.runBounds,
      source: (await sources.sql()).createSqlSource(metric.name, hosts),
      recorder,
      latestRows: init.showsRows ? new LatestRows() : undefined,
      gate,
      clock,
      random: Math.random,
      lastRunMs: spool.lastRunMs(),
      emit,
      onRecorded: ({ dropped }) => {
        sayDropped(dropped)
        sayBacklog()
      },
      onResult,
    },
    stop.signal,
  )
}

/**
 * A spool that turns out to be damaged is set aside; this worker ends, and its successor begins a new one.
 */
function guarded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof ReportedError && error.report.code === 'spool_damaged') setSpoolAside(error.report)
    flush() // this thread may not get to the end of its turn
    throw error
  }
}

/** Its successor finds a new spool, with what could be read of this one. */
function setSpoolAside(error: ErrorReport): void {
  spool.close()
  const { spool: next, quarantined } = replaceSpool(init.spoolPath, error, spoolOptions())
  next.close()
  if (quarantined !== undefined) sayQuarantined(quarantined)
}

function sayQuarantined({ error, copyPath, saved, lost }: Quarantined): void {
  const amounts = lost === undefined ? { saved: saved.entries } : { saved: saved.entries, lost: lost.entries }
  emit({ type: 'spool.quarantined', error, copyPath, ...amounts })
  if (lost !== undefined && lost.entries > 0) sayDropped([{ ...lost, reason: 'spool_damaged' }])
}

function spoolOptions(): OpenOptions {
  return { bounds: init.spoolBounds, nowMs: clock.nowMs() }
}

function evict(bytes: number, reason: DropReason): void {
  const dropped = spool.evict(bytes, reason)
  sayDropped(dropped)
  reclaimSoon()
  post({ type: 'evicted', bytes: dropped.reduce((sum, { bytes }) => sum + bytes, 0) })
  sayBacklog()
  if (dropped.length > 0) sayIfDrained()
}

function onResult(result: RunResult): void {
  saySpoolHealth(result)
  if (result.kind === 'failed' && result.error.code === 'login_refused') refuseLogin(result.error)
  if (result.kind === 'finished' && hosts.countCleanRun()) post({ type: 'clean' })
}

function saySpoolHealth(result: RunResult): void {
  const error = result.kind === 'failed' && result.error.code.startsWith('spool_') ? result.error : undefined
  if (error?.code === 'spool_damaged') guarded(() => fail(new ReportedError(error)))
  if (error !== undefined && !isSpoolFailing) emit({ type: 'spool.failed', error })
  if (error === undefined && isSpoolFailing) emit({ type: 'spool.recovered' })
  isSpoolFailing = error !== undefined
}

/** The gate closes at once: not one more try before the supervisor's probe has passed. */
function refuseLogin(error: ErrorReport): void {
  gate.close()
  post({ type: 'login_refused', error })
}

function reclaimSoon(): void {
  if (isReclaimSoon) return
  isReclaimSoon = true
  clearTimeout(reclaiming)
  reclaiming = setTimeout(reclaim, reclaimMs)
}

function reclaim(): void {
  isReclaimSoon = false
  if (guarded(() => spool.reclaim())) reclaimSoon()
  else reclaiming = setTimeout(reclaim, quietReclaimMs)
}

function onSettled(): void {
  reclaimSoon()
  sayDepth()
  sayIfDrained()
}

function sayIfDrained(): void {
  if (init.metric !== undefined || !spool.isEmpty) return
  emit({ type: 'metric.drained', deadLetters: spool.depth().deadLetters })
}

function openOwnSpool(): Spool {
  const { spool, quarantined } = openSpool(init.spoolPath, spoolOptions())
  if (quarantined !== undefined) sayQuarantined(quarantined)
  return spool
}

/** Run lines that are gathered do not wait for anything: else something always did. */
function sayDepth(): void {
  emit({ type: 'spool.depth', depth: spool.depth(delivery.gathering.streams()) })
}

function sayBacklog(): void {
  sayDepth()
  post({ type: 'backlog', streams: spool.backlogs() })
}

function sayDropped(dropped: readonly Dropped[]): void {
  for (const { entries, bytes, reason } of dropped)
    emit({ type: 'rows.dropped', rows: entries, bytes, reason })
}

function emit(event: MetricEvent): void {
  const message: FromWorker = { type: 'event', event: { ...event, atMs: clock.nowMs() } }
  if (event.type !== 'run.started') return post(message)
  outbox.push(message)
  unhurried = setTimeout(flush, unhurriedMs)
}

/** All that is said in one turn crosses as one message: each one wakes the main thread. */
function post(message: FromWorker, moved?: ArrayBuffer): void {
  if (!isFlushDue) queueMicrotask(flush)
  isFlushDue = true
  outbox.push(message)
  if (moved !== undefined) moving.push(moved)
}

function flush(): void {
  clearTimeout(unhurried)
  isFlushDue = false
  if (outbox.length === 0) return
  port.postMessage(outbox, moving)
  beating.refresh()
  outbox = []
  moving = []
}

function fail(error: Error): never {
  throw error
}
