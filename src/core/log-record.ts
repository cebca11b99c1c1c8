// One line of rowtail's own log before it has a form: the narrator (log-lines) makes it, kit/log writes it.

import type { ErrorReport } from './errors.ts'
import type { EventOf, EventType } from './events.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type LogRecord = {
  readonly atMs: number
  readonly level: LogLevel
  /** Which metric it is about; without one it is about the service. */
  readonly metric?: string
  /** The type of the event that caused it, or a short name of the writer's own. */
  readonly event: string
  /** What a person reads; it may hold the newlines of a driver's words. */
  readonly message: string
  /** What a program reads: plain data, keys other than level, time, metric, event and msg. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** What a voice of the narrator says; time, metric and event are added from the event. */
export type Line = {
  readonly level: LogLevel
  readonly message: string
  readonly fields?: Readonly<Record<string, unknown>>
  /** Of a sum, the type of the events it sums up: another event may have let it out. */
  readonly event?: EventType
}

/** What is said of each type of event; that each has its say, the compiler sees. */
export type Voice<T extends EventType> = { readonly [K in T]: (event: EventOf<K>) => readonly Line[] }

export function line(level: LogLevel, message: string, fields: Record<string, unknown> = {}): Line {
  return { level, message, fields }
}

/** The report as fields of a log line; its sentence stands in the message already. */
export function errorFields(error: ErrorReport): Record<string, unknown> {
  const { code, sqlState, said } = error
  return {
    code,
    ...(sqlState === undefined ? {} : { sqlState }),
    ...(said === undefined ? {} : { said }),
  }
}
