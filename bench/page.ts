// RESULTS.md from the kept samples: the goals first, then a table for each work, and the curves. Pure.

import { curves } from './curves/points.ts'
import { figures, type FigureName, textOf } from './figures.ts'
import { type Goal, goals, goalStands } from './goals.ts'
import type { KeptSample } from './results.ts'
import { lostRows, spreadOf } from './samples.ts'
import { titleOf } from './titles.ts'
import type { SubjectName, Work } from './work.ts'
import { works } from './works/registry.ts'

const head = `# Results

Written by \`npm run bench\` from \`results.ndjson\`, never by hand; [README.md](README.md) says how it is
measured. Medians of several rounds, least and most in brackets; × is how many times as much as rowtail
that is, in the same run.
`

export function pageOf(samples: readonly KeptSample[]): string {
  const sections = works.flatMap((work) => {
    const own = samples.filter((sample) => sample.work === work.letter)
    return own.length === 0 ? [] : [sectionOf(work, own)]
  })
  return [head, goalsSection(samples), ...sections, curvesSection()].join('\n')
}

function curvesSection(): string {
  const images = curves.map(({ name, axis }) => `![Memory and CPU by ${axis}](curves/${name}.svg)`)
  const from =
    'Measured by `npm run bench -- --curves`; [docs/sizing.md](../docs/sizing.md) explains the knees.'
  return ['## How cost grows', '', from, '', ...images, ''].join('\n')
}

function goalsSection(samples: readonly KeptSample[]): string {
  const rows = goals.map((goal) => `| ${goal.title} | ${goal.wanted} | ${standOf(goal, samples)} |`)
  return ['## Goals', '', '| figure | goal | measured | |', '| --- | --- | --- | --- |', ...rows, ''].join(
    '\n',
  )
}

function standOf(goal: Goal, samples: readonly KeptSample[]): string {
  const stand = goalStands(goal, samples)
  if (stand === undefined) return 'not measured | '
  const verdict = stand.isMet ? 'met' : `**not met** ([why](../docs/decisions/${goal.decision}.md))`
  return `${stand.text} | ${verdict}`
}

function sectionOf(work: Work, samples: readonly KeptSample[]): string {
  const { letter, title, what } = work
  const subjects = work.subjects.filter((name) => samples.some(({ subject }) => subject === name))
  const columns = work.figures.map((name) => figures[name].title)
  const rows = subjects.map((subject) => {
    const cells = work.figures.map((figure) => cellOf(samples, subject, figure))
    return `| ${[titleOf(subject), ...cells, rowsCell(samples, subject)].join(' | ')} |`
  })
  return [
    `## (${letter}) ${title}`,
    '',
    what,
    '',
    originsOf(samples),
    '',
    `| | ${columns.join(' | ')} | rows in Loki |`,
    `| ${[...columns, '', ''].map(() => '---').join(' | ')} |`,
    ...rows,
    ...failuresOf(samples),
    '',
  ].join('\n')
}

function cellOf(samples: readonly KeptSample[], subject: SubjectName, figure: FigureName): string {
  const spread = spreadOf(samples, subject, figure)
  if (spread === undefined) return '–'
  const { unit } = figures[figure]
  const { median, least, most } = spread
  const range = spread.rounds > 1 ? ` (${textOf(least, unit)} to ${textOf(most, unit)})` : ''
  return `${textOf(median, unit)}${range}${ratioOf(samples, subject, { figure, median })}`
}

function ratioOf(
  samples: readonly KeptSample[],
  subject: SubjectName,
  { figure, median }: { readonly figure: FigureName; readonly median: number },
): string {
  const own = spreadOf(samples, 'rowtail', figure)?.median
  if (subject === 'rowtail' || own === undefined || own === 0) return ''
  return `, ${(median / own).toFixed(2)} ×`
}

function rowsCell(samples: readonly KeptSample[], subject: SubjectName): string {
  const { lost, asked } = lostRows(samples, subject)
  if (asked === 0) return '–'
  const total = asked.toLocaleString('en')
  return lost === 0 ? `all ${total}` : `**${lost.toLocaleString('en')} of ${total} missing**`
}

function originsOf(samples: readonly KeptSample[]): string {
  const texts = samples.map(({ origin }) => `${origin.date}, commit ${origin.commit}, ${origin.machine}.`)
  return [...new Set(texts)].join('\n')
}

function failuresOf(samples: readonly KeptSample[]): string[] {
  const failed = samples.flatMap(({ subject, round, failure }) =>
    failure === undefined ? [] : [`${titleOf(subject)}, round ${round}: ${failure.split('\n')[0]}`],
  )
  return failed.length === 0 ? [] : ['', ...failed]
}
