// `npm run bench -- --curves`: how rowtail's cost grows with metrics, rows, columns, width and backlog. All
// curves, or those of `--only metrics,rows`; each replaces its points and its chart. `--draw` only draws.

import { parseArgs } from 'node:util'
import { argumentsOrExit } from '../../test/support/arguments.ts'
import { listOf } from '../arguments.ts'
import { originOfRun } from '../results.ts'
import { onStage } from '../stage.ts'
import { backlogLoad, curveLoads } from './loads.ts'
import { measureBacklog, measurePoint } from './measure.ts'
import { curves, drawCharts, keepPoints, type Point } from './points.ts'

const { names, isOnlyDrawn } = argumentsOrExit(readArguments)
if (isOnlyDrawn) {
  drawCharts()
  process.exit(0)
}
for (const load of curveLoads.filter(({ name }) => names.includes(name))) {
  say(`${load.name}: ${load.what}`)
  const points = await onStage(async (stage) => {
    const measured: Point[] = []
    for (const value of load.values) {
      const point = await measurePoint(stage, load, value)
      say(`  ${textOfPoint(point)}`)
      measured.push(point)
    }
    return measured
  })
  keepPoints(load.name, points, originOfRun())
}
if (names.includes(backlogLoad.name)) {
  say(`${backlogLoad.name}: ${backlogLoad.what}`)
  const points = await onStage(measureBacklog)
  for (const point of points) say(`  ${textOfPoint(point)}`)
  keepPoints(backlogLoad.name, points, originOfRun())
}
process.exit(0)

function textOfPoint({ value, memoryMb, cpuPercent }: Point): string {
  return `${value.toFixed(0)}: ${memoryMb.toFixed(0)} MB, ${cpuPercent.toFixed(1)} % of a core`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function readArguments() {
  const known = curves.map(({ name }): string => name)
  const { values } = parseArgs({
    options: {
      curves: { type: 'boolean' },
      only: { type: 'string', default: known.join(',') },
      draw: { type: 'boolean', default: false },
    },
  })
  return { names: listOf('--only', values.only, known), isOnlyDrawn: values.draw }
}
