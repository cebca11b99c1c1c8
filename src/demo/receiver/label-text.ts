// Reads a stream's labels from their text, `{a="b", c="d"}`, with the strictness and the words of Loki's
// parser.

import type { Label } from './push-request.ts'
import { Rejection } from './rejection.ts'

/** Sorted by name; empty values are dropped, a name may come twice. */
export function parseLabels(text: string): Label[] {
  const labels: Label[] = []
  let offset = skipSpace(text, 0)
  if (text[offset] !== '{') throw fault(offset, `unexpected character: '${text[offset] ?? ''}'`)
  offset = skipSpace(text, offset + 1)
  while (text[offset] !== '}') {
    const [label, end] = readPair(text, offset)
    labels.push(label)
    offset = skipSpace(text, end)
    if (text[offset] === ',') offset = skipSpace(text, offset + 1)
    else if (text[offset] !== '}') throw fault(offset, unexpected(text, offset))
  }
  if (skipSpace(text, offset + 1) !== text.length) throw fault(offset + 1, unexpected(text, offset + 1))
  return labels.filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

function readPair(text: string, start: number): [Label, end: number] {
  const name = /^[a-zA-Z_][a-zA-Z0-9_]*/.exec(text.slice(start))?.[0]
  if (name === undefined) throw fault(start, unexpected(text, start))
  let offset = skipSpace(text, start + name.length)
  if (text[offset] !== '=') throw fault(offset, unexpected(text, offset))
  offset = skipSpace(text, offset + 1)
  if (text[offset] !== '"') throw fault(offset, unexpected(text, offset))
  const [value, end] = readQuoted(text, offset)
  return [[name, value], end]
}

function readQuoted(text: string, start: number): [value: string, end: number] {
  const quoted = /^"((?:[^"\\\n]|\\.)*)"/s.exec(text.slice(start))
  if (quoted === null) throw fault(start, 'unterminated quoted string')
  return [unescaped(quoted[1] ?? '', start), start + quoted[0].length]
}

const shortEscapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '"': '"',
  "'": "'",
  '\\': '\\',
}

/** Escapes of one byte are below 0x80 here; Loki would join higher ones to UTF-8, which nobody writes. */
function unescaped(text: string, at: number): string {
  return text.replace(/\\(?:x[0-7][0-9a-fA-F]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)/gs, (escape) => {
    if (escape.length > 2) return String.fromCodePoint(Number.parseInt(escape.slice(2), 16))
    const character = shortEscapes[escape.slice(1)]
    if (character === undefined) throw fault(at, `unknown escape sequence ${escape}`)
    return character
  })
}

function skipSpace(text: string, start: number): number {
  let offset = start
  while (/\s/.test(text[offset] ?? '')) offset += 1
  return offset
}

function unexpected(text: string, offset: number): string {
  const character = text[offset]
  return character === undefined
    ? 'unexpected end of input inside braces'
    : `unexpected character inside braces: '${character}'`
}

function fault(offset: number, why: string): Rejection {
  return new Rejection(400, `couldn't parse labels: 1:${offset + 1}: parse error: ${why}`)
}
