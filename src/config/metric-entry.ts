// One entry of monitor_input.json: `"show_locks": 2`, or the full form. Called by load-metrics for each; adds
// every fault it finds to the loading, and yields the metric where it finds none.

import { findNodeAtLocation, getNodeValue, type Node } from 'jsonc-parser'
import type { Metric } from '../core/metric.ts'
import { didYouMean, quoted, shown } from './fault.ts'
import { propertiesOf, type Property } from './json-text.ts'
import { labelCountFault } from './labels.ts'
import { addFault, type Loading } from './loading.ts'
import { metricNameFault } from './metric-name.ts'
import { queryOf } from './metric-query.ts'
import { type FormFault, type MetricForm, metricKeys, readMetricForm, type Written } from './schema.ts'
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
  const isFull = value.type === 'object'
  const written: unknown = getNodeValue(value)
  const read = readMetricForm(isFull ? (written as Written) : { every: written }) // full: an object's node
  if (read.kind === 'form') return read.form
  const meant = meantKeys(read.faults)
  for (const fault of read.faults) {
    // `evry` is told once, not also as a missing `every`.
    if (fault.kind === 'value' && fault.path.length === 1 && meant.has(fault.path[0])) continue
    if (isFull) addFormFault(loading, { name, node: value }, fault)
    else if (fault.kind === 'value') addValueFault(loading, { subject: name, node: value }, fault)
  }
  return undefined
}

/** The keys that misspelt ones stand for. */
function meantKeys(faults: readonly FormFault[]): Set<string | undefined> {
  const unknown = faults.flatMap((fault) => (fault.kind === 'unknown_key' ? [fault.key] : []))
  return new Set(unknown.map((key) => nearestName(key, metricKeys)))
}

type Full = { readonly name: string; readonly node: Node }

function addFormFault(loading: Loading, full: Full, fault: FormFault): void {
  switch (fault.kind) {
    case 'unknown_key':
      return addUnknownKey(loading, full, fault.key)
    case 'label_name':
      return addLabelNameFault(loading, full, fault)
    case 'value': {
      const subject = [full.name, ...fault.path].map((step) => shown(step)).join('.')
      const node = findNodeAtLocation(full.node, [...fault.path])
      if (node !== undefined) return addValueFault(loading, { subject, node }, fault)
      return addFault(loading, full.node, { message: `${subject} is missing; expected ${fault.expected}` })
    }
  }
}

type FaultAt<K extends FormFault['kind']> = Extract<FormFault, { kind: K }>

function addLabelNameFault(loading: Loading, full: Full, fault: FaultAt<'label_name'>): void {
  const { path, expected, hint } = fault
  const message = `${quoted(path.at(-1) ?? '')} is no label of ${full.name}; expected ${expected}`
  addFault(loading, keyNodeAt(full.node, path), { message, hint })
}

function addValueFault(
  loading: Loading,
  at: { readonly subject: string; readonly node: Node },
  { expected, hint }: FaultAt<'value'>,
): void {
  const isQuotedNumber = at.node.type === 'string' && hint?.includes('without quotes') === true
  const found = `${source(loading, at.node)}${isQuotedNumber ? ', which is a string' : ''}`
  addFault(loading, at.node, { message: `${at.subject} is ${found}; expected ${expected}`, hint })
}

function addUnknownKey(loading: Loading, full: Full, key: string): void {
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
