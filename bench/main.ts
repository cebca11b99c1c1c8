// `npm run bench`, started by scripts/bench.mjs: plays works with contenders in turn, prints each turn, and
// keeps the results of works that were played whole. Exits with 1 where a contender could not be played.

import { argumentsOrExit } from '../test/support/arguments.ts'
import { readArguments } from './arguments.ts'
import { figures, textOf } from './figures.ts'
import { onStage } from './stage.ts'
import { keep, writePage } from './results.ts'
import type { Sample } from './samples.ts'
import type { SubjectName, Work } from './work.ts'
import { works } from './works/registry.ts'

const firstRoundOnly: ReadonlySet<SubjectName> = new Set([
  'winston-loki',
  'pino-loki',
  'push-per-row',
  'bare-post',
])

const letters = works.map(({ letter }) => letter)
const options = argumentsOrExit(() => readArguments(process.argv.slice(2), letters))
if (options.isPageOnly) {
  writePage()
  process.exit(0)
}
const chosen = works.filter(({ letter }) => options.only?.includes(letter) ?? true)
let isAllPlayed = true
for (const work of chosen) {
  const samples = await playWork(work)
  if (samples.some(({ failure }) => failure !== undefined)) isAllPlayed = false
  if (isWorthKeeping(work)) keep(work.letter, samples)
}
process.exit(isAllPlayed ? 0 : 1)

/** Ratios are of one run, so a part of the contenders replaces nothing. */
function isWorthKeeping({ subjects }: Work): boolean {
  return !options.isQuick && subjectsOf(subjects).length === subjects.length
}

function subjectsOf(subjects: readonly SubjectName[]): SubjectName[] {
  return subjects.filter((name) => name.startsWith('bare-') || options.peers.some((peer) => peer === name))
}

async function playWork(work: Work): Promise<Sample[]> {
  const { letter, title } = work
  const begunMs = performance.now()
  say(`(${letter}) ${title}: ${work.what}`)
  const samples: Sample[] = []
  await onStage(async (stage) => {
    for (const { round, subject } of turnsOf(work)) {
      const label = `${letter}-${round}-${subject}`
      const sample = await played(work, { round, subject }, () =>
        work.play({ stage, subject, label, isQuick: options.isQuick }),
      )
      say(`  ${round} ${subject}: ${textOfSample(sample)}`)
      samples.push(sample)
    }
  })
  say(`  ${((performance.now() - begunMs) / 1_000).toFixed(0)} s`)
  return samples
}

type Place = { readonly round: number; readonly subject: SubjectName }

/** Contenders in turn, round by round. */
function turnsOf({ subjects, rounds }: Work): Place[] {
  const count = options.isQuick ? 1 : (options.rounds ?? rounds)
  return Array.from({ length: count }, (_, index) => index + 1).flatMap((round) =>
    subjectsOf(subjects)
      .filter((subject) => round === 1 || !firstRoundOnly.has(subject))
      .map((subject) => ({ round, subject })),
  )
}

/** A contender that cannot be played costs its own figures only. */
async function played({ letter }: Work, at: Place, play: () => ReturnType<Work['play']>): Promise<Sample> {
  try {
    const sample = { work: letter, ...at, ...(await play()) }
    return options.isQuick ? smokeTested(sample) : sample
  } catch (error) {
    return { work: letter, ...at, figures: {}, failure: String(error).slice(0, 2_000) }
  }
}

/** A smoke test asks that rows came, of rowtail all, and looks at no time. */
function smokeTested(sample: Sample): Sample {
  const { asked, arrived } = sample.delivery ?? { asked: 1, arrived: 1 }
  const isWell = sample.subject === 'rowtail' ? arrived >= asked && asked > 0 : arrived > 0
  const result = { ...sample, figures: {} }
  return isWell ? result : { ...result, failure: `${arrived} of ${asked} rows arrived` }
}

function textOfSample({ figures: values, delivery, failure }: Sample): string {
  if (failure !== undefined) return `FAILED: ${failure}`
  const parts = Object.entries(values).map(([name, value]) => {
    const { title, unit } = figures[name as keyof typeof figures] // the sample's keys are names of figures
    return `${title} ${textOf(value, unit)}`
  })
  const rows = delivery === undefined ? [] : [`${delivery.arrived} of ${delivery.asked} rows in Loki`]
  return [...parts, ...rows].join(', ') || 'done'
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
