// The points of all curves, kept: a line of points.ndjson each, and the charts that are drawn from them.
// A curve that is measured again replaces its points; test/bench/curves.test.ts compares charts and points.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Origin } from '../results.ts'
import { chartOf } from './chart.ts'
import { backlogLoad, curveLoads } from './loads.ts'

export type Point = { readonly value: number; readonly memoryMb: number; readonly cpuPercent: number }
export type KeptPoint = Point & { readonly curve: string; readonly origin: Origin }

const pointsPath = 'bench/curves/points.ndjson'
export const curves = [...curveLoads, backlogLoad]

export function keepPoints(curve: string, points: readonly Point[], origin: Origin): void {
  const others = keptPoints().filter((point) => point.curve !== curve)
  const all = [...others, ...points.map((point) => ({ curve, ...point, origin }))]
  writeFileSync(pointsPath, all.map((point) => `${JSON.stringify(point)}\n`).join(''))
  drawCharts()
}

export function drawCharts(): void {
  const points = keptPoints()
  for (const { name, axis } of curves) {
    const own = points.filter(({ curve }) => curve === name)
    if (own.length > 0) writeFileSync(chartPath(name), chartOf(axis, own))
  }
}

export function keptPoints(): KeptPoint[] {
  const lines = existsSync(pointsPath) ? readFileSync(pointsPath, 'utf8').split('\n').filter(Boolean) : []
  return lines.map((line) => JSON.parse(line) as KeptPoint) // written above
}

export function chartPath(name: string): string {
  return `bench/curves/${name}.svg`
}
