// Each kind of goal at its bound and one past it.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { FigureName } from '../../bench/figures.ts'
import { goals, goalStands } from '../../bench/goals.ts'
import type { Sample } from '../../bench/samples.ts'
import type { SubjectName } from '../../bench/work.ts'

type Value = readonly [work: string, subject: SubjectName, figure: FigureName, value: number]

function standOf(title: string, ...values: readonly Value[]) {
  const goal = goals.find((goal) => goal.title.startsWith(title))
  if (goal === undefined) throw new Error(`there is no goal "${title}"`)
  const samples = values.map(
    ([work, subject, figure, value]): Sample => ({ work, round: 1, subject, figures: { [figure]: value } }),
  )
  return goalStands(goal, samples)
}

it.each(goals)('$title: a page tells where its figure comes from', ({ decision }) => {
  expect(existsSync(join('docs/decisions', `${decision}.md`))).toBe(true)
})

it('a share of a peer is met at its bound and not one past it', () => {
  const telegraf: Value = ['a', 'telegraf', 'cpuPerRowUs', 100]
  expect(standOf('CPU a row', ['a', 'rowtail', 'cpuPerRowUs', 60], telegraf)).toEqual({
    text: '0.60 ×',
    isMet: true,
  })
  expect(standOf('CPU a row', ['a', 'rowtail', 'cpuPerRowUs', 61], telegraf)).toMatchObject({ isMet: false })
})

it('a share that is to be large is met at its bound and not one below', () => {
  const bare: Value = ['d', 'bare-fetch', 'rowsPerSecond', 1_000]
  expect(standOf('rows a second', ['d', 'rowtail', 'rowsPerSecond', 800], bare)).toMatchObject({
    isMet: true,
  })
  expect(standOf('rows a second', ['d', 'rowtail', 'rowsPerSecond', 799], bare)).toMatchObject({
    isMet: false,
  })
})

it('a most is met at its bound and not one past it', () => {
  expect(standOf('memory with', ['b', 'rowtail', 'memoryMb', 120])).toEqual({ text: '120 MB', isMet: true })
  expect(standOf('memory with', ['b', 'rowtail', 'memoryMb', 121])).toMatchObject({ isMet: false })
})

it('a delay may be 6 ms beyond the bare POST, and no more', () => {
  const bare: Value = ['b', 'bare-post', 'runDelayP99Ms', 10]
  expect(standOf('query end', ['b', 'rowtail', 'runDelayP99Ms', 16], bare)).toEqual({
    text: '16.0 ms, bare 10.0 ms',
    isMet: true,
  })
  expect(standOf('query end', ['b', 'rowtail', 'runDelayP99Ms', 17], bare)).toMatchObject({ isMet: false })
})

it('a drain is to be fast and without a further refusal', () => {
  const at = (percent: number, refused: number) =>
    standOf(
      'drain of 5 ',
      ['e', 'rowtail', 'drain5Percent', percent],
      ['e', 'rowtail', 'refused5Count', refused],
    )
  expect(at(90, 0)).toEqual({ text: '90.0 %, 0 × 429', isMet: true })
  expect(at(89, 0)).toMatchObject({ isMet: false })
  expect(at(99, 1)).toMatchObject({ isMet: false })
})

it('a goal is open while a figure that it needs is missing', () => {
  expect(standOf('CPU a row', ['a', 'rowtail', 'cpuPerRowUs', 1])).toBeUndefined()
})
