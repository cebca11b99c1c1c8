// The service: the one place that knows all parts. It builds and joins them, starts what is spooled on its
// way to Loki, runs the startup checks, opens the polls, and on a signal ends all of it within 1.5 s.

import type { ChildProcess } from 'node:child_process'
import path from 'node:path'
import { mkdirSync, rmSync } from 'node:fs'
import type { Settings } from './config/settings.ts'
import type { ErrorReport } from './core/errors.ts'
import type { RowtailEvent, ServiceEvent } from './core/events.ts'
import { createNarrator } from './core/log-lines.ts'
import type { Metric } from './core/metric.ts'
import type { Sink } from './core/sink.ts'
import { createStatus, type Status } from './core/status.ts'
import { systemClock } from './kit/clock.ts'
import { collectGarbageRegularly } from './kit/garbage.ts'
import type { Log } from './kit/log.ts'
import { createRelay, type Relay } from './kit/relay.ts'
import { stopOnSignal } from './kit/stop-signal.ts'
import { openSentMemory } from './shipper/sent-memory.ts'
import { Shipper } from './shipper/shipper.ts'
import { sinks } from './sinks/registry.ts'
import { spoolFiles, spoolPathOf } from './spool/files.ts'
import { lockStateDirectory } from './spool/state-lock.ts'
import { defaultSpoolBounds } from './spool/types.ts'
import { deliveredBefore } from './startup/delivered-before.ts'
import { lowDiskWarning } from './startup/low-disk.ts'
import { cpuCheckTimeoutMs } from './startup/check-cpu-only.ts'
import { runStartupChecks } from './startup/run-startup-checks.ts'
import { serviceChecks } from './startup/service-checks.ts'
import { askHost, startAndProbe } from './supervisor/questions.ts'
import {
  makeRuntimeDirectory,
  removeRuntimeDirectory,
  sweepRuntimeDirectories,
} from './supervisor/runtime-dir.ts'
import { Supervisor } from './supervisor/supervisor.ts'
import type { Web } from './web/server.ts'
import type { WorkerInit } from './worker/messages.ts'

export type ServiceOptions = {
  readonly settings: Settings
  readonly metrics: readonly Metric[]
  readonly version: string
  readonly log: Log
  /** Hides secrets in what others said. */
  readonly redact: (text: string) => string
  /** Faults of settings and metrics that stop nothing. */
  readonly warnings: readonly ErrorReport[]
  /** The process of the first driver host, where one is up already. */
  readonly hostProcess?: ChildProcess
  /** Hears every event, after the log has. */
  readonly observe?: (event: RowtailEvent) => void
}

/** Deliveries have this long after the polls have ended; pm2 kills 1.6 s after its signal. */
const deliverMs = 1_000
/** A hundred threads need half a second to end on two cores, and take it from the deliveries' second. */
const leaveMsPerWorker = 5
/** By then everything has left, or is killed. */
const lastResortMs = 1_400

/** Events until the web server's libraries are loaded: seconds' worth of a hundred fast metrics. */
const maxEarlyEvents = 10_000

const clock = systemClock

/**
 * Runs until a signal; resolves with the exit code. Rejects with ReportedError for a state directory out of
 * order.
 */
export async function runService(options: ServiceOptions): Promise<number> {
  const { settings } = options
  const lock = lockStateDirectory(settings.stateDir)
  collectGarbageRegularly(1)
  const runtimeDirectory = makeRuntimeDirectory()
  try {
    return await runParts(await createParts(options, runtimeDirectory))
  } finally {
    removeRuntimeDirectory(runtimeDirectory)
    lock.release()
  }
}

async function createParts(options: ServiceOptions, runtimeDirectory: string): Promise<Parts> {
  const { settings, metrics } = options
  const status = createStatus(metrics, serviceInfoOf(options))
  const relay = createRelay<RowtailEvent>(maxEarlyEvents)
  const emit = eventPipe({ status, relay }, options)
  const sink = (await sinks.loki.create())(settings.loki)
  const delivered = deliveredBefore(
    settings.stateDir,
    `${settings.target.name} ${settings.loki.endpoint.pushUrl} ${settings.loki.tenant ?? ''}`,
  )
  const say = (event: ServiceEvent) => emit({ ...event, atMs: clock.nowMs() })
  const shipper = new Shipper({
    sink,
    clock,
    random: Math.random,
    emit: say,
    onFirstDelivery: () => delivered.remember(),
    sentMemory: openSentMemory(path.join(settings.stateDir, 'sent.json'), clock),
    streamRate: settings.loki.streamRate === 'off' ? undefined : settings.loki.streamRate,
  })
  const supervisor = new Supervisor({
    target: settings.target,
    workers: workersOf(settings, metrics),
    runtimeDirectory,
    stateDirectory: settings.stateDir,
    spoolTotalBytes: settings.bounds.spoolTotalBytes,
    diskReserveBytes: settings.bounds.diskReserveBytes,
    clock,
    seats: shipper,
    hostProcess: options.hostProcess,
    emit,
    onDrained: (metric) => removeSpool(settings, metric),
  })
  return {
    ...options,
    runtimeDirectory,
    status,
    relay,
    sink,
    shipper,
    supervisor,
    say,
    hasDelivered: delivered.hasDelivered,
  }
}

type Parts = ServiceOptions & {
  readonly runtimeDirectory: string
  readonly status: Status
  /** To the web server, where there is one. */
  readonly relay: Relay<RowtailEvent>
  readonly sink: Sink
  readonly shipper: Shipper
  readonly supervisor: Supervisor
  readonly say: (event: ServiceEvent) => void
  readonly hasDelivered: boolean
}

async function runParts(parts: Parts): Promise<number> {
  const { settings, metrics, supervisor, say, version } = parts
  const stop = stopOnSignal()
  say({ type: 'service.starting', version, target: settings.target.name, metrics: metrics.length })
  const disk = { directory: settings.stateDir, reserveBytes: settings.bounds.diskReserveBytes }
  for (const error of [...parts.warnings, lowDiskWarning(disk)]) {
    if (error !== undefined) say({ type: 'warning', error })
  }
  const checking = checkAll(parts, stop.signal) // before the workers: a driver host is the slowest to come up
  supervisor.startWorkers() // what is spooled is on its way before any check has passed
  const opening = openWeb(parts)
  sweepRuntimeDirectories(parts.runtimeDirectory) // meanwhile the hosts and the threads come up
  const failedCheck = await checking
  const { web, failed = failedCheck } = await opening
  if (failed === undefined && !stop.signal.aborted) {
    supervisor.poll()
    say({ type: 'service.ready', ...(web === undefined ? {} : { listen: web.address }) })
    process.send?.('ready')
    await stop.asked
  }
  say({ type: 'service.stopping', cause: failed === undefined ? stop.cause() : 'a startup check failed' })
  await Promise.all([stopParts(parts), web?.close()])
  const snapshot = parts.status.snapshot(clock.nowMs())
  say({ type: 'service.stopped', spooledRows: snapshot.spool.rows })
  return failed?.exitCode ?? 0
}

type Failed = { readonly exitCode: number }

/** Undefined where the service may poll, or where a signal came first. */
async function checkAll(parts: Parts, signal: AbortSignal): Promise<Failed | undefined> {
  const { settings, metrics, supervisor, sink, say } = parts
  say({ type: 'check.passed', check: 'metrics', detail: `${metrics.length} in ${settings.metricsPath}` })
  say({ type: 'check.passed', check: 'state directory', detail: settings.stateDir })
  const checks = serviceChecks(settings, {
    sink,
    connect: () =>
      startAndProbe(
        () => supervisor.startHosts(),
        () => supervisor.probeLogin(),
      ),
    ask: (query, asked) => askHost(supervisor.hostAddress(), { query, timeoutMs: cpuCheckTimeoutMs }, asked),
  })
  try {
    return await runStartupChecks(checks, {
      emit: say,
      clock,
      waitMs: settings.startupWaitMs,
      hasDeliveredBefore: parts.hasDelivered,
      isStrict: settings.isStrictStart,
      signal,
    })
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

/** Polls end, deliveries get a second, then everything leaves; what does not is killed before pm2 would. */
async function stopParts({ supervisor, shipper, sink, metrics }: Parts): Promise<void> {
  const lastResort = setTimeout(() => {
    supervisor.killHosts()
    process.kill(process.pid, 'SIGKILL')
  }, lastResortMs)
  const patience = new AbortController()
  const quiet = supervisor.stopPolls().then(() => shipper.whenQuiet())
  await Promise.race([quiet, clock.sleep(deliverMs - leaveMsPerWorker * metrics.length, patience.signal)])
  patience.abort()
  shipper.stop()
  await supervisor.stop()
  sink.close()
  clearTimeout(lastResort)
}

/** A port that nobody asked for is only missed with a warning. */
async function openWeb({ settings, status, relay, say }: Parts): Promise<{ web?: Web; failed?: Failed }> {
  const { listen } = settings
  if (listen.kind === 'off') {
    relay.close()
    return {}
  }
  const { createWeb } = await import('./web/server.ts')
  const opened = await createWeb({
    listen,
    stateDirectory: settings.stateDir,
    snapshot: () => status.snapshot(clock.nowMs()),
    events: relay,
  })
  if (opened.kind === 'listening') {
    if (opened.warning !== undefined) say({ type: 'warning', error: opened.warning })
    return { web: opened.web }
  }
  relay.close()
  if (listen.isDefault) {
    say({ type: 'warning', error: opened.error })
    return {}
  }
  say({ type: 'check.failed', check: 'status port', error: opened.error })
  return { failed: { exitCode: 2 } }
}

type Ears = Pick<Parts, 'status' | 'relay'>

/** Every event goes through here: into the status, to the web server, and what is news into the log. */
function eventPipe(
  { status, relay }: Ears,
  { log, redact, settings, observe }: ServiceOptions,
): (event: RowtailEvent) => void {
  const { spoolMetricBytes, spoolTotalBytes } = settings.bounds
  const narrate = createNarrator({ spoolMetricBytes, spoolTotalBytes })
  return (told) => {
    const event = 'error' in told ? { ...told, error: redactReport(told.error, redact) } : told
    status.apply(event)
    relay.tell(event)
    for (const record of narrate(event)) log.write(record)
    observe?.(event)
  }
}

function redactReport(report: ErrorReport, redact: (text: string) => string): ErrorReport {
  const said = report.said === undefined ? {} : { said: redact(report.said) }
  return { ...report, message: redact(report.message), ...said }
}

function serviceInfoOf({ settings, version }: ServiceOptions) {
  const { spoolMetricBytes, spoolTotalBytes } = settings.bounds
  const bounds = { spoolMetricBytes, spoolTotalBytes }
  return { version, target: settings.target.name, startedMs: clock.nowMs(), bounds }
}

function spoolDirectoryOf(settings: Settings): string {
  return path.join(settings.stateDir, 'spool')
}

/** A worker for each metric, and one for each spool whose metric is no longer configured. */
function workersOf(settings: Settings, metrics: readonly Metric[]): WorkerInit[] {
  const directory = spoolDirectoryOf(settings)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const configured = new Set(metrics.map(({ name }) => name))
  const former = spoolFiles(directory).filter(({ metric }) => !configured.has(metric))
  return [
    ...metrics.map((metric, index) =>
      workerOf(settings, { name: metric.name, metric, index, count: metrics.length }),
    ),
    ...former.map(({ metric }) => workerOf(settings, { name: metric, index: 0, count: 1 })),
  ]
}

type Position = {
  readonly name: string
  readonly metric?: Metric
  readonly index: number
  readonly count: number
}

function workerOf(settings: Settings, { name, metric, index, count }: Position): WorkerInit {
  const { target, bounds, loki } = settings
  const shared = { ...target.labels, ...settings.labels }
  return {
    name,
    ...(metric === undefined ? {} : { metric }),
    place: { index, count },
    spoolPath: spoolPathOf(spoolDirectoryOf(settings), name),
    spoolBounds: { ...defaultSpoolBounds, maxBytes: bounds.spoolMetricBytes },
    runBounds: bounds.run,
    sink: 'loki',
    labels: {
      rows: { ...shared, ...metric?.labels, job: name },
      runs: { ...shared, job: 'rowtail', metric: name },
    },
    isMetadataOn: loki.sendsMetadata,
    showsRows: settings.listen.kind === 'on',
  }
}

/** The spool of a former metric is empty: its file goes too. */
function removeSpool(settings: Settings, metric: string): void {
  const file = spoolPathOf(spoolDirectoryOf(settings), metric)
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
}
