// A chart of one curve as SVG: memory on the left, CPU on the right, over the same axis. Pure.

import type { Point } from './points.ts'

const width = 760
const height = 260
const panel = { width: 290, height: 160, top: 36 } as const
const colour = '#1f6feb'
const gridLines = 4

export function chartOf(axis: string, points: readonly Point[]): string {
  const sorted = points.toSorted((a, b) => a.value - b.value)
  const memory = sorted.map(({ value, memoryMb }) => ({ x: value, y: memoryMb }))
  const cpu = sorted.map(({ value, cpuPercent }) => ({ x: value, y: cpuPercent }))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
      `font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...panelOf(memory, { title: 'memory, MB', axis, left: 56 }),
    ...panelOf(cpu, { title: 'CPU, % of a core', axis, left: 436 }),
    '</svg>',
    '',
  ].join('\n')
}

type Dot = { readonly x: number; readonly y: number }
type Panel = { readonly title: string; readonly axis: string; readonly left: number }

function panelOf(dots: readonly Dot[], { title, axis, left }: Panel): string[] {
  const mostX = roundUp(Math.max(...dots.map(({ x }) => x)))
  const mostY = roundUp(Math.max(...dots.map(({ y }) => y)))
  const bottom = panel.top + panel.height
  const across = (x: number) => rounded(left + (panel.width * x) / mostX)
  const up = (y: number) => rounded(bottom - (panel.height * y) / mostY)
  const middle = left + panel.width / 2
  const line = dots.map(({ x, y }) => `${across(x)},${up(y)}`).join(' ')
  return [
    text(title, { x: left, y: panel.top - 14, anchor: 'start' }),
    ...steps(mostY).flatMap((y) => [
      `<path d="M${left} ${up(y)}h${panel.width}" stroke="#d0d7de"/>`,
      text(numberText(y), { x: left - 6, y: up(y) + 4, anchor: 'end' }),
    ]),
    ...steps(mostX).map((x) => text(numberText(x), { x: across(x), y: bottom + 16, anchor: 'middle' })),
    text(axis, { x: middle, y: bottom + 36, anchor: 'middle' }),
    `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
    ...dots.map(({ x, y }) => `<circle cx="${across(x)}" cy="${up(y)}" r="2.5" fill="${colour}"/>`),
  ]
}

/** From 0 to the end of an axis. */
function steps(most: number): number[] {
  return Array.from({ length: gridLines + 1 }, (_, index) => (most * index) / gridLines)
}

/** The next of 1, 2, 4, 6, 8, 10 times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const factor = [1, 2, 4, 6, 8, 10].find((step) => step * power >= value) ?? 10
  return factor * power
}

function numberText(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 2 })
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}

type Place = { readonly x: number; readonly y: number; readonly anchor: 'start' | 'middle' | 'end' }

function text(content: string, { x, y, anchor }: Place): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#24292f">${content}</text>`
}
