// What a failed round leaves: the plan with its seed, the findings, all that rowtail wrote, copies of its
// spools at every end of a service, and what Loki had.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copySpools } from './spool-watch.ts'
import type { RoundResult } from './round.ts'

/** Of one kind in a JSON file; the copies of the spools hold all. */
const maxEntries = 50_000

/** The directory that now holds it all. */
export function keepEvidence({ plan, findings, records, subject }: RoundResult): string {
  const directory = mkdtempSync(join(tmpdir(), `rowtail-torture-failed-${plan.seed}-${plan.round}-`))
  const write = (name: string, content: unknown): void =>
    writeFileSync(join(directory, name), JSON.stringify(content, bounded, 2))
  write('plan.json', plan)
  write('findings.json', findings)
  for (const { spec, loki, promised, spool, polls } of records) {
    write(`${spec.name}.json`, { loki, promised, spool, polls: { ...polls, answered: [...polls.answered] } })
  }
  for (const [index, output] of subject.outputs.entries()) {
    writeFileSync(join(directory, `service-${index + 1}.log`), output)
  }
  mkdirSync(join(directory, 'spools'))
  copySpools(subject.copiesDirectory, join(directory, 'spools'))
  copySpools(subject.spoolDirectory, join(directory, 'spools', 'end'))
  return directory
}

function bounded(_key: string, value: unknown): unknown {
  if (!Array.isArray(value) || value.length <= maxEntries) return value
  const kept: unknown[] = value.slice(0, maxEntries)
  return [...kept, `and ${value.length - maxEntries} more`]
}
