// config_files/monitor_input.schema.json: the metrics file as a JSON schema, for editors. Keys and words come
// from the program's own table; what it checks in code is said here again, from the same figures, as far as a
// JSON schema can say it.

import {
  maxLabelNameBytes,
  maxLabels,
  maxLabelValueBytes,
  ownLabels,
  ownLabelsOfRows,
} from '../../src/config/labels.ts'
import { maxMetrics } from '../../src/config/load-metrics.ts'
import { deviceNames, maxMetricNameLength, reservedMetricNames } from '../../src/config/metric-name.ts'
import { maxIntervalMs, maxTimeoutMs, keyReference, minDurationMs } from '../../src/config/schema.ts'
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
  const { every, query, query_file, timeout, labels, send, ...unknown } = keyReference
  if (Object.keys(unknown).length > 0) throw new Error('the JSON schema knows not all keys of a metric')
  return {
    type: 'object',
    required: ['every'],
    additionalProperties: false,
    not: { required: ['query', 'query_file'] },
    properties: {
      every: { ...described(every), allOf: [{ $ref: '#/definitions/interval' }] },
      query: { ...described(query), type: 'string', pattern: '\\S' },
      query_file: { ...described(query_file), type: 'string', minLength: 1 },
      timeout: { ...described(timeout), allOf: [{ $ref: '#/definitions/timeout' }] },
      labels: { ...described(labels), type: 'object', ...labelRules() },
      send: { ...described(send), type: 'boolean' },
    },
  }
}

/** The cells of the reference become its description; a `default` in words is none of JSON schema. */
function described({ description, form, default: without, bounds }) {
  const parts = [description, `Form: ${form}.`, `Default: ${without}.`, bounds && `Bounds: ${bounds}.`]
  return { description: parts.filter(Boolean).join(' ') }
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
