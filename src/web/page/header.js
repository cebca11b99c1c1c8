// The top of the page: in one line whether all is well, then database, Loki and spools, then everything that
// needs somebody, with a way to the metric.

import { createShape, element, setAttribute, setItems, setText } from './elements.js'
import { cardId } from './metric-card.js'
import { agoText, bytesText, countOf, errorText, rateText, stateOf } from './words.js'

/** @import { PageView } from '../page-view.ts' */
/** @import { Tone } from './elements.js' */

/** @typedef {{ nowMs: number, isConnected: boolean, sentRowsPerSecond: number }} Moment */

export function createHeader() {
  const shape = createShape()
  const headline = element('span')
  const about = element('p', { class: 'muted' })
  const lost = element('p', { class: 'notice', role: 'status' })
  const open = element('p', { class: 'notice' }, [
    'Everybody who reaches this address can read this page: no --listen_password is set.',
  ])
  const attention = element('ul', { class: 'attention' })
  const facts = ['Database', 'Loki', 'Waiting', 'Sent'].map(createFact)
  const title = element('h1', {}, [shape.root, headline])
  const root = element('header', { class: 'top' }, [
    title,
    about,
    lost,
    open,
    attention,
    element(
      'dl',
      { class: 'facts' },
      facts.map((fact) => fact.root),
    ),
  ])
  return {
    root,
    /**
     * @param {PageView} view
     * @param {Moment} moment
     */
    update(view, moment) {
      const items = attentionOf(view, moment.nowMs)
      const overall = overallOf(view, { ...moment, count: items.length })
      shape.set(overall.tone)
      setText(headline, overall.text)
      setAttribute(root, 'data-tone', overall.tone)
      setText(about, aboutText(view, moment.nowMs))
      lost.hidden = moment.isConnected
      setText(lost, `What is shown was so ${agoText(moment.nowMs - view.status.atMs)} ago. Trying again.`)
      open.hidden = !view.isOpen
      setItems(attention, items)
      const texts = [
        databaseFact(view),
        lokiFact(view, moment.nowMs),
        waitingFact(view),
        sentFact(view, moment),
      ]
      texts.forEach((fact, index) => facts[index]?.set(fact))
      document.title = `${overall.text} · ${view.status.service.target} · rowtail`
    },
  }
}

/** @param {string} name */
function createFact(name) {
  const shape = createShape()
  const text = element('span')
  const value = element('dd', {}, [shape.root, text])
  return {
    root: element('div', {}, [element('dt', {}, [name]), value]),
    /** @param {{ text: string, tone: Tone }} fact */
    set(fact) {
      shape.set(fact.tone)
      setText(text, fact.text)
      setAttribute(value, 'data-tone', fact.tone)
    },
  }
}

/**
 * @param {PageView} view
 * @param {Moment & { count: number }} moment `count` of things that need somebody
 * @returns {{ text: string, tone: Tone }}
 */
function overallOf({ status, readiness }, { isConnected, count }) {
  if (!isConnected) return { text: 'No connection to rowtail', tone: 'warn' }
  if (status.service.state === 'starting') return { text: 'Starting', tone: 'info' }
  if (status.service.state === 'stopping') return { text: 'Stopping', tone: 'info' }
  if (count === 0) return { text: 'All is well', tone: 'good' }
  return { text: `${countOf(count, 'thing')} to look at`, tone: readiness.isReady ? 'warn' : 'bad' }
}

/**
 * @param {PageView} view
 * @param {number} nowMs
 */
function aboutText({ status: { service, metrics } }, nowMs) {
  const up = `up ${agoText(nowMs - service.startedMs)}`
  return `${service.target} · ${countOf(metrics.length, 'metric')} · ${up} · rowtail ${service.version}`
}

/** @typedef {{ text: string, href?: string, link?: string }} Item */

/**
 * Checks that have not passed while it starts, reasons not to be ready, and metrics in trouble beside them.
 * @param {PageView} view
 * @param {number} nowMs
 * @returns {Item[]}
 */
function attentionOf({ status, readiness }, nowMs) {
  const reasons = readiness.reasons.filter(({ code }) => code !== 'starting' && code !== 'stopping')
  const named = new Set(reasons.map(({ metric }) => metric))
  const troubled = status.metrics
    .map((metric) => ({ name: metric.name, ...stateOf(metric, nowMs) }))
    .filter(({ name, tone }) => (tone === 'bad' || tone === 'warn') && !named.has(name))
    // Its one reason stands there already.
    .filter(() => status.login.state === 'ok')
  return [
    ...openChecks(status),
    ...reasons.map(({ metric, message }) => itemOf(metric, message)),
    ...troubled.map(({ name, word }) => itemOf(name, `is ${word}.`)),
  ]
}

/**
 * @param {string | undefined} metric
 * @param {string} text
 * @returns {Item}
 */
function itemOf(metric, text) {
  return metric === undefined ? { text } : { text, href: `#${cardId(metric)}`, link: metric }
}

/**
 * @param {PageView['status']} status
 * @returns {Item[]}
 */
function openChecks({ service }) {
  if (service.state !== 'starting') return []
  return service.checks
    .filter(({ outcome }) => outcome !== 'passed')
    .map(({ check, outcome, error }) => ({
      text: `Check ${check}: ${outcome}. ${error === undefined ? '' : errorText(error)}`,
    }))
}

/**
 * @param {PageView} view
 * @returns {{ text: string, tone: Tone }}
 */
function databaseFact({ status: { login, hosts, service } }) {
  if (login.state === 'refused') return { text: 'refuses the login', tone: 'bad' }
  const losses = hosts.reduce((sum, host) => sum + host.losses, 0)
  const driver = losses === 0 ? '' : `, driver restarted ${losses} ${losses === 1 ? 'time' : 'times'}`
  if (hosts.some(({ role, state }) => role === 'main' && state === 'lost')) {
    return { text: `its driver is being restarted${driver}`, tone: 'warn' }
  }
  if (service.state === 'starting') return { text: 'being checked', tone: 'idle' }
  return { text: `takes the login${driver}`, tone: 'good' }
}

/**
 * @param {PageView} view
 * @param {number} nowMs
 * @returns {{ text: string, tone: Tone }}
 */
function lokiFact({ status: { sink, service } }, nowMs) {
  if (sink.state === 'lost') return { text: `away for ${agoText(nowMs - sink.sinceMs)}`, tone: 'bad' }
  if (service.state === 'starting') return { text: 'being checked', tone: 'idle' }
  return { text: 'takes rows', tone: 'good' }
}

/**
 * @param {PageView} view
 * @returns {{ text: string, tone: Tone }}
 */
function waitingFact({ status: { spool, service } }) {
  const share = Math.floor((spool.bytes / service.bounds.spoolTotalBytes) * 100)
  const dead = spool.deadLetters === 0 ? '' : `, ${countOf(spool.deadLetters, 'dead letter')}`
  if (spool.rows === 0) return { text: `nothing${dead}`, tone: dead === '' ? 'good' : 'warn' }
  const text = `${countOf(spool.rows, 'row')}, ${bytesText(spool.bytes)}, ${share}% full${dead}`
  return { text, tone: share > 80 ? 'bad' : dead === '' ? 'good' : 'warn' }
}

/**
 * @param {PageView} view
 * @param {Moment} moment
 * @returns {{ text: string, tone: Tone }}
 */
function sentFact({ status: { metrics } }, { sentRowsPerSecond }) {
  const rows = metrics.reduce((sum, { delivered }) => sum + delivered.rows, 0)
  return { text: `${rateText(sentRowsPerSecond)}, ${countOf(rows, 'row')}`, tone: 'good' }
}
