// Two small charts of a metric's last runs: how long each took, as bars, and how many rows it had, as a line.
// A run that failed is a hollow bar of full height and a gap in the line.

import { drawing, element, setAttribute, setText } from './elements.js'
import { countOf, countText, durationText } from './words.js'

/** @import { RecentRun } from '../recent.ts' */

export const maxRuns = 60
const slot = 4
const height = 32
const width = maxRuns * slot

export function createSparklines() {
  const durations = createChart('duration')
  const rows = createChart('rows')
  return {
    root: element('div', { class: 'sparklines' }, [durations.root, rows.root]),
    /** @param {readonly RecentRun[]} runs */
    update(runs) {
      const maxMs = Math.max(1, ...runs.map(({ durationMs }) => durationMs))
      durations.set({
        ok: bars(runs, maxMs),
        failed: failedBars(runs),
        caption: `duration${runs.length === 0 ? '' : `, up to ${durationText(maxMs)}`}`,
        label: labelOf(runs, `durations up to ${durationText(maxMs)}`),
      })
      const most = Math.max(0, ...runs.map(({ rows: count }) => count ?? 0))
      rows.set({
        ok: line(runs, most),
        failed: '',
        caption: `rows${runs.length === 0 ? '' : `, up to ${countText(most)}`}`,
        label: labelOf(runs, `up to ${countOf(most, 'row')}`),
      })
    },
  }
}

/** @param {'duration' | 'rows'} kind */
function createChart(kind) {
  const ok = drawing('path', { class: `chart-${kind}` })
  const failed = drawing('path', { class: 'chart-failed' })
  const box = { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img' }
  const svg = drawing('svg', box, [ok, failed])
  const caption = element('figcaption')
  return {
    root: element('figure', { class: 'chart' }, [svg, caption]),
    /** @param {{ ok: string, failed: string, caption: string, label: string }} shown */
    set(shown) {
      setAttribute(ok, 'd', shown.ok)
      setAttribute(failed, 'd', shown.failed)
      setAttribute(svg, 'aria-label', shown.label)
      setText(caption, shown.caption)
    },
  }
}

/**
 * @param {readonly RecentRun[]} runs
 * @param {string} what
 */
function labelOf(runs, what) {
  const failures = runs.filter(({ rows }) => rows === undefined).length
  return runs.length === 0
    ? 'no run yet'
    : `the last ${countOf(runs.length, 'run')}: ${what}, ${failures} failed`
}

/**
 * The newest run stands at the right edge.
 * @param {readonly RecentRun[]} runs
 * @param {number} index
 */
function leftOf(runs, index) {
  return width - (runs.length - index) * slot
}

/**
 * @param {readonly RecentRun[]} runs
 * @param {number} maxMs
 */
function bars(runs, maxMs) {
  return runs
    .map(({ durationMs, rows }, index) => {
      if (rows === undefined) return ''
      const top = height - Math.max(1, (durationMs / maxMs) * height)
      return `M${leftOf(runs, index)} ${height}V${top.toFixed(1)}h${slot - 1}V${height}Z`
    })
    .join('')
}

/** @param {readonly RecentRun[]} runs */
function failedBars(runs) {
  return runs
    .map(({ rows }, index) =>
      rows === undefined
        ? `M${leftOf(runs, index) + 0.5} ${height - 0.5}V0.5h${slot - 2}V${height - 0.5}Z`
        : '',
    )
    .join('')
}

/**
 * @param {readonly RecentRun[]} runs
 * @param {number} most
 */
function line(runs, most) {
  let isDown = false
  return runs
    .map(({ rows }, index) => {
      if (rows === undefined) {
        isDown = false
        return ''
      }
      const top = height - 2 - (most === 0 ? 0 : (rows / most) * (height - 4))
      const left = leftOf(runs, index)
      const step = `${isDown ? 'V' : `M${left} `}${top.toFixed(1)}h${slot}`
      isDown = true
      return step
    })
    .join('')
}
