// The files of the page, as the browser gets them: read once, a fixed list, so that no path of a request ever
// names a file of this machine. scripts/build.mjs copies them beside the compiled code.

import { readFileSync } from 'node:fs'

export type PageFile = { readonly path: string; readonly type: string; readonly body: Buffer }

const html = 'text/html; charset=utf-8'
const css = 'text/css; charset=utf-8'
const javascript = 'text/javascript; charset=utf-8'

const files = [
  ['/', 'index.html', html],
  ['/page/style.css', 'style.css', css],
  ['/page/icon.svg', 'icon.svg', 'image/svg+xml'],
  ['/page/main.js', 'main.js', javascript],
  ['/page/elements.js', 'elements.js', javascript],
  ['/page/header.js', 'header.js', javascript],
  ['/page/metric-card.js', 'metric-card.js', javascript],
  ['/page/row-table.js', 'row-table.js', javascript],
  ['/page/sparkline.js', 'sparkline.js', javascript],
  ['/page/words.js', 'words.js', javascript],
] as const

export function readPageFiles(): PageFile[] {
  return files.map(([path, name, type]) => ({
    path,
    type,
    body: readFileSync(new URL(`./page/${name}`, import.meta.url)),
  }))
}
