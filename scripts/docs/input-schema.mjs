// config_files/monitor_input.schema.json: the metrics file as a JSON schema, for editors. Keys, types and
// words come from the program's own schema; what that checks in code is said here again, from the same
// figures, as far as a JSON schema can say it.

import { z } from 'zod'
import {
  maxLabelNameBytes,
  maxLabels,
  maxLabelValueBytes,
  ownLabels,
  ownLabelsOfRows,
} from '../../src/config/labels.ts'
import { maxMetrics } from '../../src/config/load-metrics.ts'
import { deviceNames, maxMetricNameLength, reservedMetricNames } from '../../src/config/metric-name.ts'
import { maxIntervalMs, maxTimeoutMs, metricSchema, minDurationMs } from '../../src/config/schema.ts'
import { sqreamFunctions } from '../../src/config/sqream-functions.ts'

/** As text of a file. */
export function inputSchema() {
  return `${JSON.stringify(fileSchema(), null, 2)}\n`
}

function fileSchema() {
  const taken = [...reservedMetricNames, ...deviceNames].map(inAnyCase).join('|')
  const others = `^(?!(?:${[...sqreamFunctions, taken].join('|')})$)`
  const name = `[a-zA-Z][a-zA-Z0-9_]{0,${maxMetricNameLength - 1}}$`
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: 'Written by scripts/generate-docs.mjs; change the source it reads, then run it.',
    title: "rowtail's metrics file",
    description: 'Each key is the name of a metric; docs/configuration.md explains all of it.',
    type: 'object',
    properties: {
      $schema: { type: 'string', description: 'The path of this schema, for editors.' },
      ...Object.fromEntries(sqreamFunctions.map((key) => [key, { $ref: '#/definitions/function' }])),
    },
    patternProperties: { [others + name]: { $ref: '#/definitions/query' } },
    additionalProperties: false,
    anyOf: [
      { not: { required: ['$schema'] }, minProperties: 1, maxProperties: maxMetrics },
      { required: ['$schema'], minProperties: 2, maxProperties: maxMetrics + 1 },
    ],
    definitions: {
      interval: durationUpTo(maxIntervalMs),
      timeout: durationUpTo(maxTimeoutMs),
      function: {
        description: 'A function of SQreamDB, which needs no query there: an interval alone will do.',
        anyOf: [{ $ref: '#/definitions/interval' }, { $ref: '#/definitions/metric' }],
      },
      query: {
        description: 'A metric with a query of its own.',
        allOf: [{ $ref: '#/definitions/metric' }],
        anyOf: [{ required: ['query'] }, { required: ['query_file'] }],
      },
      metric: metricObject(),
    },
  }
}

function metricObject() {
  const {
    $schema: _,
    properties,
    ...rest
  } = z.toJSONSchema(metricSchema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
  })
  const { every, query, query_file, timeout, labels, send, ...unknown } = properties
  if (Object.keys(unknown).length > 0) throw new Error('the JSON schema knows not all keys of a metric')
  return {
    ...rest,
    not: { required: ['query', 'query_file'] },
    properties: {
      every: { ...described(every), allOf: [{ $ref: '#/definitions/interval' }] },
      query: { ...described(query), pattern: '\\S' },
      query_file: described(query_file),
      timeout: { ...described(timeout), allOf: [{ $ref: '#/definitions/timeout' }] },
      labels: { ...described(labels), ...labelRules() },
      send: described(send),
    },
  }
}

/** The cells of the reference become its description; a `default` in words is none of JSON schema. */
function described({ description, form, default: without, bounds, ...rest }) {
  const parts = [description, form && `Form: ${form}.`, without && `Default: ${without}.`]
  return { description: [...parts, bounds && `Bounds: ${bounds}.`].filter(Boolean).join(' '), ...rest }
}

function labelRules() {
  return {
    maxProperties: maxLabels - ownLabelsOfRows,
    propertyNames: {
      pattern: `^(?!__)(?!(?:${ownLabels.join('|')})$)[a-zA-Z_][a-zA-Z0-9_]*$`,
      maxLength: maxLabelNameBytes,
    },
    additionalProperties: { type: 'string', minLength: 1, maxLength: maxLabelValueBytes },
  }
}

/** A string is bounded in its form only: its number means another thing with each unit. */
function durationUpTo(maxMs) {
  return {
    anyOf: [
      { type: 'number', minimum: minDurationMs / 1_000, maximum: maxMs / 1_000 },
      { type: 'string', pattern: '^\\s*(?!0+(?:\\.0+)?[a-z])\\d+(?:\\.\\d+)?(?:ms|s|m|h|d)\\s*$' },
    ],
  }
}

/** JSON schema has no flag for it. */
function inAnyCase(word) {
  return word.replaceAll(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)
}
