// What the operator asked for, after flags, environment and secret files are read and every fault is ruled
// out: plain, readonly data. cli/settings builds it once; app and the parts below it only read it.

import type { LogLevel } from '../core/log-record.ts'
import type { RunBounds } from '../core/metric.ts'
import type { Target } from '../core/target.ts'
import type { LokiConfig } from '../sinks/loki/config.ts'

export type Settings = {
  readonly target: Target
  readonly loki: LokiSettings
  /** Static labels of every stream of this service, beside job, host and database. */
  readonly labels: Readonly<Record<string, string>>
  /** Absolute path of the metrics file. */
  readonly metricsPath: string
  /** Absolute path of this target's state directory; it may not exist yet. */
  readonly stateDir: string
  readonly listen: ListenSettings
  readonly log: LogSettings
  /** Whether the service must be CPU-only; `auto` is resolved: on for SqreamODBCDriver. */
  readonly hasCpuCheck: boolean
  /** How long unreachable servers are tried again at start; 0 is not at all. */
  readonly startupWaitMs: number
  readonly isStrictStart: boolean
  readonly bounds: ServiceBounds
  /** True where a password or token stood on the command line: main.ts has overwritten the process title. */
  readonly hasSecretInArgv: boolean
}

/** The destination, and how fast one of its streams may be fed. */
export type LokiSettings = LokiConfig & {
  /** Bytes a second that one stream is paced at, or off for a Loki that does not shard streams. */
  readonly streamRate: number | 'off'
  /** True where nobody named a Loki. */
  readonly isDefault: boolean
}

export type ListenSettings =
  | { readonly kind: 'off' }
  /** `isDefault`: nobody asked for this port, so a taken one is a warning and no failure. */
  | {
      readonly kind: 'on'
      readonly host: string
      readonly port: number
      readonly isDefault: boolean
      /** What a reader has to know; undefined where everybody may read who reaches the address. */
      readonly password?: string
    }

/** What `--log_level` takes. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]

export const logFormats = ['auto', 'pretty', 'json'] as const
export type LogFormat = (typeof logFormats)[number]

export type LogSettings = {
  /** Absolute path of the rotating file, where one was asked for. */
  readonly filePath?: string
  readonly level: LogLevel
  readonly format: LogFormat
  readonly isSentToLoki: boolean
}

export type ServiceBounds = {
  /** Live bytes of one metric's spool. */
  readonly spoolMetricBytes: number
  /** Live bytes of all spools. */
  readonly spoolTotalBytes: number
  /** Bytes that stay free on the disk of the state directory. */
  readonly diskReserveBytes: number
  readonly run: RunBounds
}
