// The only place of the page that makes elements. Texts come in as text nodes: nothing that a database, Loki
// or a file says is ever read as markup.

const svgSpace = 'http://www.w3.org/2000/svg'

/**
 * @param {string} name
 * @param {Readonly<Record<string, string>>} [attributes]
 * @param {readonly (Node | string)[]} [children]
 * @returns {HTMLElement}
 */
export function element(name, attributes = {}, children = []) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

/**
 * @param {string} name
 * @param {Readonly<Record<string, string>>} [attributes]
 * @param {readonly Node[]} [children]
 * @returns {SVGElement}
 */
export function drawing(name, attributes = {}, children = []) {
  const made = document.createElementNS(svgSpace, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

/**
 * Changes what is shown only where it changed, so that a selection in it survives.
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text
}

/**
 * @param {Element} target
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(target, name, value) {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value)
}

/**
 * Shows these texts as items of a list; nothing is touched where they are the same as before.
 * @param {HTMLElement} list
 * @param {readonly { text: string, href?: string, link?: string }[]} items
 */
export function setItems(list, items) {
  list.hidden = items.length === 0
  const key = JSON.stringify(items)
  if (list.dataset['key'] === key) return
  list.dataset['key'] = key
  list.replaceChildren(
    ...items.map(({ text, href, link }) => {
      const before = href === undefined ? [] : [element('a', { href }, [link ?? href]), ' ']
      return element('li', {}, [...before, text])
    }),
  )
}

/** @typedef {'good' | 'bad' | 'warn' | 'info' | 'idle'} Tone */

/** Each tone has a shape of its own: colour alone does not tell everybody. */
const shapes = {
  good: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-1.2 10.4L3.6 8.2l1.3-1.3 1.9 1.9 4.3-4.3 1.3 1.3Z',
  bad: 'M8 .8 15.6 14.6H.4ZM7.2 5.5v4.6h1.6V5.5Zm0 5.8v1.6h1.6v-1.6Z',
  warn: 'M8 .4 15.6 8 8 15.6.4 8ZM7.2 4v5h1.6V4Zm0 6.2v1.6h1.6v-1.6Z',
  info: 'M1.5 1.5h13v13h-13ZM6 4.5v7L11.5 8Z',
  idle: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 2a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z',
}

/** @returns {{ root: SVGElement, set: (tone: Tone) => void }} */
export function createShape() {
  const path = drawing('path', { 'fill-rule': 'evenodd', fill: 'currentColor' })
  const root = drawing('svg', { class: 'shape', viewBox: '0 0 16 16', 'aria-hidden': 'true' }, [path])
  return { root, set: (tone) => setAttribute(path, 'd', shapes[tone]) }
}
