// Parses JSON into nodes that know their place, and says all that is wrong with its syntax at once. Strict
// JSON: comments and trailing commas are faults, since other programs read the same file. Duplicate keys are
// faults.

import { parseTree, type Node, type ParseError, printParseErrorCode } from 'jsonc-parser'
import { type ConfigFault, hintOf, quoted, shown } from './fault.ts'
import { placeAt } from './place.ts'

export type JsonText = {
  /** Undefined where not even the beginning of a value was found. */
  readonly root: Node | undefined
  readonly faults: readonly ConfigFault[]
  /** Offsets of the syntax faults: what is near them means nothing. */
  readonly brokenAt: readonly number[]
}

/** A key with its value, where it has one. */
export type Property = { readonly key: string; readonly keyNode: Node; readonly value: Node | undefined }

export function parseJsonText(text: string): JsonText {
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  const firsts = withoutEchoes(text, errors)
  const syntaxFaults = firsts.map((error) => faultOf(text, error, root))
  return {
    root,
    faults: root === undefined ? syntaxFaults : [...syntaxFaults, ...keyFaults(text, root)],
    brokenAt: firsts.map((error) => error.offset),
  }
}

export function propertiesOf(node: Node): Property[] {
  return (node.children ?? []).flatMap((property) => {
    const [keyNode, value] = property.children ?? []
    return keyNode === undefined ? [] : [{ key: String(keyNode.value), keyNode, value }]
  })
}

/**
 * One mistake makes the parser complain several times in a row. An error that follows its predecessor at once
 * is an echo; behind a symbol that is no JSON, so is everything up to the next comma or bracket.
 */
function withoutEchoes(text: string, errors: readonly ParseError[]): ParseError[] {
  let last: ParseError | undefined
  return errors.filter((error) => {
    const gap = last === undefined ? undefined : text.slice(last.offset + last.length, error.offset)
    const isAfterSymbol = last !== undefined && printParseErrorCode(last.error) === 'InvalidSymbol'
    const isEcho = gap !== undefined && (isAfterSymbol ? /^[^,{}[\]]*$/ : /^\s*$/).test(gap)
    if (!isEcho) last = error
    else if (last !== undefined) last = { ...last, length: Math.max(last.length, error.offset - last.offset) }
    return !isEcho
  })
}

type Description = { readonly message: string; readonly hint?: string; readonly offset?: number }

function faultOf(text: string, error: ParseError, root: Node | undefined): ConfigFault {
  const isBehindRoot = root !== undefined && error.offset >= root.offset + root.length
  const { word } = wordAt(text, error)
  const described =
    isBehindRoot && word !== '' && !word.startsWith('/')
      ? { message: `${word} follows the end of the JSON object` }
      : describe(text, error)
  return {
    code: 'config_syntax',
    place: placeAt(text, described.offset ?? error.offset),
    message: described.message,
    ...hintOf(described.hint),
  }
}

function describe(text: string, error: ParseError): Description {
  const found = shown(text.slice(error.offset, error.offset + error.length))
  const code = printParseErrorCode(error.error)
  if (code === 'InvalidCommentToken' || code === 'UnexpectedEndOfComment') {
    return { message: 'a comment; expected JSON, which has none', hint: 'Take the comment out.' }
  }
  if (code === 'UnexpectedEndOfString') return { message: `the string ${found} is not closed` }
  if (code === 'InvalidCharacter') {
    return {
      message: `${found} holds a control character, such as a tab`,
      hint: 'Write \\t or \\n, or put a long query into a file and name it in "query_file".',
    }
  }
  if (code === 'InvalidEscapeCharacter' || code === 'InvalidUnicode') {
    return {
      message: `${found} holds an escape that JSON does not know`,
      hint: 'A backslash itself is written \\\\.',
    }
  }
  return code === 'InvalidSymbol' ? symbolFault(text, error) : structureFault(text, error)
}

function symbolFault(text: string, error: ParseError): Description {
  const { word, offset } = wordAt(text, error)
  if (word.startsWith("'")) {
    return { message: `${word} begins with a single quote; expected JSON's double quotes`, offset }
  }
  const isKey = /^\s*:/.test(text.slice(error.offset + error.length))
  if (isKey) return { message: `the key ${word} stands without quotes; expected "${word}"`, offset }
  return {
    message: `${word} is no JSON; expected a number, a string in double quotes, true, false or an object`,
    offset,
  }
}

function structureFault(text: string, error: ParseError): Description {
  const before = text.slice(0, error.offset).trimEnd()
  const next = text.slice(error.offset).trimStart().charAt(0)
  if (next === '') {
    return {
      message: `the file ends where ${expectedAt(error)} is expected`,
      hint: 'Is a closing brace or quote missing?',
    }
  }
  if (before.endsWith(',') && (next === '}' || next === ']')) {
    return {
      message: `a comma stands before ${next}, with nothing behind it`,
      hint: 'JSON allows no trailing comma: take it out.',
      offset: before.length - 1,
    }
  }
  const { word, offset } = wordAt(text, error)
  if (next === ',') return { message: 'a comma with nothing before it', offset }
  // Digits that go on behind a number: 01, 1.2.3.
  if (offset < error.offset) return { message: `${word} is no JSON number`, offset }
  return { message: `${word} stands where ${expectedAt(error)} is expected`, offset }
}

const expectedByCode: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'a key in double quotes',
  ValueExpected: 'a value',
  ColonExpected: 'a colon',
  CommaExpected: 'a comma',
  CloseBraceExpected: '"}"',
  CloseBracketExpected: '"]"',
}

function expectedAt(error: ParseError): string {
  return expectedByCode[printParseErrorCode(error.error)] ?? 'something else'
}

/** The whole word around an error: the parser may complain about the 1 of 01. */
function wordAt(text: string, error: ParseError): { word: string; offset: number } {
  const before = /[^\s,:{}[\]"]*$/.exec(text.slice(0, error.offset))?.[0] ?? ''
  const after = /^(?:"[^"\n]*"?|[^\s,:{}[\]"]+|[^\s])/.exec(text.slice(error.offset))?.[0] ?? ''
  return { word: shown(before + after), offset: error.offset - before.length }
}

function keyFaults(text: string, node: Node): ConfigFault[] {
  if (node.type !== 'object') return (node.children ?? []).flatMap((child) => keyFaults(text, child))
  const seen = new Map<string, Node>()
  return propertiesOf(node).flatMap(({ key, keyNode, value }) => {
    const first = seen.get(key)
    seen.set(key, first ?? keyNode)
    const inner = value === undefined ? [] : keyFaults(text, value)
    if (first !== undefined) return [duplicateFault(text, { key, keyNode, first }), ...inner]
    return key === '__proto__' ? [protoFault(text, keyNode), ...inner] : inner
  })
}

/**
 * JavaScript gives this key a meaning of its own, and libraries skip it: so it would vanish without a word.
 */
function protoFault(text: string, keyNode: Node): ConfigFault {
  const message = 'the key "__proto__" is not allowed; expected another name'
  return { code: 'config_invalid', place: placeAt(text, keyNode.offset), message }
}

function duplicateFault(text: string, keys: { key: string; keyNode: Node; first: Node }): ConfigFault {
  const first = placeAt(text, keys.first.offset)
  const where = `${first.line}:${first.column}`
  return {
    code: 'config_invalid',
    place: placeAt(text, keys.keyNode.offset),
    message: `the key ${quoted(keys.key)} stands twice; expected once (first at ${where})`,
  }
}
