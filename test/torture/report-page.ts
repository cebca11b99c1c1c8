// The part of docs/reliability.md that tells of the rounds that were run: a sentence about the commit that
// was tried last, a table of all batches, and what was made to happen. Pure.

import { roundsOf } from './dealing.ts'
import { addTo, emptySummary, type Summary } from './summary.ts'

const begin = '<!-- results: npm run torture -- --report -->'
const end = '<!-- end of results -->'

/** The page with its results; throws where it has no place for them. */
export function reported(page: string, lines: readonly Summary[]): string {
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`no lines ${begin} and ${end} in the page`)
  return [before, begin, '\n', resultsOf(lines), '\n', end, after].join('')
}

function resultsOf(lines: readonly Summary[]): string {
  const commit = lines.at(-1)?.commit ?? ''
  const batches = summed(lines, ({ commit, seed, scenario }) => `${commit} ${seed} ${scenario}`)
  const [latest] = summed(
    lines.filter((line) => line.commit === commit),
    () => commit,
  )
  if (latest === undefined) return 'No round was run yet.'
  const [all = latest] = summed(lines, () => 'all')
  const faults = byKind(all.faults).map(([kind, count]) => `${kind} ${figure(count)}`)
  return [
    sentenceOf(latest),
    '',
    ...tableOf(batches),
    '',
    `Faults by kind, all ${figure(all.rounds)} rounds: ${faults.join(', ')}.`,
  ].join('\n')
}

function sentenceOf(latest: Summary): string {
  const { rounds, commit, rows, runLines, lost, twice, otherFindings, restamped, deadLetters, dropped } =
    latest
  const faults = Object.values(latest.faults).reduce((sum, count) => sum + count, 0)
  const found = `lost ${figure(lost)}, twice ${figure(twice)}, other findings ${figure(otherFindings)}`
  const counts = `${figure(faults)} faults, ${figure(rows)} rows, ${figure(runLines)} run lines`
  const dead = `${figure(deadLetters)} dead letters, ${figure(dropped)} dropped`
  const told = `${figure(restamped)} restamped, ${dead}`
  const minutes = figure(Math.round(latest.seconds / 60))
  return `**${figure(rounds)} rounds at commit ${commit}: ${found}.** ${counts}; ${told}; ${minutes} minutes.`
}

const columns = [
  ['commit', ({ commit }) => commit],
  ['seed', ({ seed, scenario }) => (scenario === 'random' ? String(seed) : `${seed}, ${scenario}`)],
  ['rounds', ({ rounds, done }) => `${figure(rounds)} (${done})`],
  ['with findings', ({ failed }) => (failed === '' ? '0' : `${roundsOf(failed).length} (${failed})`)],
  ['rows', ({ rows }) => figure(rows)],
  ['run lines', ({ runLines }) => figure(runLines)],
  ['lost', ({ lost }) => figure(lost)],
  ['twice', ({ twice }) => figure(twice)],
  ['other findings', ({ otherFindings }) => figure(otherFindings)],
  ['restamped', ({ restamped }) => figure(restamped)],
  ['dead letters', ({ deadLetters }) => figure(deadLetters)],
  ['dropped', ({ dropped }) => figure(dropped)],
  ['minutes', ({ seconds }) => figure(Math.round(seconds / 60))],
] as const satisfies readonly (readonly [string, (line: Summary) => string])[]

function tableOf(batches: readonly Summary[]): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    row(columns.map(([name]) => name)),
    row(columns.map(() => '---')),
    ...batches.map((batch) => row(columns.map(([, cell]) => cell(batch)))),
  ]
}

/** `loki network: slow` counts as `loki network`; the most frequent first. */
function byKind(faults: Readonly<Record<string, number>>): [string, number][] {
  const kinds = new Map<string, number>()
  for (const [name, count] of Object.entries(faults)) {
    const [kind = name] = name.split(':')
    kinds.set(kind, (kinds.get(kind) ?? 0) + count)
  }
  return [...kinds].sort(([a, some], [b, others]) => others - some || a.localeCompare(b))
}

function summed(lines: readonly Summary[], groupOf: (line: Summary) => string): Summary[] {
  return [...Map.groupBy(lines, groupOf).values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const sum = emptySummary(first)
    for (const line of group) {
      addTo(sum, line)
      sum.seconds += line.seconds
    }
    return [sum]
  })
}

function figure(count: number): string {
  return count.toLocaleString('en-US')
}
