// What a failed round prints, where nothing but the output may be left of it: the first findings, the plan,
// and the last words of rowtail that concern them. Bounded, whatever went wrong.

import type { Finding } from './ledger.ts'
import type { Plan } from './plan.ts'

const mostOfKind = 3
const mostMetrics = 6
const mostLogLines = 80
const longestLine = 320

type Failed = {
  readonly plan: Plan
  readonly findings: readonly Finding[]
  /** What each service wrote. */
  readonly outputs: readonly string[]
}

/** At most some hundred lines of at most 320 characters. */
export function digestOf({ plan, findings, outputs }: Failed): string[] {
  const { metrics, faults, ...rest } = plan
  const kinds = [...Map.groupBy(findings, ({ kind }) => kind).values()]
  const named = kinds.flatMap((some) => some.slice(0, mostOfKind)).map(({ kind, what }) => `${kind}: ${what}`)
  const concerned = metrics.filter(({ name }) => named.some((text) => text.includes(`${name}:`)))
  const planned = [rest, ...faults, ...(concerned.length > 0 ? concerned : metrics).slice(0, mostMetrics)]
  const words = lastWords(
    outputs,
    concerned.map(({ name }) => name),
  )
  const lines = [...named, 'plan:', ...planned.map((part) => JSON.stringify(part)), 'log:', ...words]
  return lines.map((line) => `  ${line.length > longestLine ? `${line.slice(0, longestLine)}…` : line}`)
}

/**
 * What is more than a detail: of the whole service, and of the metrics with findings, or of all where none is
 * named. What is no log line is a crash.
 */
function lastWords(outputs: readonly string[], concerned: readonly string[]): string[] {
  const isOther = (line: string): boolean =>
    concerned.length > 0 &&
    line.includes('"metric":') &&
    !concerned.some((name) => line.includes(`"${name}"`))
  return outputs
    .flatMap((output, index) => [`service ${index + 1}:`, ...output.split('\n').filter(Boolean)])
    .filter((line) => !line.includes('"level":"debug"') && !isOther(line))
    .slice(-mostLogLines)
}
