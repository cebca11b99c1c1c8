// Faults as a terminal shows them: one paragraph each, wrapped at 100 columns, its place in front where it
// has one.

import { relative } from 'node:path'
import type { ConfigFault } from './fault.ts'

export const maxFaultsShown = 50
const widthColumns = 100
/** A place longer than this stands on a line of its own. */
const maxPlaceColumns = 40

/** The faults of the file at `path`, as lines; at most 50, then how many more there are. */
export function formatFileFaults(path: string, faults: readonly ConfigFault[]): string {
  const file = displayPath(path)
  return formatAll(faults, (fault) => {
    const place = fault.place === undefined ? '' : `:${fault.place.line}:${fault.place.column}`
    return `${file}${place}`
  })
}

/** Faults whose sentence names what is at fault: flags and environment variables. */
export function formatFaults(faults: readonly ConfigFault[]): string {
  return formatAll(faults, () => '')
}

/** The path as seen from the working directory, where that is the shorter one. */
function displayPath(path: string): string {
  const fromHere = relative(process.cwd(), path)
  return fromHere !== '' && !fromHere.startsWith('..') ? fromHere : path
}

function formatAll(faults: readonly ConfigFault[], placeOf: (fault: ConfigFault) => string): string {
  const places = faults.slice(0, maxFaultsShown).map(placeOf)
  const longest = Math.max(0, ...places.map((place) => place.length))
  const paragraphs = faults
    .slice(0, maxFaultsShown)
    .map((fault, index) => paragraph(fault, { place: places[index] ?? '', longest }))
  const more = faults.length - maxFaultsShown
  return [...paragraphs, ...(more > 0 ? [`and ${more} more`] : [])].join('\n')
}

function paragraph(fault: ConfigFault, at: { place: string; longest: number }): string {
  const isInline = at.longest > 0 && at.longest <= maxPlaceColumns
  const indent = isInline ? at.longest + 2 : 2
  const sentences = [fault.message, ...(fault.hint === undefined ? [] : [fault.hint])]
  const lines = sentences.flatMap((sentence) => wrap(sentence, widthColumns - indent))
  const head = isInline
    ? at.place.padEnd(indent)
    : at.place === ''
      ? ''
      : `${at.place}\n${' '.repeat(indent)}`
  return head + lines.join(`\n${' '.repeat(indent)}`)
}

/** Lines of at most `columns` characters, broken at spaces; a longer word stays whole. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
