// rowtail's own log: the narrator's records (core/log-lines) go to the terminal, one JSON object a line or
// pretty, and where a flag asks for it through winston to a rotating file and to Loki. Writing never throws,
// never waits and holds a bounded amount; each destination counts what it had to leave out. The command
// makes the one log of the process.

import type { Writable } from 'node:stream'
import type { Clock } from '../core/clock.ts'
import type { LogLevel, LogRecord } from '../core/log-record.ts'
import { systemClock } from './clock.ts'
import { checkLogFile, openLogFile } from './log-file.ts'
import { Gate, type GateCounts, type Outlet, type OutletEvents } from './log-gate.ts'
import type { LogLokiSettings } from './log-loki.ts'
import { openTerminal } from './log-terminal.ts'
import { jsonForm, type LineForm, prettyFormOf } from './log-text.ts'

export type LogSettings = {
  readonly level: LogLevel | 'trace'
  /** auto: pretty on a terminal and in the file, JSON elsewhere. */
  readonly format: 'auto' | 'pretty' | 'json'
  readonly filePath?: string
  readonly toLoki?: LogLokiSettings
}

export type LogOptions = {
  readonly terminal: Writable & { readonly isTTY?: boolean; hasColors?(): boolean }
  /** The last line of defence against secrets, over every text of a record; see kit/secrets. */
  readonly redact?: (text: string) => string
  readonly clock?: Pick<Clock, 'nowMs' | 'monotonicMs'>
}

export type LogDestination = 'terminal' | 'file' | 'loki'

export interface Log {
  write(record: LogRecord): void
  counts(): Partial<Record<LogDestination, GateCounts>>
  /** Resolves when everything is written, after 300 ms at the latest. */
  close(): Promise<void>
}

const levels: readonly LogSettings['level'][] = ['trace', 'debug', 'info', 'warn', 'error']
const closeBoundMs = 300
const maxWaitingBytes = 1024 * 1024
const restMs = 60_000

/** Throws ReportedError flag_invalid where the file cannot be written. */
export async function createLog(settings: LogSettings, options: LogOptions): Promise<Log> {
  const { clock = systemClock, redact = (text: string) => text } = options
  const openers = await openersOf(settings, options)
  const gates = openers.map(({ destination, open, maxSilenceMs }) => {
    const name = destinationNames[destination]
    const silence = maxSilenceMs === undefined ? {} : { maxSilenceMs }
    const gate = new Gate({ clock, maxWaitingBytes, restMs, name, ...silence }, open)
    return { destination, gate }
  })
  const least = levels.indexOf(settings.level)

  return {
    write({ atMs, level, metric, event, message, fields }) {
      if (levels.indexOf(level) < least) return
      const head = { level, time: new Date(atMs).toISOString(), metric, event }
      // As pino writes it, but without pino: it was 32 ms of the start.
      const jsonLine = JSON.stringify({ ...head, ...redactFields(fields, redact), msg: redact(message) })
      for (const { gate } of gates) gate.write(`${jsonLine}\n`)
    },
    counts: () => Object.fromEntries(gates.map(({ destination, gate }) => [destination, gate.counts()])),
    close: () => closeAll(gates.map(({ gate }) => gate)),
  }
}

type Opener = {
  readonly destination: LogDestination
  readonly open: (events: OutletEvents) => Outlet
  readonly maxSilenceMs?: number
}

const destinationNames: Readonly<Record<LogDestination, string>> = {
  terminal: 'the terminal or pipe',
  file: 'the log file',
  loki: 'Loki',
}

async function openersOf(settings: LogSettings, options: LogOptions): Promise<Opener[]> {
  const { terminal } = options
  const { filePath, toLoki, format } = settings
  const isPretty = format === 'pretty' || (format === 'auto' && terminal.isTTY === true)
  const terminalForm = isPretty ? await prettyForm(terminal.hasColors?.() === true) : jsonForm
  const openers: Opener[] = [
    { destination: 'terminal', open: (events) => openTerminal(terminal, terminalForm, events) },
  ]
  if (filePath !== undefined) {
    checkLogFile(filePath)
    const { default: winston } = await import('winston')
    const form = format === 'json' ? jsonForm : await prettyForm(false)
    const open = (events: OutletEvents) => openLogFile(winston, { filePath, form }, events)
    openers.push({ destination: 'file', open, maxSilenceMs: restMs })
  }
  if (toLoki !== undefined) {
    const { default: winston } = await import('winston')
    const { default: WinstonLoki } = await import('winston-loki')
    const { openLogLoki } = await import('./log-loki.ts')
    const libraries = { winston, WinstonLoki }
    openers.push({ destination: 'loki', open: (events) => openLogLoki(libraries, toLoki, events) })
  }
  return openers
}

async function prettyForm(hasColors: boolean): Promise<LineForm> {
  const { prettyFactory } = await import('pino-pretty')
  return prettyFormOf(prettyFactory, hasColors)
}

/** Fields are plain data, at most a few levels deep: reports and counts. */
function redactFields(fields: Readonly<Record<string, unknown>>, redact: (text: string) => string) {
  return JSON.parse(JSON.stringify(fields), (_key, value: unknown) =>
    typeof value === 'string' ? redact(value) : value,
  ) as Record<string, unknown> // an object goes in, so an object comes out
}

async function closeAll(gates: readonly Gate[]): Promise<void> {
  const bound = AbortSignal.timeout(closeBoundMs)
  const { promise: late, resolve: giveUp } = Promise.withResolvers<void>()
  bound.addEventListener('abort', () => giveUp(), { once: true })
  await Promise.race([Promise.allSettled(gates.map((gate) => gate.close(bound))), late])
}
