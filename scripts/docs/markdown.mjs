// The few shapes of Markdown that the generated pages are made of.

export const generatedMark =
  '<!-- Written by scripts/generate-docs.mjs; change the source it reads, then run it. -->'

export function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Text as code; nothing for no text. */
export function code(text) {
  return text === '' ? '' : `\`${text}\``
}

export function codeList(names) {
  return names.map(code).join(', ')
}
