// Reads monitor_input.json: the metrics, or every fault of the file at once, each with its place. Called by
// the commands before anything is started; it touches nothing but the file and the query files it names.

import type { ErrorReport } from '../core/errors.ts'
import type { Metric } from '../core/metric.ts'
import { type ConfigFault, hintOf, shown } from './fault.ts'
import { type JsonText, parseJsonText, propertiesOf, type Property } from './json-text.ts'
import { addFault, type Loading } from './loading.ts'
import { readEntry } from './metric-entry.ts'
import { type ReadText, readText } from './read-text.ts'

export type LoadedMetrics =
  | {
      readonly kind: 'loaded'
      readonly metrics: readonly Metric[]
      readonly warnings: readonly ErrorReport[]
    }
  | { readonly kind: 'faulty'; readonly path: string; readonly faults: readonly ConfigFault[] }

export type LoadOptions = {
  /** Whether the target offers SQreamDB's functions and takes one statement a query. */
  readonly isSqream: boolean
  /** Labels of every stream of this service; they count towards Loki's limit of 15. */
  readonly labels?: Readonly<Record<string, string>>
}

export const maxConfigBytes = 1024 * 1024
export const maxMetrics = 100

const example = 'The smallest one is {"show_locks": 2}: it asks show_locks every 2 seconds.'

export function loadMetrics(path: string, options: LoadOptions): LoadedMetrics {
  const read = readText(path, maxConfigBytes)
  if (read.kind === 'text') return metricsOf(path, read.text, options)
  return faulty(path, unreadableFault(read))
}

function unreadableFault(read: Exclude<ReadText, { kind: 'text' }>): ConfigFault {
  const message = `the file ${read.problem}`
  if (read.kind === 'not_utf8')
    return { code: 'config_encoding', place: read.place, message, hint: read.hint }
  if (read.reason !== 'missing') return { code: 'config_unreadable', message, ...hintOf(read.hint) }
  return { code: 'config_missing', message, hint: 'Name another one with --metrics_json_path.' }
}

function faulty(path: string, fault: ConfigFault): LoadedMetrics {
  return { kind: 'faulty', path, faults: [fault] }
}

function metricsOf(path: string, text: string, options: LoadOptions): LoadedMetrics {
  if (text.trim() === '') {
    return faulty(path, {
      code: 'config_syntax',
      message: 'the file is empty; expected a JSON object',
      hint: example,
    })
  }
  const json = parseJsonText(text)
  const loading: Loading = {
    path,
    text,
    isSqream: options.isSqream,
    serviceLabels: Object.keys(options.labels ?? {}),
    faults: [...json.faults],
    warnings: [],
  }
  const metrics = readEntries(loading, json)
  if (loading.faults.length > 0) return { kind: 'faulty', path, faults: inOrder(loading.faults) }
  return { kind: 'loaded', metrics, warnings: loading.warnings }
}

function readEntries(loading: Loading, json: JsonText): Metric[] {
  const { root } = json
  if (root === undefined) return []
  if (root.type !== 'object') {
    const found = shown(loading.text.slice(root.offset, root.offset + root.length))
    addFault(loading, root, { message: `the file holds ${found}; expected a JSON object`, hint: example })
    return []
  }
  const entries = propertiesOf(root).filter((property) => !isSchemaReference(loading, property))
  if (entries.length === 0 && json.brokenAt.length === 0) {
    addFault(loading, root, { message: 'the object is empty; expected at least one metric', hint: example })
  }
  checkCount(loading, entries)
  checkCase(loading, entries)
  return entries.flatMap((entry, index) => {
    const isBroken = isNearFault(json, entry, entries[index + 1])
    return isBroken ? [] : (readEntry(loading, entry) ?? [])
  })
}

/** `"$schema": "…"` is for editors; rowtail reads past it. */
function isSchemaReference(loading: Loading, { key, value }: Property): boolean {
  if (key !== '$schema') return false
  if (value !== undefined && value.type !== 'string') {
    const found = shown(loading.text.slice(value.offset, value.offset + value.length))
    addFault(loading, value, { message: `$schema is ${found}; expected the path of a schema, a string` })
  }
  return true
}

/**
 * An entry with a syntax fault in it, or behind it before the next one begins, is not read: its faults would
 * be echoes.
 */
function isNearFault(json: JsonText, entry: Property, next: Property | undefined): boolean {
  const from = entry.keyNode.offset
  const to = next?.keyNode.offset ?? Number.POSITIVE_INFINITY
  return json.brokenAt.some((offset) => offset >= from && offset < to)
}

function checkCount(loading: Loading, entries: readonly Property[]): void {
  const firstTooMany = entries[maxMetrics]
  if (firstTooMany === undefined) return
  addFault(loading, firstTooMany.keyNode, {
    message: `the file has ${entries.length} metrics; expected at most ${maxMetrics}`,
    hint: 'Every metric has a thread and a connection of its own: run a second rowtail for the rest.',
  })
}

/** Spool files are named after metrics, and some file systems do not tell A from a. */
function checkCase(loading: Loading, entries: readonly Property[]): void {
  const seen = new Map<string, string>()
  for (const { key, keyNode } of entries) {
    const first = seen.get(key.toLowerCase())
    if (first !== undefined && first !== key) {
      const message = `${shown(key)} differs from ${shown(first)} only by case; expected another name`
      addFault(loading, keyNode, { message })
    }
    seen.set(key.toLowerCase(), first ?? key)
  }
}

function inOrder(faults: readonly ConfigFault[]): ConfigFault[] {
  return faults.toSorted(
    (a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0),
  )
}
