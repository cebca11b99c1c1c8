// The part of LogQL that first steps need: selectors, line filters, `| json`, label filters, and
// count_over_time or rate of those, summed or not. All else is refused with Loki's 400, saying what is known.

import { Rejection } from './rejection.ts'

export type Labels = ReadonlyMap<string, string>
export type Matcher = (labels: Labels) => boolean

/** An entry on its way through the stages: its labels are the stream's, its metadata, and what was parsed. */
export type Row = { readonly line: string; readonly labels: Labels; readonly parsed: Labels }
/** Undefined where the row is left out. */
export type Stage = (row: Row) => Row | undefined

export type LogQuery = {
  readonly kind: 'logs'
  readonly matches: Matcher
  readonly stages: readonly Stage[]
}
export type CountQuery = {
  readonly kind: 'count'
  readonly logs: LogQuery
  readonly rangeNs: bigint
  readonly isRate: boolean
  /** Labels that are summed by; undefined: no sum. */
  readonly by: readonly string[] | undefined
}
/** `vector(1)+vector(1)`, by which Grafana tries a data source. */
export type ConstantQuery = { readonly kind: 'constant'; readonly value: number }
export type Query = LogQuery | CountQuery | ConstantQuery

const known = 'known here: {selector}, |= != |~ !~, | json, | label="x", sum by (…) (count_over_time(… [1m]))'
const unitNs = { ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n }

export function parseQuery(text: string): Query {
  if (/^\s*vector\(1\)\s*\+\s*vector\(1\)\s*$/.test(text)) return { kind: 'constant', value: 2 }
  const scanner = new Scanner(text)
  const query = /^\s*(sum|count_over_time|rate)\b/.test(text) ? countOf(scanner) : logsOf(scanner)
  scanner.end()
  return query
}

/** `{a="b", c=~"d.*", e!="f", g!~"h"}` alone. */
export function parseSelector(text: string): Matcher {
  const scanner = new Scanner(text)
  const matches = selectorOf(scanner)
  scanner.end()
  return matches
}

function countOf(scanner: Scanner): CountQuery {
  if (!scanner.has(/sum\b/y)) return countOverTimeOf(scanner, undefined)
  const before = groupingOf(scanner)
  scanner.need(/\(/y)
  const count = countOverTimeOf(scanner, undefined)
  scanner.need(/\)/y)
  return { ...count, by: before ?? groupingOf(scanner) ?? [] }
}

function groupingOf(scanner: Scanner): string[] | undefined {
  if (!scanner.has(/by\b/y)) return undefined
  const [, names = ''] = scanner.need(/\(([^)]*)\)/y)
  return names.split(',').map((name) => name.trim())
}

function countOverTimeOf(scanner: Scanner, by: CountQuery['by']): CountQuery {
  const [, name] = scanner.need(/(count_over_time|rate)\s*\(/y)
  const logs = logsOf(scanner)
  const [, amount = '', unit = ''] = scanner.need(/\[\s*(\d+)(ms|s|m|h)\s*\]\s*\)/y)
  const rangeNs = BigInt(amount) * unitNs[unit as keyof typeof unitNs] // the pattern takes no other
  if (rangeNs === 0n) throw scanner.fault('a range of nothing')
  return { kind: 'count', logs, rangeNs, isRate: name === 'rate', by }
}

function logsOf(scanner: Scanner): LogQuery {
  const matches = selectorOf(scanner)
  const stages: Stage[] = []
  for (let stage = stageOf(scanner); stage !== undefined; stage = stageOf(scanner)) stages.push(stage)
  return { kind: 'logs', matches, stages }
}

function selectorOf(scanner: Scanner): Matcher {
  const matchers: Matcher[] = []
  scanner.need(/\{/y)
  while (!scanner.has(/\}/y)) {
    const [, name = '', operator = ''] = scanner.need(/([a-zA-Z_]\w*)\s*(=~|!~|!=|=)/y)
    const test = textTest(operator, scanner.text())
    matchers.push((labels) => test(labels.get(name) ?? ''))
    if (!scanner.has(/,/y) && !scanner.sees(/\}/y)) throw scanner.fault('no , or } after a matcher')
  }
  if (matchers.every((matches) => matches(new Map()))) {
    throw new Rejection(
      400,
      'parse error : queries require at least one regexp or equality matcher that does not have an ' +
        'empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will',
    )
  }
  return (labels) => matchers.every((matches) => matches(labels))
}

function stageOf(scanner: Scanner): Stage | undefined {
  const filter = scanner.has(/\|=|\|~|!=|!~/y)?.[0]
  if (filter !== undefined) return lineFilter(filter, scanner.text())
  if (!scanner.has(/\|/y)) return undefined
  if (scanner.has(/json\b/y)) return withJson
  const [, name = '', operator = ''] = scanner.need(/([a-zA-Z_]\w*)\s*(=~|!~|!=|==|=|>=|<=|>|<)/y)
  const number = scanner.has(/-?\d+(?:\.\d+)?/y)?.[0]
  const test =
    number === undefined ? textTest(operator, scanner.text()) : numberTest(operator, Number(number))
  return (row) => (test(row.parsed.get(name) ?? row.labels.get(name) ?? '') ? row : undefined)
}

function lineFilter(operator: string, value: string): Stage {
  const expression = operator.endsWith('~') ? expressionOf(value) : undefined
  const wanted = operator.startsWith('|')
  return (row) => ((expression?.test(row.line) ?? row.line.includes(value)) === wanted ? row : undefined)
}

/** Regular expressions match whole labels, but any part of a line. */
function textTest(operator: string, value: string): (text: string) => boolean {
  const wanted = !operator.startsWith('!')
  if (!operator.endsWith('~')) return (text) => (text === value) === wanted
  const expression = expressionOf(`^(?:${value})$`)
  return (text) => expression.test(text) === wanted
}

/** Go's flags for the rest of a pattern, `(?i)x`, are written `(?i:x)` here. */
function expressionOf(source: string): RegExp {
  try {
    return new RegExp(source.replace(/\(\?([ims]+)\)([^)]*)/, '(?$1:$2)'), 's')
  } catch {
    throw new Rejection(400, `parse error : error parsing regexp: ${source}`)
  }
}

function numberTest(operator: string, value: number): (text: string) => boolean {
  return (text) => {
    if (text === '' || Number.isNaN(Number(text))) return false
    const number = Number(text)
    if (operator === '>') return number > value
    if (operator === '>=') return number >= value
    if (operator === '<') return number < value
    if (operator === '<=') return number <= value
    return (number === value) === !operator.startsWith('!')
  }
}

/**
 * Members become labels, deeper ones joined by `_`; a name that the entry has already ends in `_extracted`.
 */
const withJson: Stage = (row) => {
  const parsed = new Map(row.parsed)
  try {
    addMembers(JSON.parse(row.line), '', (name, value) => {
      parsed.set(row.labels.has(name) ? `${name}_extracted` : name, value)
    })
  } catch {
    parsed.set('__error__', 'JSONParserErr')
  }
  return { ...row, parsed }
}

function addMembers(value: unknown, path: string, add: (name: string, value: string) => void): void {
  if (value === null || Array.isArray(value)) return
  if (typeof value !== 'object') return add(path, typeof value === 'string' ? value : JSON.stringify(value))
  for (const [name, member] of Object.entries(value)) {
    const plain = name.replaceAll(/[^a-zA-Z0-9_]/g, '_')
    addMembers(member, path === '' ? plain : `${path}_${plain}`, add)
  }
}

/** Reads a text from left to right; space between the parts means nothing. */
class Scanner {
  readonly #text: string
  #offset = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Passes what the sticky pattern matches here; undefined where it does not. */
  has(pattern: RegExp): RegExpExecArray | undefined {
    const match = this.#match(pattern)
    if (match !== undefined) this.#offset = pattern.lastIndex
    return match
  }

  sees(pattern: RegExp): boolean {
    return this.#match(pattern) !== undefined
  }

  need(pattern: RegExp): RegExpExecArray {
    const match = this.has(pattern)
    if (match === undefined) throw this.fault('unexpected here')
    return match
  }

  /** A quoted text, or one in backticks. */
  text(): string {
    const [quoted] = this.need(/"(?:[^"\\]|\\.)*"|`[^`]*`/y)
    if (quoted.startsWith('`')) return quoted.slice(1, -1)
    try {
      return String(JSON.parse(quoted.replace(/\\x([0-9a-fA-F]{2})/g, '\\u00$1')))
    } catch {
      throw this.fault(`${quoted} is no text`)
    }
  }

  end(): void {
    this.has(/\s*/y)
    if (this.#offset < this.#text.length) throw this.fault('unexpected here')
  }

  fault(why: string): Rejection {
    const rest = this.#text.slice(this.#offset, this.#offset + 40)
    const at = `at line 1, col ${this.#offset + 1}`
    return new Rejection(400, `parse error ${at}: syntax error: ${why}: ${JSON.stringify(rest)}; ${known}`)
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    const space = /\s*/y
    space.lastIndex = this.#offset
    space.exec(this.#text)
    pattern.lastIndex = space.lastIndex
    return pattern.exec(this.#text) ?? undefined
  }
}
