// What the log says about the service as a whole: startup checks, driver hosts, the login, Loki, the end.

import { sentenceOf } from './errors.ts'
import type { EventOf, RowtailEvent } from './events.ts'
import type { AboutMetric } from './log-lines-metric.ts'
import { createLevelWatch } from './log-lines-spool.ts'
import { errorFields, type Line, type LogLevel, line, type Voice } from './log-record.ts'
import { createTally, createTrouble, reminderMs } from './log-repeats.ts'
import { countOf, formatBytes, formatCount, formatElapsed, timesSince } from './quantity.ts'

export type AboutService = Exclude<RowtailEvent, AboutMetric>

type LifeVoice = Voice<
  'service.starting' | 'service.ready' | 'service.stopping' | 'service.stopped' | 'warning'
>
type CheckVoice = Voice<'check.passed' | 'check.warned' | 'check.failed' | 'check.waiting'>
type HostVoice = Voice<'host.started' | 'host.lost' | 'driver.limited'>
type LoginVoice = Voice<'login.refused' | 'login.accepted'>
type SinkVoice = Voice<'sink.lost' | 'sink.back' | 'sink.limited' | 'stream.fast' | 'stream.steady'>

/** A driver host that dies again and again is told of once in this time, with the count. */
const lostHostQuietMs = 10 * 60_000
/** Things a driver cannot do that are told. */
const maxLimits = 50
/** Spools that are summed up; beyond them the sum is a little low. */
const maxSpools = 1_000

export function createServiceVoice(): (event: AboutService) => readonly Line[] {
  const voice: Voice<AboutService['type']> = {
    ...createLifeVoice(),
    ...createCheckVoice(),
    ...createHostVoice(),
    ...createLoginVoice(),
    ...createSinkVoice(),
  }
  return (event) => {
    // The key chose the event's own.
    const tell = voice[event.type] as (event: AboutService) => readonly Line[]
    return tell(event)
  }
}

function createLifeVoice(): LifeVoice {
  const warnings = createTally(reminderMs)
  return {
    'service.starting': ({ version, target, metrics }) => [
      line('info', `rowtail ${version} starts: ${countOf(metrics, 'metric')} of ${target}`, {
        version,
        target,
      }),
    ],
    'service.ready': ({ listen }) => [
      line('info', listen === undefined ? 'ready' : `ready, status at ${listen}`, { listen }),
    ],
    'service.stopping': ({ cause }) => [line('info', `stopping: ${cause}`, { cause })],
    'service.stopped': ({ spooledRows }) => {
      const rest =
        spooledRows === 0 ? 'the spool is empty' : `${countOf(spooledRows, 'row')} kept in the spool`
      return [line('info', `stopped, ${rest}`, { spooledRows })]
    },
    warning: ({ error, atMs }) => {
      const [sum] = warnings.add(error.message, 1, atMs)
      return [line(sum === undefined ? 'debug' : 'warn', sentenceOf(error), errorFields(error))]
    },
  }
}

function createCheckVoice(): CheckVoice {
  const trouble = createTrouble()
  return {
    'check.passed': ({ check, detail }) => [line('info', `check ${check}: ${detail}`, { check })],
    'check.warned': (event) => [checked(event, 'warn')],
    'check.failed': (event) => [checked(event, 'error')],
    'check.waiting': (event) => {
      const { kind } = trouble.fail(`${event.check} ${event.error.code}`, event.atMs)
      const next = ` It is tried again for ${formatElapsed(event.waitMs)}.`
      return [checked(event, kind === 'silent' ? 'debug' : 'warn', next)]
    },
  }
}

type Unpassed = Pick<EventOf<'check.failed'>, 'check' | 'error'>

function checked({ check, error }: Unpassed, level: LogLevel, next = ''): Line {
  return line(level, `check ${check}: ${sentenceOf(error)}${next}`, { check, ...errorFields(error) })
}

function createHostVoice(): HostVoice {
  const losses = createTally(lostHostQuietMs)
  const toldLost = new Set<string>()
  const newest = new Map<string, number>()
  const toldLimits = new Set<string>()
  return {
    'host.lost': ({ role, pid, error, atMs }) => {
      const [sum] = losses.add(`${role} ${error.code}`, 1, atMs)
      const isReplaced = (newest.get(role) ?? pid) !== pid // a silent host is replaced before it is given up
      if (sum !== undefined && !isReplaced) toldLost.add(role)
      const text = `the ${role} driver host was lost (pid ${pid})${timesSince(sum)}: ${sentenceOf(error)}`
      return [line(sum === undefined ? 'debug' : 'error', text, { role, pid, ...errorFields(error) })]
    },
    'host.started': ({ role, pid }) => {
      const isBack = toldLost.delete(role)
      newest.set(role, pid)
      const text = `the ${role} driver host ${isBack ? 'is back' : 'runs'} (pid ${pid})`
      return [line(isBack ? 'info' : 'debug', text, { role, pid })]
    },
    // Each new host finds out anew.
    'driver.limited': ({ what }) => {
      if (toldLimits.has(what) || toldLimits.size >= maxLimits) return []
      toldLimits.add(what)
      return [line('info', `the driver cannot do this and is used without it: ${what}`, { what })]
    },
  }
}

function createLoginVoice(): LoginVoice {
  const trouble = createTrouble()
  return {
    'login.refused': ({ error, probeMs, atMs }) => {
      const { kind, count, lastedMs } = trouble.fail(error.code, atMs)
      const so = count === 1 ? '' : ` Refused ${formatCount(count)} times in ${formatElapsed(lastedMs)}.`
      const probe = `one login is tried in ${formatElapsed(probeMs)}, so that none locks the account`
      const next = ` All metrics wait; ${probe}.`
      return [
        line(kind === 'silent' ? 'debug' : 'error', `${sentenceOf(error)}${so}${next}`, errorFields(error)),
      ]
    },
    'login.accepted': ({ atMs }) => {
      const ended = trouble.end(atMs)
      if (ended === undefined) return []
      const text = `the login is accepted again after ${formatElapsed(ended.lastedMs)}`
      return [line(ended.wasSaid ? 'info' : 'debug', text)]
    },
  }
}

function createSinkVoice(): SinkVoice {
  const trouble = createTrouble()
  const limits = createTally(reminderMs)
  const fast = createTally(reminderMs)
  return {
    'sink.lost': ({ error, atMs }) => {
      const { kind } = trouble.fail(error.code, atMs)
      const state = kind === 'reminder' ? 'Loki is still lost' : 'Loki is lost'
      const text = `${state}, rows wait in the spool: ${sentenceOf(error)}`
      return [line(kind === 'silent' ? 'debug' : 'error', text, errorFields(error))]
    },
    'sink.back': ({ awayMs, atMs }) => {
      const level = trouble.end(atMs)?.wasSaid === false ? 'debug' : 'info'
      return [line(level, `Loki is back after ${formatElapsed(awayMs)}`, { awayMs })]
    },
    'sink.limited': ({ bytesPerSecond, atMs }) => {
      const [sum] = limits.add(String(bytesPerSecond), 1, atMs)
      const rate = `${formatBytes(bytesPerSecond)} a second`
      const text = `Loki limits this tenant to ${rate}: pushes stay below that`
      return [line(sum === undefined ? 'debug' : 'warn', text, { bytesPerSecond })]
    },
    'stream.fast': ({ stream, bytesPerSecond, atMs }) => {
      const [sum] = fast.add(stream, 1, atMs)
      const rate = `${formatBytes(bytesPerSecond)} a second`
      const text = `${stream} produces more than --loki_stream_rate and is sent at ${rate}`
      const risk = `${text}: a row that has to be sent again may be stored twice`
      return [line(sum === undefined ? 'debug' : 'warn', risk, { stream, bytesPerSecond })]
    },
    'stream.steady': ({ stream }) => [
      line('info', `${stream} produces less than --loki_stream_rate again`, { stream }),
    ],
  }
}

/** Watches the sum of all spools; fed with the events of the metrics. */
export function createTotalWatch(spoolTotalBytes: number): (event: AboutMetric) => Line[] {
  const sizes = new Map<string, number>()
  const tellLevel = createLevelWatch('the room for all spools', spoolTotalBytes)
  let totalBytes = 0
  return (event) => {
    if (event.type !== 'spool.depth' && event.type !== 'metric.drained') return []
    if (!sizes.has(event.metric) && sizes.size >= maxSpools) return []
    const bytes = event.type === 'spool.depth' ? event.depth.bytes : 0
    totalBytes += bytes - (sizes.get(event.metric) ?? 0)
    if (bytes === 0) sizes.delete(event.metric)
    else sizes.set(event.metric, bytes)
    return tellLevel(totalBytes)
  }
}
