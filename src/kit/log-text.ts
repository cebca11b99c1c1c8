// The two forms of a log line. Pretty: one line a record for people. JSON: as it came. Both make harmless
// what a database may have put into its words: control characters that move cursors, and marks that turn
// text around.

import { styleText } from 'node:util'
import type { prettyFactory } from 'pino-pretty'

const levelColors: ReadonlyMap<string, 'gray' | 'green' | 'yellow' | 'red'> = new Map([
  ['DEBUG', 'gray'],
  ['INFO', 'green'],
  ['WARN', 'yellow'],
  ['ERROR', 'red'],
])

/** Turns a JSON line into what is written, line feed included. */
export type LineForm = (jsonLine: string) => string

const lineBreaks = /\r\n|[\n\r\u0085\u2028\u2029]/g
// C0 and C1 controls, DEL, and the characters that change the direction of what follows.
const harmful = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/** JSON may escape any character, so the value stays what it was. */
export const jsonForm: LineForm = (jsonLine) => `${jsonLine.trimEnd().replace(harmful, unicodeEscape)}\n`

/**
 * `2026-01-02 03:04:05.678 | WARN     | show_locks - failed: …` in local time; lines about the service
 * say rowtail.
 */
export function prettyFormOf(factory: typeof prettyFactory, hasColors: boolean): LineForm {
  return factory({
    colorize: false, // pino-pretty would paint the whole line in one colour
    hideObject: true,
    ignore: 'time,level,pid,hostname,name,caller', // it would write them before the line
    messageFormat: ({ time, level, metric, msg }) => {
      const label = textOf(level).toUpperCase().padEnd(8)
      const who = oneLine(metric === undefined ? 'rowtail' : textOf(metric))
      const shownLevel = hasColors ? painted(label) : label
      return `${localTime(textOf(time))} | ${shownLevel} | ${who} - ${oneLine(textOf(msg))}`
    },
  })
}

/** The text in one line: breaks are shown as ⏎, other control characters by their number. */
export function oneLine(text: string): string {
  return text.trimEnd().replace(lineBreaks, ' ⏎ ').replace(/\t/g, ' ').replace(harmful, unicodeEscape)
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function localTime(iso: string): string {
  const at = new Date(iso)
  const pad = (value: number, digits = 2) => String(value).padStart(digits, '0')
  const day = [at.getFullYear(), pad(at.getMonth() + 1), pad(at.getDate())].join('-')
  const time = [pad(at.getHours()), pad(at.getMinutes()), pad(at.getSeconds())].join(':')
  return `${day} ${time}.${pad(at.getMilliseconds(), 3)}`
}

function painted(label: string): string {
  return styleText(levelColors.get(label.trimEnd()) ?? 'reset', label, { validateStream: false })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
