// The shell blocks of a page: fenced, with `sh` as their language, also where a list indents them.

/**
 * `run`: to its end; `service`: until it is stopped; `not-run`: for readers alone.
 * @returns {{ page: string, line: number, kind: 'run' | 'service' | 'not-run', text: string }[]}
 */
export function blocksOf(page, text) {
  const fenced = /^([ ]*)```sh(?: (service|not-run))?\n([\s\S]*?)\n\1```$/gm
  return [...text.matchAll(fenced)].map(({ index, 1: indent, 2: kind = 'run', 3: body }) => ({
    page,
    line: text.slice(0, index).split('\n').length,
    kind,
    text: body
      .split('\n')
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join('\n'),
  }))
}
