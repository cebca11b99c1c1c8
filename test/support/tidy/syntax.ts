// Rules about how a file is written, of which the linter knows none or only a part.

import type { Comment } from 'oxc-parser'
import { type Fault, faultAt, type SourceFile } from './source-file.ts'

const maxFileLines = 400
const maxLineLength = 110
/** The address of a module cannot be broken. */
const importLine = /^import .* from '[^']+'$/

export function sizeFaults(files: readonly SourceFile[]): Fault[] {
  return files.flatMap((file) => {
    const faults = file.lines.flatMap((line, index) => {
      const { length } = Array.from(line) // characters, not UTF-16 units
      return length > maxLineLength && !importLine.test(line)
        ? [faultAt(file, index + 1, `${length} characters of ${maxLineLength}`)]
        : []
    })
    const { length } = file.lines
    return length > maxFileLines
      ? [faultAt(file, length, `${length} lines of ${maxFileLines}`), ...faults]
      : faults
  })
}

/** What a file is for stands on its first line. */
export function headerFaults(files: readonly SourceFile[]): Fault[] {
  return files
    .filter(({ lines }) => !/^\/\/ \S/.test(lines[0]?.startsWith('#!') ? (lines[1] ?? '') : (lines[0] ?? '')))
    .map((file) => faultAt(file, 1, 'the file does not begin with a // comment that says what it is for'))
}

/** Enums, `any`, `!`, and assertions of a type without a reason beside them. */
export function typeFaults(files: readonly SourceFile[]): Fault[] {
  return files.flatMap((file) => {
    const faults: Fault[] = []
    const add = (what: string) => (node: { start: number }) => {
      faults.push(faultAt(file, file.lineAt(node.start), what))
    }
    const commented = linesWithComment(file)
    const assertion = (node: { start: number; end: number; typeAnnotation: object }): void => {
      const [first, last] = [file.lineAt(node.start), file.lineAt(node.end)]
      const isExplained = range(first - 1, last).some((line) => commented.has(line))
      if (!isConst(node.typeAnnotation) && !isExplained)
        add('a type assertion without a reason beside it')(node)
    }
    file.visit({
      TSEnumDeclaration: add('an enum'),
      TSAnyKeyword: add('any'),
      TSNonNullExpression: add('a non-null assertion'),
      TSAsExpression: assertion,
      TSTypeAssertion: assertion,
    })
    return faults
  })
}

/**
 * No default exports, and no file that only passes on what others export. Registries are literals, not
 * barrels.
 */
export function exportFaults(files: readonly SourceFile[]): Fault[] {
  return files.flatMap((file) => {
    const faults: Fault[] = []
    const add = (what: string) => (node: { start: number }) => {
      faults.push(faultAt(file, file.lineAt(node.start), what))
    }
    file.visit({
      ExportDefaultDeclaration: add('a default export'),
      ExportAllDeclaration: add('a re-export'),
      ExportNamedDeclaration: (node) => {
        if (node.source !== null) add('a re-export')(node)
      },
    })
    return faults
  })
}

const waits = new Set(['setTimeout', 'setInterval', 'sleep'])

/** Tests wait for events and states; time itself is waited for in test/support alone. */
export function waitFaults(files: readonly SourceFile[]): Fault[] {
  return files.flatMap((file) => {
    const faults: Fault[] = []
    file.visit({
      CallExpression: ({ callee, start }) => {
        if (callee.type === 'Identifier' && waits.has(callee.name)) {
          faults.push(faultAt(file, file.lineAt(start), `${callee.name} in a test`))
        }
      },
    })
    return faults
  })
}

const tests = new Set(['it', 'test', 'describe', 'suite'])
const evasions = new Set(['skip', 'only', 'todo', 'skipIf', 'runIf', 'fails'])

/** Every test runs, everywhere. */
export function evasionFaults(files: readonly SourceFile[]): Fault[] {
  return files.flatMap((file) => {
    const faults: Fault[] = []
    file.visit({
      MemberExpression: (node) => {
        const name = node.property.type === 'Identifier' ? node.property.name : ''
        const root = file.text.slice(node.object.start, node.object.end).split('.')[0] ?? ''
        if (evasions.has(name) && tests.has(root)) {
          faults.push(faultAt(file, file.lineAt(node.start), `${root}.${name}`))
        }
      },
    })
    return faults
  })
}

function isConst(type: object): boolean {
  return 'typeName' in type && typeof type.typeName === 'object' && type.typeName !== null
    ? 'name' in type.typeName && type.typeName.name === 'const'
    : false
}

function linesWithComment(file: SourceFile): Set<number> {
  const linesOf = ({ start, end }: Comment): number[] => range(file.lineAt(start), file.lineAt(end))
  return new Set(file.comments.flatMap(linesOf))
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
