// The kept results: a line of results.ndjson for each turn, and the page that is written from them. A work
// that is played again replaces its lines; test/bench/results.test.ts compares page and lines.

import { readFileSync, writeFileSync } from 'node:fs'
import { machineName } from '../test/torture/measure/results.ts'
import { pageOf } from './page.ts'
import type { Sample } from './samples.ts'

export type Origin = { readonly date: string; readonly commit: string; readonly machine: string }
export type KeptSample = Sample & { readonly origin: Origin }

const resultsPath = 'bench/results.ndjson'
export const pagePath = 'bench/RESULTS.md'

export function keep(letter: string, samples: readonly Sample[]): void {
  const others = keptSamples().filter(({ work }) => work !== letter)
  const origin = originOfRun()
  const all = [...others, ...samples.map((sample) => ({ ...sample, origin }))]
  all.sort((a, b) => a.work.localeCompare(b.work)) // stable: rounds and subjects stay in their order
  writeFileSync(resultsPath, all.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
  writePage()
}

export function writePage(): void {
  writeFileSync(pagePath, pageOf(keptSamples()))
}

export function keptSamples(): KeptSample[] {
  const lines = readFileSync(resultsPath, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as KeptSample) // written above
}

export function originOfRun(): Origin {
  const commit = process.env['BENCH_COMMIT'] ?? 'unknown'
  return { date: new Date().toISOString().slice(0, 10), commit, machine: machineName() }
}
