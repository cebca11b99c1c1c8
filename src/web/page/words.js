// What the page says: states, numbers and times in words. Pure.

/** @import { MetricStatus } from '../../core/status-metric.ts' */
/** @import { ErrorReport } from '../../core/errors.ts' */
/** @import { Tone } from './elements.js' */

/** @type {Readonly<Record<MetricStatus['state'], { word: string, tone: Tone, says?: string }>>} */
const states = {
  ok: { word: 'ok', tone: 'good' },
  running: { word: 'running', tone: 'good' },
  waiting: { word: 'waiting', tone: 'idle', says: 'No run has ended yet.' },
  failing: { word: 'failing', tone: 'bad' },
  stuck: { word: 'stuck', tone: 'bad', says: 'Its worker does not answer and is being replaced.' },
  login_refused: {
    word: 'login refused',
    tone: 'bad',
    says: 'The database refuses the login, so nothing runs: many tries would lock the account.',
  },
  isolated: {
    word: 'isolated',
    tone: 'warn',
    says: 'Its query hung or crashed the driver, so it runs in a process of its own and harms no other.',
  },
  draining: {
    word: 'draining',
    tone: 'info',
    says: 'It is no longer configured; its last rows are on their way to Loki.',
  },
}

/** A run of less than a second is not worth a change of the word. */
const longRunMs = 1_000

/**
 * @param {MetricStatus} metric
 * @param {number} nowMs
 */
export function stateOf(metric, nowMs) {
  if (metric.state !== 'running') return states[metric.state]
  const isLong = nowMs - (metric.runningSinceMs ?? nowMs) >= longRunMs
  if (isLong) return states.running
  return metric.lastRun === undefined ? states.waiting : states.ok
}

const grouped = new Intl.NumberFormat('en-US')
const decimal = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })

/**
 * `1 row`, `1,204 rows`
 * @param {number} count
 * @param {string} noun
 */
export function countOf(count, noun) {
  return `${grouped.format(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** @param {number} count */
export function countText(count) {
  return grouped.format(count)
}

/** @param {number} rowsPerSecond */
export function rateText(rowsPerSecond) {
  return `${decimal.format(rowsPerSecond)} rows/s`
}

/** @param {number} bytes */
export function bytesText(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${decimal.format(bytes / 1024 ** power)} ${units[power] ?? ''}`
}

/**
 * As in the log: `40ms`, `4.2s`, `5m 12s`, `3h 4m`, `2d 3h`
 * @param {number} ms
 */
export function durationText(ms) {
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))}ms`
  if (ms < 59_950) return `${decimal.format(ms / 1_000)}s`
  if (ms < 3_599_500) return pairText(Math.round(ms / 1_000), { each: 60, units: ['m', 's'] })
  if (ms < 86_370_000) return pairText(Math.round(ms / 60_000), { each: 60, units: ['h', 'm'] })
  return pairText(Math.round(ms / 3_600_000), { each: 24, units: ['d', 'h'] })
}

/**
 * In whole seconds: what counts up or down beside the reader.
 * @param {number} ms
 */
export function agoText(ms) {
  return ms < 59_500 ? `${Math.max(0, Math.round(ms / 1_000))}s` : durationText(ms)
}

/**
 * @param {number} amount
 * @param {{ each: number, units: readonly [string, string] }} rule
 */
function pairText(amount, { each, units: [large, small] }) {
  const rest = amount % each
  const head = `${Math.floor(amount / each)}${large}`
  return rest === 0 ? head : `${head} ${rest}${small}`
}

const maxSaidLength = 300

/**
 * What happened, in the other side's words too, and what to do.
 * @param {ErrorReport} error
 */
export function errorText({ message, said, hint }) {
  const words = said === undefined ? '' : ` It said: ${said.slice(0, maxSaidLength)}`
  return `${message}${words}${hint === undefined ? '' : `\nWhat to do: ${hint}`}`
}

/** @type {Readonly<Record<string, string>>} */
const dropWords = {
  spool_full: 'its spool was full',
  spool_total: 'all spools together were full',
  disk_low: 'the disk was nearly full',
  spool_damaged: 'its spool was damaged',
  dead_letters_full: 'there was no room for more dead letters',
}

/** @param {MetricStatus['dropped']} dropped */
export function droppedTexts(dropped) {
  return Object.entries(dropped).map(
    ([reason, rows]) => `${countOf(rows, 'row')} dropped: ${dropWords[reason] ?? reason}.`,
  )
}
