// How `check` tells what it finds: a line each as it goes, for a person; or one JSON document at the end, for
// a program. docs/check.md describes both.

import type { ErrorCode, ErrorReport } from '../../core/errors.ts'
import { sentenceOf } from '../../core/errors.ts'
import type { Flag, ResultColumn } from '../../core/source.ts'
import type { LokiLimits } from '../../sinks/loki/limits.ts'
import { speaker } from '../commands/tell.ts'

export type Result = 'ok' | 'warning' | 'failed' | 'not_run'

export type Finding = {
  readonly result: Result
  /** A startup check, a metric, or what the finding is about. */
  readonly what: string
  readonly text: string
  readonly code?: ErrorCode
}

/** What `--json` tells of a metric beside its findings. */
export type MetricReport = {
  readonly metric: string
  readonly result: Exclude<Result, 'warning'>
  readonly intervalSeconds: number
  readonly sends: boolean
  readonly rows?: number
  readonly bytes?: number
  readonly durationSeconds?: number
  readonly columns?: readonly ResultColumn[]
  readonly flags?: readonly Flag[]
  readonly bytesPerDay?: number
}

export type VolumeReport = {
  readonly streams: number
  readonly bytesPerDay: number
  /** Seconds of an outage of Loki before the first spool is full; null where nothing is sent. */
  readonly spoolSeconds: number | null
}

export interface Voice {
  tell(finding: Finding): void
  /** What a person reads below the finding before. */
  detail(text: string): void
  metric(report: MetricReport): void
  volume(report: VolumeReport): void
  /** Limits that are not there are null. */
  limits(limits: LokiLimits): void
  end(exitCode: number): void
}

const marks = { ok: 'ok', warning: 'warn', failed: 'FAIL', not_run: 'skip' } as const

export function textVoice(stream: NodeJS.WritableStream, redact: (text: string) => string): Voice {
  const say = speaker(stream, redact)
  const ignore = () => undefined
  const line = (mark: string, what: string, text: string) =>
    say(`${mark.padEnd(4)}  ${what.padEnd(20)}  ${text}`)
  return {
    tell: ({ result, what, text }) => line(marks[result], what, text),
    detail: (text) => line('', '', text),
    metric: ignore,
    volume: ignore,
    limits: ignore,
    end: ignore,
  }
}

export function jsonVoice(stream: NodeJS.WritableStream, redact: (text: string) => string): Voice {
  const findings: Finding[] = []
  const metrics: MetricReport[] = []
  let volume: VolumeReport | undefined
  let limits: LokiLimits | undefined
  return {
    tell: (finding) => void findings.push(finding),
    detail: () => undefined,
    metric: (report) => void metrics.push(report),
    volume: (report) => {
      volume = report
    },
    limits: (found) => {
      limits = found
    },
    end: (exitCode) => {
      const report = { version: 1, exitCode, findings, metrics, volume, limits }
      stream.write(`${redact(JSON.stringify(report, null, 2))}\n`)
    },
  }
}

/** A finding that is an error report. */
export function findingOf(result: Result, what: string, error: ErrorReport): Finding {
  return { result, what, text: sentenceOf(error), code: error.code }
}
