// The charts are drawn from the kept points.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { chartOf, roundUp } from '../../bench/curves/chart.ts'
import { chartPath, curves, keptPoints } from '../../bench/curves/points.ts'

it('every chart is what the kept points say', () => {
  const points = keptPoints()
  const drawn = curves.filter(({ name }) => points.some(({ curve }) => curve === name))
  const charts = drawn.map(({ name, axis }) =>
    chartOf(
      axis,
      points.filter(({ curve }) => curve === name),
    ),
  )
  expect(drawn.map(({ name }) => readFileSync(chartPath(name), 'utf8'))).toEqual(charts)
})

it('a chart has a dot for each point in each panel, and names its axes', () => {
  const points = [100, 1, 50].map((value) => ({ value, memoryMb: value * 2, cpuPercent: value / 10 }))
  const chart = chartOf('metrics', points)
  expect(chart.match(/<circle/g)).toHaveLength(6)
  expect(chart).toContain('>memory, MB</text>')
  expect(chart).toContain('>CPU, % of a core</text>')
  expect(chart.match(/>metrics<\/text>/g)).toHaveLength(2)
})

it.each([
  [0, 1],
  [1, 1],
  [1.01, 2],
  [100, 100],
  [101, 200],
  [830, 1_000],
])('an axis that has to hold %d ends at %d', (value, most) => expect(roundUp(value)).toBe(most))
