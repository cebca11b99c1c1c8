// One entry of monitor_input.json: `"show_locks": 2`, or the full form. Called by load-metrics for each; adds
// every fault it finds to the loading, and yields the metric where it finds none.

import { findNodeAtLocation, getNodeValue, type Node } from 'jsonc-parser'
import type { z } from 'zod'
import type { Metric } from '../core/metric.ts'
import { didYouMean, quoted, shown } from './fault.ts'
import { propertiesOf, type Property } from './json-text.ts'
import { labelCountFault } from './labels.ts'
import { addFault, type Loading } from './loading.ts'
import { metricNameFault } from './metric-name.ts'
import { queryOf } from './metric-query.ts'
import { type MetricForm, metricKeys, metricSchema } from './schema.ts'
import { isSentByDefault } from './sqream-functions.ts'
import { nearestName } from './suggest.ts'

const expectedEntry = 'a number of seconds, a duration such as "2s", or an object with "every"'

export function readEntry(loading: Loading, entry: Property): Metric | undefined {
  const { key: name, keyNode, value } = entry
  if (value === undefined) return undefined
  const faultsBefore = loading.faults.length
  const nameFault = metricNameFault(name)
  if (nameFault !== undefined) {
    addFault(loading, keyNode, { message: `${quoted(name)} is no name for a metric; expected ${nameFault}` })
  }
  const form = readForm(loading, name, value)
  const query = queryOf(loading, entry)
  if (value.type === 'object') checkLabelCount(loading, name, value)
  if (form === undefined || query === undefined || loading.faults.length > faultsBefore) return undefined
  return {
    name,
    intervalMs: form.every,
    query,
    timeoutMs: form.timeout ?? Math.min(60_000, Math.max(5_000, form.every)),
    labels: form.labels ?? {},
    send: form.send ?? isSentByDefault(name),
  }
}

function readForm(loading: Loading, name: string, value: Node): MetricForm | undefined {
  if (value.type === 'null' || value.type === 'boolean' || value.type === 'array') {
    addFault(loading, value, { message: `${name} is ${source(loading, value)}; expected ${expectedEntry}` })
    return undefined
  }
  const written: unknown = getNodeValue(value)
  const isFull = value.type === 'object'
  const parsed = metricSchema.safeParse(isFull ? written : { every: written })
  if (parsed.success) return parsed.data
  const meant = meantKeys(parsed.error.issues)
  for (const issue of parsed.error.issues) {
    // `evry` is told once, not also as a missing `every`.
    if (issue.path.length === 1 && meant.has(String(issue.path[0]))) continue
    if (isFull) addIssue(loading, { name, node: value }, issue)
    else addValueFault(loading, { subject: name, node: value }, issue)
  }
  return undefined
}

type Issue = z.core.$ZodIssue

/** The keys that misspelt ones stand for. */
function meantKeys(issues: readonly Issue[]): Set<string | undefined> {
  const unknown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
  return new Set(unknown.map((key) => nearestName(key, metricKeys)))
}

function addIssue(loading: Loading, full: { name: string; node: Node }, issue: Issue): void {
  const path = issue.path.map(String)
  const subject = [full.name, ...path].map((step) => shown(step)).join('.')
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) addUnknownKey(loading, full, key)
    return
  }
  if (issue.code === 'invalid_key') return addLabelNameFault(loading, { ...full, path }, issue.issues)
  const node = findNodeAtLocation(full.node, path)
  if (node !== undefined) return addValueFault(loading, { subject, node }, issue)
  return addFault(loading, full.node, { message: `${subject} is missing; expected ${issue.message}` })
}

function addLabelNameFault(
  loading: Loading,
  at: { name: string; node: Node; path: readonly string[] },
  issues: readonly Issue[],
): void {
  for (const issue of issues) {
    const message = `${quoted(at.path.at(-1) ?? '')} is no label of ${at.name}; expected ${issue.message}`
    addFault(loading, keyNodeAt(at.node, at.path), { message, hint: hintIn(issue) })
  }
}

function addValueFault(loading: Loading, at: { subject: string; node: Node }, issue: Issue): void {
  const hint = hintIn(issue)
  const isQuotedNumber = at.node.type === 'string' && hint?.includes('without quotes') === true
  const found = `${source(loading, at.node)}${isQuotedNumber ? ', which is a string' : ''}`
  addFault(loading, at.node, { message: `${at.subject} is ${found}; expected ${issue.message}`, hint })
}

function addUnknownKey(loading: Loading, full: { name: string; node: Node }, key: string): void {
  const keyNode = keyNodeAt(full.node, [key])
  addFault(loading, keyNode, {
    message: `${full.name} has the key ${quoted(key)}; expected one of ${metricKeys.join(', ')}`,
    hint: didYouMean(nearestName(key, metricKeys)),
  })
}

function keyNodeAt(node: Node, path: readonly string[]): Node {
  const owner = findNodeAtLocation(node, path.slice(0, -1)) ?? node
  return propertiesOf(owner).find(({ key }) => key === path.at(-1))?.keyNode ?? node
}

function hintIn(issue: Issue): string | undefined {
  const hint: unknown = issue.code === 'custom' ? issue.params?.hint : undefined
  return typeof hint === 'string' ? hint : undefined
}

function source(loading: Loading, node: Node): string {
  return shown(loading.text.slice(node.offset, node.offset + node.length))
}

function checkLabelCount(loading: Loading, name: string, value: Node): void {
  const labels = findNodeAtLocation(value, ['labels'])
  if (labels?.type !== 'object') return
  const names = propertiesOf(labels).map(({ key }) => key)
  const fault = labelCountFault([...loading.serviceLabels, ...names])
  if (fault === undefined) return
  const message = `${name}.labels has ${names.length} labels; expected ${fault.expected}`
  addFault(loading, labels, { message, hint: fault.hint })
}
