// Looks into a query just far enough to see where its first statement ends. It understands what can hide a
// semicolon: strings, quoted names, dollar quotes and comments, nested ones included. It judges no SQL.

export type QueryShape =
  | { readonly kind: 'empty' }
  | { readonly kind: 'one' }
  /** `offset`: where the second statement begins. */
  | { readonly kind: 'several'; readonly offset: number }

/** Semicolons before the first statement and after the last one are no statements. */
export function shapeOf(query: string): QueryShape {
  let isBegun = false
  let isEnded = false
  let offset = 0
  while (offset < query.length) {
    const end = endOfToken(query, offset)
    const kind = kindOf(query, offset)
    if (kind === 'semicolon') isEnded = isBegun
    else if (kind === 'text') {
      if (isEnded) return { kind: 'several', offset }
      isBegun = true
    }
    offset = end
  }
  return { kind: isBegun ? 'one' : 'empty' }
}

function kindOf(query: string, offset: number): 'semicolon' | 'gap' | 'text' {
  const rest = query.slice(offset, offset + 2)
  if (rest.startsWith(';')) return 'semicolon'
  if (rest === '--' || rest === '/*' || /^\s/.test(rest)) return 'gap'
  return 'text'
}

function endOfToken(query: string, offset: number): number {
  const character = query.charAt(offset)
  const pair = query.slice(offset, offset + 2)
  if (character === "'" || character === '"') return endBehind(query, character, offset + 1)
  if (pair === '--') return endBehind(query, '\n', offset)
  if (pair === '/*') return endOfComment(query, offset)
  if (character === '$') return endOfDollarQuote(query, offset)
  if (isWordCharacter(character)) return endOfWord(query, offset)
  return offset + 1
}

/** A word is one token, so that the `$` of `a$b$` opens no quote. */
function endOfWord(query: string, offset: number): number {
  let end = offset + 1
  while (end < query.length && (isWordCharacter(query.charAt(end)) || query.charAt(end) === '$')) end++
  return end
}

function isWordCharacter(character: string): boolean {
  return /[\p{L}\p{N}_]/u.test(character)
}

/**
 * Behind the next `close`, or the end of the query where it is never closed. A doubled quote simply reopens.
 */
function endBehind(query: string, close: string, from: number): number {
  const found = query.indexOf(close, from)
  return found === -1 ? query.length : found + close.length
}

function endOfComment(query: string, offset: number): number {
  let depth = 0
  for (let at = offset; at < query.length; at++) {
    const pair = query.slice(at, at + 2)
    if (pair === '/*') depth++
    else if (pair === '*/') depth--
    else continue
    at++
    if (depth === 0) return at + 1
  }
  return query.length
}

function endOfDollarQuote(query: string, offset: number): number {
  const opening = /^\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/u.exec(query.slice(offset, offset + 100))?.[0]
  return opening === undefined ? offset + 1 : endBehind(query, opening, offset + opening.length)
}
