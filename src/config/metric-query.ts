// What a metric asks: its `query`, its `query_file`, or the function of SQreamDB that it is named after.
// Called by metric-entry for each metric; every fault goes to the loading.

import { dirname, resolve } from 'node:path'
import { findNodeAtLocation, type Node } from 'jsonc-parser'
import { didYouMean, quoted } from './fault.ts'
import type { Property } from './json-text.ts'
import { addFault, type FaultText, type Loading } from './loading.ts'
import { metricNameFault } from './metric-name.ts'
import { placeAt } from './place.ts'
import { type ReadText, readText } from './read-text.ts'
import { isSqreamFunction, queryOfFunction, sqreamFunctions } from './sqream-functions.ts'
import { shapeOf } from './statements.ts'
import { nearestName } from './suggest.ts'

export const maxQueryFileBytes = 1024 * 1024

/** The query that a metric runs, checked; undefined where there is none, which is a fault already told. */
export function queryOf(loading: Loading, entry: Property): string | undefined {
  const { key: name, keyNode, value } = entry
  const queryNode = memberOf(value, 'query')
  const fileNode = memberOf(value, 'query_file')
  if (queryNode !== undefined && fileNode !== undefined) {
    addFault(loading, fileNode, { message: `${name} has "query" and "query_file"; expected one of them` })
    return undefined
  }
  if (queryNode !== undefined) return inlineQuery(loading, name, queryNode)
  if (fileNode !== undefined) return queryOfFile(loading, name, fileNode)
  if (loading.isSqream && isSqreamFunction(name)) return queryOfFunction(name)
  if (metricNameFault(name) === undefined) addFault(loading, keyNode, missingQuery(loading, name))
  return undefined
}

function memberOf(value: Node | undefined, key: string): Node | undefined {
  return value?.type === 'object' ? findNodeAtLocation(value, [key]) : undefined
}

function missingQuery(loading: Loading, name: string): FaultText {
  if (!loading.isSqream) {
    const isFunction = isSqreamFunction(name)
    return {
      message: `${name} has no "query" and no "query_file"; expected one of them`,
      hint: isFunction ? 'Only a SQreamDB answers to that name alone, and this target is none.' : undefined,
    }
  }
  const nearest = nearestName(name, sqreamFunctions)
  const known = `SQreamDB offers ${sqreamFunctions.join(', ')}; any other metric needs a "query".`
  return {
    message: `${name} is no function that SQreamDB offers, and has no "query" or "query_file"`,
    hint: didYouMean(nearest) ?? known,
  }
}

function inlineQuery(loading: Loading, name: string, node: Node): string | undefined {
  if (node.type !== 'string') return undefined
  const query = String(node.value)
  checkStatements(loading, { subject: `${name}.query`, node, query })
  return query
}

function queryOfFile(loading: Loading, name: string, node: Node): string | undefined {
  const file = String(node.value)
  // Of another type, or empty: the schema has said so.
  if (node.type !== 'string' || file === '') return undefined
  const subject = `${name}.query_file`
  const read = readText(resolve(dirname(loading.path), file), maxQueryFileBytes)
  if (read.kind !== 'text') {
    addFault(loading, node, unreadableFile(`${subject} is ${quoted(file)}`, read))
    return undefined
  }
  if (shapeOf(read.text).kind === 'empty') {
    const message = `${subject} is ${quoted(file)}, which is empty; expected an SQL statement`
    addFault(loading, node, { message })
    return undefined
  }
  checkStatements(loading, { subject: `${subject} ${quoted(file)}`, node, query: read.text })
  return read.text
}

function unreadableFile(found: string, read: Exclude<ReadText, { kind: 'text' }>): FaultText {
  if (read.kind === 'unreadable') {
    const hint =
      read.reason === 'missing' ? 'It is looked for from the folder of the metrics file.' : read.hint
    return { message: `${found}, which ${read.problem}`, hint }
  }
  const { line, column } = read.place
  return { message: `${found}, which in line ${line}, column ${column} ${read.problem}`, hint: read.hint }
}

/**
 * SQream runs one statement a query; other databases may take several and answer with the first one's rows.
 */
function checkStatements(loading: Loading, asked: { subject: string; node: Node; query: string }): void {
  const shape = shapeOf(asked.query)
  if (shape.kind !== 'several') return
  const second = quoted(asked.query.slice(shape.offset, shape.offset + 200).trim())
  const message = `${asked.subject} has a second statement, ${second}; expected one`
  if (loading.isSqream) {
    addFault(loading, asked.node, { message, hint: 'Make a metric of each.' })
    return
  }
  const { line, column } = placeAt(loading.text, asked.node.offset)
  loading.warnings.push({
    code: 'config_invalid',
    message: `${loading.path}:${line}:${column} ${message}.`,
    hint: 'Only the rows of the first result are read: make a metric of each.',
  })
}
