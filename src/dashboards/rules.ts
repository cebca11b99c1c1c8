// The shipped alerts, fitted to one configuration: only those whose metrics it has, for its database alone,
// and with windows that hold some runs of what they watch. The files' comments and form stay.

import { type Document, parseDocument } from 'yaml'
import { formatDuration, parseDurationMs } from '../core/duration.ts'
import type { Metric } from '../core/metric.ts'
import type { Scope } from './scope.ts'

/** Fewer runs in a window, and one that comes late looks like none. */
const runsPerWindow = 3

type Rule = {
  readonly alert: string
  readonly expr: string
  readonly annotations: Readonly<Record<string, string>>
}

type Rules = { readonly groups: readonly { readonly rules: readonly Rule[] }[] }

/** The fitted file; undefined where none of its alerts has a metric here. */
export function fittedRules(text: string, metrics: readonly Metric[], scope: Scope): string | undefined {
  const document = parseDocument(text)
  const { groups } = document.toJS() as Rules // a file of our own, whose form a test holds
  const placed = groups.flatMap(({ rules }, group) =>
    rules.map((rule, index) => ({ rule, path: ['groups', group, 'rules', index] })),
  )
  const isKept = ({ rule }: { rule: Rule }) =>
    namesIn(rule).every((name) => metrics.some((metric) => metric.send && metric.name === name))
  const kept = placed.filter(isKept)
  for (const { rule, path } of kept) fit(document, path, { rule, metrics, scope })
  // From behind: what is deleted moves what follows it.
  for (const one of placed.toReversed()) if (!isKept(one)) document.deleteIn(one.path)
  return kept.length === 0 ? undefined : document.toString({ lineWidth: 120 })
}

/** The metrics that a rule is about; none is about all of them. */
function namesIn({ expr }: Rule): string[] {
  return [...expr.matchAll(/\b(?:job|metric)="([^"]+)"/g)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'rowtail' && name !== 'rowtail_log')
}

type Fit = { readonly rule: Rule; readonly metrics: readonly Metric[]; readonly scope: Scope }

function fit(
  document: Document.Parsed,
  path: readonly (string | number)[],
  { rule, metrics, scope }: Fit,
): void {
  const leastMs = runsPerWindow * intervalMsOf(rule, metrics)
  const target = `{host=${JSON.stringify(scope.host)}, database=${JSON.stringify(scope.database)}, job=`
  const expr = widened(rule.expr, leastMs).replaceAll('{job=', target)
  document.setIn([...path, 'expr'], expr)
  for (const [name, text] of Object.entries(rule.annotations)) {
    const said = saidOf(text, rule, leastMs)
    if (said !== text) document.setIn([...path, 'annotations', name], said)
  }
}

/** Between two runs of what the rule watches: of one metric its own, of all of them the shortest. */
function intervalMsOf(rule: Rule, metrics: readonly Metric[]): number {
  const names = namesIn(rule)
  const intervals = metrics
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .map(({ intervalMs }) => intervalMs)
  return names.length === 0 ? Math.min(...intervals) : Math.max(...intervals)
}

function widened(expr: string, leastMs: number): string {
  return expr.replaceAll(/\[(\d+[smhd])\]/g, (window, text: string) => {
    return (parseDurationMs(text) ?? 0) < leastMs ? `[${formatDuration(leastMs)}]` : window
  })
}

/** Windows that the texts name, in their words. */
const spokenWindows = { '10m': 'ten minutes', '1h': 'hour' } as const

/** The same text, where it names a window that is wider now. */
function saidOf(text: string, { expr }: Rule, leastMs: number): string {
  return Object.entries(spokenWindows).reduce((said, [window, words]) => {
    const isWider = expr.includes(`[${window}]`) && (parseDurationMs(window) ?? 0) < leastMs
    return isWider ? said.replaceAll(words, formatDuration(leastMs)) : said
  }, text)
}
