// What was measured, kept: a line of measured.ndjson for each part and time, and the page that is written
// from the last line of each part. `--measure --results` appends and writes; a test compares.

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { type Figure, isMet, type Measured, type Unit } from './figures.ts'

export type Result = Measured & {
  readonly part: string
  readonly date: string
  readonly commit: string
  readonly machine: string
}

const resultsPath = 'test/torture/measure/measured.ndjson'
export const pagePath = 'docs/measured.md'

export function resultOf(part: string, measured: Measured, commit: string): Result {
  const date = new Date().toISOString().slice(0, 10)
  return { part, date, commit, machine: machineName(), ...measured }
}

/** Appends the results and writes the page anew. */
export function keep(results: readonly Result[]): void {
  appendFileSync(resultsPath, results.map((result) => `${JSON.stringify(result)}\n`).join(''))
  writeFileSync(pagePath, pageOf(keptResults()))
}

/** The last result of each part, in the order in which parts were first measured. */
export function keptResults(): Result[] {
  const lines = readFileSync(resultsPath, 'utf8').split('\n').filter(Boolean)
  const results = lines.map((line) => JSON.parse(line) as Result) // written above
  return [...new Map(results.map((result) => [result.part, result])).values()]
}

export function pageOf(results: readonly Result[]): string {
  return [head, ...results.map(sectionOf)].join('\n')
}

const head = `# What was measured

Written by \`npm run torture -- --measure --results\` from \`${resultsPath}\`, never by hand.
One part alone: \`npm run torture -- --measure pacing\`. The real program, a real PostgreSQL, a real Loki with
its default limits; \`test/integration/pacing.test.ts\` and \`storms.test.ts\` hold the order of events.
`

function sectionOf({ part, what, figures, date, commit, machine }: Result): string {
  const rows = figures.map((figure) => {
    const { name, value, unit } = figure
    return `| ${name} | ${textOf(value, unit)} | ${boundOf(figure)} | ${verdictOf(figure)} |`
  })
  const title = `## ${part.charAt(0).toUpperCase()}${part.slice(1)}`
  const table = ['| | | bound | |', '| --- | --- | --- | --- |', ...rows]
  return [title, '', what, '', `${date}, commit ${commit}, ${machine}.`, '', ...table, ''].join('\n')
}

/** As the page shows it: three digits, counts whole. */
export function textOf(value: number, unit: Unit): string {
  if (unit === 'count') return Math.round(value).toLocaleString('en')
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return `${value.toFixed(digits)} ${unit}`
}

function boundOf({ bound, unit }: Figure): string {
  if (bound?.most !== undefined) return `≤ ${textOf(bound.most, unit)}`
  return bound?.least === undefined ? '' : `≥ ${textOf(bound.least, unit)}`
}

function verdictOf(figure: Figure): string {
  if (figure.bound === undefined) return ''
  return isMet(figure) ? 'met' : '**not met**'
}

/** Processor, kernel and Node, as a page of figures names the machine. */
export function machineName(): string {
  const [first] = cpus()
  const processor = `${cpus().length} × ${first?.model.trim() ?? 'unknown'}`
  return `${processor}, Linux ${release()}, Node ${process.version}`
}
