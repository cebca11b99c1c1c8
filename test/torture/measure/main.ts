// `npm run torture -- --measure [part…]`: the figures of docs/measured.md, from the real program and real
// servers, all parts or those that are named. `--results` keeps them and writes the page anew; `--short` is
// for trying a part. Exits with 1 where a bound is not met.

import { parseArgs } from 'node:util'
import { argumentsOrExit } from '../../support/arguments.ts'
import { type Extent, isMet, type Measured } from './figures.ts'
import { measureHandles } from './handles.ts'
import { measureLateness } from './lateness.ts'
import { measureMainThread } from './main-thread.ts'
import { measureMemory } from './memory.ts'
import { measurePacing } from './pacing.ts'
import { keep, type Result, resultOf, textOf } from './results.ts'
import { measureStorms } from './storms.ts'

const parts: ReadonlyMap<string, (extent: Extent) => Promise<Measured>> = new Map([
  ['pacing', measurePacing],
  ['lateness', measureLateness],
  ['main-thread', measureMainThread],
  ['memory', measureMemory],
  ['storms', measureStorms],
  ['handles', measureHandles],
])

const { values, names } = argumentsOrExit(readArguments)
const isAllMet = await measureAll(names)
process.exit(isAllMet ? 0 : 1)

function readArguments() {
  const { values, positionals } = parseArgs({
    options: { results: { type: 'boolean', default: false }, short: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const unknown = positionals.find((name) => !parts.has(name))
  if (unknown !== undefined) throw new Error(`${unknown}: one of ${[...parts.keys()].join(', ')}`)
  return { values, names: positionals.length === 0 ? [...parts.keys()] : positionals }
}

async function measureAll(names: readonly string[]): Promise<boolean> {
  const results: Result[] = []
  for (const name of names) {
    const result = await measureOne(name)
    if (result !== undefined) results.push(result)
  }
  if (values.results) keep(results)
  const isMetByAll = results.every(({ figures }) => figures.every(isMet))
  return isMetByAll && results.length === names.length
}

/** A part that cannot be measured costs its own figures only. */
async function measureOne(name: string): Promise<Result | undefined> {
  const begunMs = performance.now()
  say(`${name} …`)
  try {
    const measured = await parts.get(name)?.({ isShort: values.short })
    if (measured === undefined) return undefined
    const result = resultOf(name, measured, process.env['TORTURE_COMMIT'] ?? 'unknown')
    for (const figure of result.figures) {
      say(`  ${figure.name}: ${textOf(figure.value, figure.unit)}${isMet(figure) ? '' : '  NOT MET'}`)
    }
    return result
  } catch (error) {
    say(`  NOT MEASURED: ${error instanceof Error ? error.message.slice(0, 2_000) : String(error)}`)
    return undefined
  } finally {
    say(`  ${((performance.now() - begunMs) / 1_000).toFixed(0)} s`)
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
