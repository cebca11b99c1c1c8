// The full form of a metric in monitor_input.json: what each key may hold, and the words of the reference in
// docs/configuration.md. metric-entry reads each entry through it; a fault says what was expected. By hand:
// zod was 7 MB of the service's memory and 150 ms of its start, for six keys (docs/decisions/0008-memory.md).

import { parseDurationMs } from '../core/duration.ts'
import { labelNameFault, labelValueFault } from './labels.ts'
import { shapeOf } from './statements.ts'

export const maxIntervalMs = 30 * 86_400_000
export const maxTimeoutMs = 3_600_000
/** A worker cannot tick faster than its clock counts. */
export const minDurationMs = 1

type KeyReference = {
  readonly description: string
  readonly form: string
  readonly default: string
  readonly bounds: string
}

/** Every key, as the reference explains it. */
export const keyReference = {
  every: {
    description: 'How often the query runs.',
    form: 'seconds as a number, or a duration: `"500ms"`, `"2s"`, `"5m"`, `"1h"`, `"1d"`',
    default: 'none: required',
    bounds: '1 ms to 30 days; fractions are allowed',
  },
  query: {
    description: 'What is asked. Not together with `query_file`.',
    form: 'one SQL statement; a `;` at its end does no harm',
    default: '`select <name>();` for the functions of SQreamDB, else required',
    bounds: 'one statement: an error for SQreamDB, a warning elsewhere',
  },
  query_file: {
    description: 'A file that holds the query. Not together with `query`.',
    form: 'a path, relative to the folder of the metrics file',
    default: 'none',
    bounds: '1 MiB, UTF-8',
  },
  timeout: {
    description: 'How long one run may take, from the question to its last row.',
    form: 'as `every`',
    default: 'the interval, but at least 5 s and at most 60 s',
    bounds: '1 ms to 1 hour',
  },
  labels: {
    description:
      "Static labels of this metric's stream in Loki, beside `job`, `host`, `database` and `--label`.",
    form: 'an object of strings, such as `{"team": "core"}`',
    default: '`{}`',
    bounds: '15 labels in all, names up to 1,024 and values up to 2,048 bytes',
  },
  send: {
    description: 'Whether the rows go to Loki. With `false` the query still runs, for what it does.',
    form: '`true` or `false`',
    default: '`true`, for `reset_leveldb_stats` `false`',
    bounds: '',
  },
} as const satisfies Record<string, KeyReference>

export const metricKeys: readonly string[] = Object.keys(keyReference)

/** What an entry says; its query is read by metric-query. */
export type MetricForm = {
  readonly every: number
  readonly timeout: number | undefined
  readonly labels: Readonly<Record<string, string>> | undefined
  readonly send: boolean | undefined
}

export type FormFault =
  | { readonly kind: 'unknown_key'; readonly key: string }
  /** Something else was expected at this path, or anything at all. */
  | ({ readonly kind: 'value'; readonly path: readonly string[] } & Expected)
  | ({ readonly kind: 'label_name'; readonly path: readonly string[] } & Expected)

type Expected = { readonly expected: string; readonly hint?: string | undefined }

/** A JSON object. */
export type Written = Readonly<Record<string, unknown>>

export type ReadForm =
  | { readonly kind: 'form'; readonly form: MetricForm }
  | { readonly kind: 'faulty'; readonly faults: readonly FormFault[] }

export function readMetricForm(written: Written): ReadForm {
  const faults: FormFault[] = []
  const of = <T>(key: keyof typeof keyReference, read: (value: unknown) => T | Refusal): T | undefined => {
    const value = key in written || key === 'every' ? read(written[key]) : undefined
    if (!(value instanceof Refusal)) return value
    faults.push({ kind: 'value', path: [key], ...value.expected })
    return undefined
  }
  const every = of('every', durationUpTo(maxIntervalMs, '30 days'))
  const timeout = of('timeout', durationUpTo(maxTimeoutMs, '1 hour'))
  const labels = of('labels', objectOf)
  const send = of('send', booleanOf)
  of('query', queryOf)
  of('query_file', pathOf)
  faults.push(...labelFaults(labels ?? {}), ...unknownKeys(written))
  if (faults.length > 0 || every === undefined) return { kind: 'faulty', faults }
  return {
    kind: 'form',
    form: { every, timeout, labels: labels === undefined ? undefined : stringsOf(labels), send },
  }
}

/** A value that is none of the key's. */
class Refusal {
  readonly expected: Expected
  constructor(expected: string, hint?: string) {
    this.expected = { expected, hint }
  }
}

function queryOf(value: unknown): string | Refusal {
  if (typeof value !== 'string') return new Refusal('a string that holds an SQL statement')
  return shapeOf(value).kind === 'empty' ? new Refusal('an SQL statement') : value
}

function pathOf(value: unknown): string | Refusal {
  if (typeof value !== 'string') return new Refusal('a string that holds a path')
  return value === '' ? new Refusal('a path') : value
}

function booleanOf(value: unknown): boolean | Refusal {
  return typeof value === 'boolean' ? value : new Refusal('true or false')
}

function objectOf(value: unknown): object | Refusal {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? value : new Refusal('an object of label names and values')
}

const expectedDuration = 'a number of seconds or a duration such as "2s"'

/** Milliseconds of a number of seconds or a written duration, within 1 ms and `maxMs`. */
function durationUpTo(maxMs: number, maxText: string): (value: unknown) => number | Refusal {
  return (value) => {
    const durationMs = durationOf(value)
    const isInRange = durationMs !== undefined && durationMs >= minDurationMs && durationMs <= maxMs
    if (isInRange) return durationMs
    return new Refusal(
      expectedOf(durationMs, maxText),
      durationMs === undefined ? durationHint(value) : undefined,
    )
  }
}

function expectedOf(durationMs: number | undefined, maxText: string): string {
  if (durationMs === undefined) return expectedDuration
  if (durationMs <= 0) return 'more than 0 seconds'
  return durationMs < minDurationMs ? 'at least 1 ms' : `at most ${maxText}`
}

/** A string needs its unit: "5" may have been meant as anything. */
function durationOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value * 1_000
  if (typeof value !== 'string' || isBareNumber(value)) return undefined
  return parseDurationMs(value)
}

function isBareNumber(text: string): boolean {
  return /^\s*-?[\d.]+\s*$/.test(text)
}

function durationHint(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  if (isBareNumber(value)) return `Write ${value.trim()} without quotes, or "${value.trim()}s".`
  return 'The units are ms, s, m, h and d, one number and one unit.'
}

function labelFaults(labels: object): FormFault[] {
  return Object.entries(labels).flatMap(([name, value]): FormFault[] => {
    if (name === '__proto__') return [] // told already, as everywhere in the file
    const path = ['labels', name]
    const nameFault = labelNameFault(name)
    if (nameFault !== undefined) return [{ kind: 'label_name', path, ...nameFault }]
    if (typeof value !== 'string') return [{ kind: 'value', path, expected: 'a string' }]
    const valueFault = labelValueFault(value)
    return valueFault === undefined ? [] : [{ kind: 'value', path, ...valueFault }]
  })
}

/** labelFaults found nothing else. */
function stringsOf(labels: object): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]))
}

function unknownKeys(written: Written): FormFault[] {
  const unknown = Object.keys(written).filter((key) => !Object.hasOwn(keyReference, key))
  return unknown.map((key) => ({ kind: 'unknown_key', key }))
}
