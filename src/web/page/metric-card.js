// One metric: its state in a word, a shape and a colour, its last run and next tick, what waits and what is
// sent, its last runs as charts, what is wrong and what to do, its latest rows. Made once; then only what
// changes is touched.

import { createShape, element, setAttribute, setItems, setText } from './elements.js'
import { createRowTable } from './row-table.js'
import { createSparklines, maxRuns } from './sparkline.js'
import {
  agoText,
  bytesText,
  countOf,
  countText,
  droppedTexts,
  durationText,
  errorText,
  rateText,
  stateOf,
} from './words.js'

/** @import { MetricStatus } from '../../core/status-metric.ts' */
/** @import { LatestRows, MetricNews, RecentRun } from '../recent.ts' */

/** @param {string} name */
export function cardId(name) {
  return `metric-${encodeURIComponent(name)}`
}

/** @param {string} name */
export function createMetricCard(name) {
  const shape = createShape()
  const word = element('span', { class: 'state-word' })
  const title = element('h2', {}, [name])
  const schedule = element('p', { class: 'muted schedule' })
  const facts = createFacts(4)
  const trouble = element('ul', { class: 'trouble' })
  const before = element('p', { class: 'muted before' })
  const charts = createSparklines()
  const table = createRowTable()
  const root = element('article', { class: 'card', id: cardId(name), 'aria-label': name }, [
    element('header', {}, [title, element('p', { class: 'state' }, [shape.root, word])]),
    schedule,
    trouble,
    facts.root,
    charts.root,
    before,
    table.root,
  ])
  /** @type {RecentRun[]} */
  let runs = []
  /** @type {LatestRows | undefined} */
  let latest
  let sentRowsPerSecond = 0
  return {
    root,
    forget() {
      runs = []
      latest = undefined
    },
    /** @param {MetricNews} news */
    learn(news) {
      runs = [...runs, ...news.runs].slice(-maxRuns)
      latest = news.latestRows ?? latest
      sentRowsPerSecond = news.sentRowsPerSecond
    },
    /**
     * @param {MetricStatus} metric
     * @param {number} nowMs
     */
    update(metric, nowMs) {
      const state = stateOf(metric, nowMs)
      shape.set(state.tone)
      setText(word, state.word)
      setAttribute(root, 'data-tone', state.tone)
      setText(schedule, scheduleText(metric, nowMs))
      setItems(trouble, troubleOf(metric, { says: state.says, nowMs }))
      setText(before, earlierError(metric, nowMs))
      facts.set([
        lastRunFact(metric, nowMs),
        ['Success', successText(runs)],
        waitingFact(metric, nowMs),
        ['Sent', metric.isSending ? rateText(sentRowsPerSecond) : 'not sent'],
      ])
      charts.update(runs)
      table.update(latest, nowMs)
    },
  }
}

/** @typedef {readonly [name: string, value: string]} Fact */

/** @param {number} count */
function createFacts(count) {
  const pairs = Array.from({ length: count }, () => ({ name: element('dt'), value: element('dd') }))
  return {
    root: element(
      'dl',
      { class: 'facts' },
      pairs.map(({ name, value }) => element('div', {}, [name, value])),
    ),
    /** @param {readonly Fact[]} facts */
    set(facts) {
      pairs.forEach(({ name, value }, index) => {
        setText(name, facts[index]?.[0] ?? '')
        setText(value, facts[index]?.[1] ?? '')
      })
    },
  }
}

/**
 * @param {MetricStatus} metric
 * @param {number} nowMs
 */
function scheduleText({ state, intervalMs, nextMs, runningSinceMs }, nowMs) {
  if (state === 'draining') return 'no longer configured'
  const every = `every ${durationText(intervalMs)}`
  if (runningSinceMs !== undefined && nowMs - runningSinceMs >= 1_000) {
    return `${every} · runs for ${agoText(nowMs - runningSinceMs)}`
  }
  if (nextMs === undefined || state === 'login_refused') return every
  return nextMs - nowMs < 500 ? `${every} · next now` : `${every} · next in ${agoText(nextMs - nowMs)}`
}

/**
 * @param {MetricStatus} metric
 * @param {number} nowMs
 * @returns {Fact}
 */
function lastRunFact({ lastRun }, nowMs) {
  if (lastRun === undefined) return ['Last good run', 'none yet']
  const { rows, durationMs, atMs } = lastRun
  return [
    `Last good run, ${agoText(nowMs - atMs)} ago`,
    `${countOf(rows, 'row')} in ${durationText(durationMs)}`,
  ]
}

/** @param {readonly RecentRun[]} runs */
function successText(runs) {
  if (runs.length === 0) return 'no run yet'
  const good = runs.filter(({ rows }) => rows !== undefined).length
  return `${Math.floor((good / runs.length) * 100)}% of ${countOf(runs.length, 'run')}`
}

/**
 * @param {MetricStatus} metric
 * @param {number} nowMs
 * @returns {Fact}
 */
function waitingFact({ spool }, nowMs) {
  if (spool.rows === 0) return ['Waiting', 'nothing']
  const age = spool.oldestMs === undefined ? '' : `, oldest ${agoText(nowMs - spool.oldestMs)}`
  return [`Waiting${age}`, `${countOf(spool.rows, 'row')}, ${bytesText(spool.bytes)}`]
}

/**
 * What is wrong now.
 * @param {MetricStatus} metric
 * @param {{ says: string | undefined, nowMs: number }} now
 */
function troubleOf(metric, { says, nowMs }) {
  const { lastError, spoolError, pushError, lastRun, dropped, spool } = metric
  const texts = says === undefined ? [] : [says]
  if (lastError !== undefined && isCurrent(metric)) {
    texts.push(`${agoText(nowMs - lastError.atMs)} ago: ${errorText(lastError)}`)
  }
  if (spoolError !== undefined) texts.push(`Rows cannot be kept. ${errorText(spoolError)}`)
  if (pushError !== undefined) texts.push(`Its rows do not reach Loki. ${errorText(pushError)}`)
  if (lastRun?.isCut === true) texts.push('The last run had more rows than its bound; the rest was cut.')
  texts.push(...droppedTexts(dropped))
  if (spool.deadLetters > 0) {
    texts.push(`${countOf(spool.deadLetters, 'dead letter')}: Loki refused them for good; see spool ls.`)
  }
  return texts.map((text) => ({ text }))
}

/** @param {MetricStatus} metric */
function isCurrent({ state }) {
  return state === 'failing' || state === 'isolated' || state === 'stuck'
}

/**
 * @param {MetricStatus} metric
 * @param {number} nowMs
 */
function earlierError(metric, nowMs) {
  const { lastError, runs } = metric
  if (lastError === undefined || isCurrent(metric)) return ''
  const failed = runs.failed === 0 ? '' : ` (${countText(runs.failed)} failed since the start)`
  return `Last error ${agoText(nowMs - lastError.atMs)} ago${failed}: ${lastError.message}`
}
