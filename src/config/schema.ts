// The full form of a metric in monitor_input.json. The schema checks it, gives the loader its type, and its
// descriptions are the reference in docs/configuration.md. An issue's message says what was expected.

import { z } from 'zod'
import { parseDurationMs } from '../core/duration.ts'
import { labelNameFault, labelValueFault } from './labels.ts'
import { shapeOf } from './statements.ts'

export const maxIntervalMs = 30 * 86_400_000
export const maxTimeoutMs = 3_600_000
/** A worker cannot tick faster than its clock counts. */
export const minDurationMs = 1

export const metricSchema = z.strictObject({
  every: durationUpTo(maxIntervalMs, '30 days').meta({
    description: 'How often the query runs.',
    form: 'seconds as a number, or a duration: `"500ms"`, `"2s"`, `"5m"`, `"1h"`, `"1d"`',
    default: 'none: required',
    bounds: '1 ms to 30 days; fractions are allowed',
  }),
  query: z
    .string({ error: 'a string that holds an SQL statement' })
    .superRefine((query, context) => {
      if (shapeOf(query).kind !== 'empty') return
      context.addIssue({ code: 'custom', message: 'an SQL statement' })
    })
    .optional()
    .meta({
      description: 'What is asked. Not together with `query_file`.',
      form: 'one SQL statement; a `;` at its end does no harm',
      default: '`select <name>();` for the functions of SQreamDB, else required',
      bounds: 'one statement: an error for SQreamDB, a warning elsewhere',
    }),
  query_file: z.string({ error: 'a string that holds a path' }).min(1, { error: 'a path' }).optional().meta({
    description: 'A file that holds the query. Not together with `query`.',
    form: 'a path, relative to the folder of the metrics file',
    default: 'none',
    bounds: '1 MiB, UTF-8',
  }),
  timeout: durationUpTo(maxTimeoutMs, '1 hour').optional().meta({
    description: 'How long one run may take, from the question to its last row.',
    form: 'as `every`',
    default: 'the interval, but at least 5 s and at most 60 s',
    bounds: '1 ms to 1 hour',
  }),
  labels: z
    .record(
      z.string().superRefine(checkLabelName),
      z.string({ error: 'a string' }).superRefine(checkLabelValue),
      {
        error: 'an object of label names and values',
      },
    )
    .optional()
    .meta({
      description:
        "Static labels of this metric's stream in Loki, beside `job`, `host`, `database` and `--label`.",
      form: 'an object of strings, such as `{"team": "core"}`',
      default: '`{}`',
      bounds: '15 labels in all, names up to 1,024 and values up to 2,048 bytes',
    }),
  send: z.boolean({ error: 'true or false' }).optional().meta({
    description: 'Whether the rows go to Loki. With `false` the query still runs, for what it does.',
    form: '`true` or `false`',
    default: '`true`, for `reset_leveldb_stats` `false`',
    bounds: '',
  }),
})

export type MetricForm = z.infer<typeof metricSchema>

export const metricKeys: readonly string[] = Object.keys(metricSchema.shape)

const expectedDuration = 'a number of seconds or a duration such as "2s"'

/** Milliseconds of a number of seconds or a written duration, within 1 ms and `maxMs`. */
function durationUpTo(maxMs: number, maxText: string) {
  return z.unknown().transform((value, context): number => {
    const durationMs = durationOf(value)
    const isInRange = durationMs !== undefined && durationMs >= minDurationMs && durationMs <= maxMs
    if (isInRange) return durationMs
    context.addIssue({
      code: 'custom',
      message: expectedOf(durationMs, maxText),
      params: { hint: durationMs === undefined ? durationHint(value) : undefined },
    })
    return z.NEVER
  })
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

type Refinement = Pick<z.core.$RefinementCtx<string>, 'addIssue'>

function checkLabelName(name: string, context: Refinement): void {
  const fault = labelNameFault(name)
  if (fault !== undefined) {
    context.addIssue({ code: 'custom', message: fault.expected, params: { hint: fault.hint } })
  }
}

function checkLabelValue(value: string, context: Refinement): void {
  const fault = labelValueFault(value)
  if (fault !== undefined) {
    context.addIssue({ code: 'custom', message: fault.expected, params: { hint: fault.hint } })
  }
}
