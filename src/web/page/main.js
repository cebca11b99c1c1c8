// The page: listens to /api/events and shows what it says, once a second. It knows nothing by itself: after a
// break it asks for everything again.

import { element } from './elements.js'
import { createHeader } from './header.js'
import { createMetricCard } from './metric-card.js'

/** @import { PageView } from '../page-view.ts' */

const renderMs = 1_000
const retryMs = 2_000
/** rowtail says something every five seconds. */
const silenceMs = 15_000

const header = createHeader()
const cards = element('div', { class: 'cards' })
const waiting = element('p', { class: 'notice' }, ['Waiting for rowtail.'])
const main = element('main', {}, [waiting])
const links = [
  ['api/status', 'status as JSON'],
  ['metrics', 'metrics for Prometheus'],
].map(([href = '', text = '']) => element('a', { href }, [text]))
document.body.append(main, element('footer', {}, ['The same as ', ...links.flatMap((link) => [link, ' '])]))

/** @type {Map<string, ReturnType<typeof createMetricCard>>} */
const known = new Map()
/** @type {PageView | undefined} */
let view
let heardAtMs = performance.now()
let isConnected = true
/** @type {EventSource | undefined} */
let source

/** @param {PageView} next */
function hear(next) {
  if (view !== undefined && view.status.service.version !== next.status.service.version) location.reload()
  view = next
  heardAtMs = performance.now()
  isConnected = true
  if (next.isWhole) for (const card of known.values()) card.forget()
  const names = new Set(next.status.metrics.map(({ name }) => name))
  for (const [name, card] of known) {
    if (names.has(name)) continue
    card.root.remove()
    known.delete(name)
  }
  for (const news of next.news) cardOf(news.name, names)?.learn(news)
  render()
}

/**
 * @param {string} name
 * @param {ReadonlySet<string>} names
 */
function cardOf(name, names) {
  if (!names.has(name)) return undefined
  const card = known.get(name) ?? createMetricCard(name)
  known.set(name, card)
  return card
}

function render() {
  if (view === undefined) return
  const { status, news } = view
  if (!header.root.isConnected) {
    document.body.prepend(header.root)
    main.replaceChildren(cards)
  }
  const nowMs = status.atMs + (performance.now() - heardAtMs)
  const sentRowsPerSecond = news.reduce((sum, metric) => sum + metric.sentRowsPerSecond, 0)
  header.update(view, { nowMs, isConnected, sentRowsPerSecond })
  main.classList.toggle('is-old', !isConnected)
  const names = new Set(status.metrics.map(({ name }) => name))
  for (const metric of status.metrics) {
    const card = cardOf(metric.name, names)
    if (card === undefined) continue
    card.update(metric, nowMs)
    if (!card.root.isConnected) cards.append(card.root)
  }
}

function listen() {
  source?.close()
  source = new EventSource('api/events')
  source.addEventListener('message', ({ data }) => hear(JSON.parse(data)))
  source.addEventListener('error', () => {
    isConnected = false
    render()
    // The browser tries again by itself after a break, but not after an answer that it does not like.
    if (source?.readyState === EventSource.CLOSED) setTimeout(listen, retryMs)
  })
}

setInterval(() => {
  if (performance.now() - heardAtMs > silenceMs && source?.readyState === EventSource.OPEN) {
    isConnected = false
    listen()
  }
  render()
}, renderMs)
listen()
