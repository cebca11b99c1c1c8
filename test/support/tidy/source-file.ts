// A file as the tidy rules see it: text, lines, syntax tree and comments, and what it asks for from
// elsewhere. A rule is a function from files to faults, so that a test can show it failing on a snippet.

import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { type Comment, parseSync, Visitor, type VisitorObject } from 'oxc-parser'

export type SourceFile = {
  /** Relative to the project, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
  readonly comments: readonly Comment[]
  /** Calls the visitor's functions for every node of those kinds. */
  visit(visitor: VisitorObject): void
  /** The line, from 1, on which an offset of the text lies. */
  lineAt(offset: number): number
}

/** `src/a.ts:3: what is wrong`, as editors open it. */
export type Fault = string

export type Request = {
  readonly line: number
  /** As written: `../core/sink.ts`, `koffi`. */
  readonly specifier: string
  /** The file that a relative specifier names, relative to the project. */
  readonly target?: string
}

export function sourceFile(path: string, text: string): SourceFile {
  const parsed = parseSync(path, text)
  const lines = text.replace(/\n$/, '').split('\n')
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length
  const visit = (visitor: VisitorObject): void => new Visitor(visitor).visit(parsed.program)
  return { path, text, lines, comments: parsed.comments, visit, lineAt }
}

/** The source files below a folder of the project; fixtures are not source. */
export function sourceFilesOf(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.m?ts$|\.mjs$/.test(name) && !/(^|\/)fixtures\//.test(name))
    .toSorted()
    .map((name) => sourceFile(posix.join(folder, name), readFileSync(join(folder, name), 'utf8')))
}

export function faultAt(file: SourceFile, line: number, what: string): Fault {
  return `${file.path}:${line}: ${what}`
}

/**
 * Everything that a file takes from another: imports of any kind, re-exports, and files named for workers.
 */
export function requestsOf(file: SourceFile): Request[] {
  const requests: Request[] = []
  const add = (node: { start: number; type: string; value?: unknown } | null | undefined): void => {
    if (node?.type !== 'Literal' || typeof node.value !== 'string') return
    const specifier = node.value
    const target = posix.join(posix.dirname(file.path), specifier)
    const line = file.lineAt(node.start)
    requests.push({ line, specifier, ...(specifier.startsWith('.') && { target }) })
  }
  file.visit({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    NewExpression: (node) => {
      if (node.callee.type === 'Identifier' && node.callee.name === 'URL') add(node.arguments[0])
    },
    CallExpression: (node) => {
      if (node.callee.type === 'Identifier' && node.callee.name === 'require') add(node.arguments[0])
    },
  })
  return requests
}
