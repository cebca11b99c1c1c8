// What a failed round prints, where nothing but the output may be left of it: the first findings, the plan,
// and the last words of rowtail that concern them. Bounded, whatever went wrong.

import type { RoundResult } from './round.ts'

const mostFindings = 8
const mostLogLines = 80
const longestLine = 320

/** Lines of at most 320 characters, some hundred of them. */
export function digestOf({ plan, findings, subject }: RoundResult): string[] {
  const named = findings.slice(0, mostFindings).map(({ kind, what }) => `${kind}: ${what}`)
  const { metrics, faults, ...rest } = plan
  const planned = [rest, ...faults, ...metrics].map((part) => JSON.stringify(part))
  const concerned = metrics
    .map(({ name }) => name)
    .filter((name) => named.some((text) => text.includes(name)))
  const lines = [...named, 'plan:', ...planned, 'log:', ...lastWords(subject.outputs, concerned)]
  return lines.map((line) => `  ${line.length > longestLine ? `${line.slice(0, longestLine)}…` : line}`)
}

/** Of the whole service and of the metrics with findings, what is more than a detail; all of it where a
 * metric is not named. What is no log line is a crash. */
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
