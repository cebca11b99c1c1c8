// The latest rows of a metric as a table; where there are many columns, or little room, each row as a list of
// names and values. Values are shown as they stand in the row: a number keeps every digit. Nothing is made
// while it is closed.

import { element, setText } from './elements.js'
import { agoText } from './words.js'

/** @import { LatestRows } from '../recent.ts' */

const maxColumns = 40
const maxValueLength = 200
/** With more columns a table is too wide to be read. */
const maxTableColumns = 6

export function createRowTable() {
  const note = element('p', { class: 'muted' }, ['No rows yet.'])
  const holder = element('div')
  const root = element('details', { class: 'rows' }, [element('summary', {}, ['Latest rows']), note, holder])
  /** @type {LatestRows | undefined} */
  let known
  /** @type {LatestRows | undefined} */
  let shown
  function show() {
    if (!root.hasAttribute('open') || known === undefined || known === shown) return
    shown = known
    holder.replaceChildren(...(known.lines.length === 0 ? [] : [tableOf(known.lines.map(cellsOf))]))
  }
  root.addEventListener('toggle', show)
  return {
    root,
    /**
     * @param {LatestRows | undefined} latest
     * @param {number} nowMs
     */
    update(latest, nowMs) {
      known = latest
      if (latest === undefined) return
      const count = latest.lines.length
      const what =
        count === 0 ? 'The last run had no rows' : `The last ${count === 1 ? 'row' : `${count} rows`}`
      setText(note, `${what}, ${agoText(nowMs - latest.atMs)} ago.`)
      show()
    },
  }
}

/** @param {readonly Map<string, string>[]} rows */
function tableOf(rows) {
  const columns = [...new Set(rows.flatMap((row) => [...row.keys()]))].slice(0, maxColumns)
  const head = element(
    'tr',
    {},
    columns.map((name) => element('th', { scope: 'col' }, [name])),
  )
  const body = rows.map((row) =>
    element(
      'tr',
      {},
      columns.map((name) => element('td', { 'data-column': name }, [row.get(name) ?? ''])),
    ),
  )
  const layout = columns.length > maxTableColumns ? 'rows-stacked' : 'rows-table'
  return element('table', { class: layout }, [element('thead', {}, [head]), element('tbody', {}, body)])
}

/**
 * What is no whole JSON object (a row that was cut) is one cell.
 * @param {string} line
 * @returns {Map<string, string>}
 */
function cellsOf(line) {
  try {
    const parsed = JSON.parse(line, withDigits)
    if (typeof parsed === 'object' && parsed !== null) {
      return new Map(Object.entries(parsed).map(([name, value]) => [name, textOf(value)]))
    }
  } catch {
    // shown as it is
  }
  return new Map([['row', shortened(line)]])
}

/**
 * Numbers as they are written, where the browser tells.
 * @param {string} _key
 * @param {unknown} value
 * @param {{ source?: string }} [context]
 */
function withDigits(_key, value, context) {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value
}

/** @param {unknown} value */
function textOf(value) {
  if (value === null) return 'null'
  return shortened(typeof value === 'string' ? value : JSON.stringify(value))
}

/** @param {string} text */
function shortened(text) {
  return text.length > maxValueLength ? `${text.slice(0, maxValueLength)}…` : text
}
