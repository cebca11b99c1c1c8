// Rules about what stands beside the code: the papers of a plugin, the page of errors, the change log, the
// numbered rules of the specs.

import type { Fault } from './source-file.ts'

/** Reads a file of the project; undefined where there is none. */
export type ReadFile = (path: string) => string | undefined

/** A plugin's folder explains itself and shows a sample of its configuration. */
export function pluginPaperFaults(folders: readonly string[], read: ReadFile): Fault[] {
  return folders.flatMap((folder) => {
    const sample = read(`${folder}/sample.json`)
    return [
      ...(read(`${folder}/README.md`) === undefined ? [`${folder}/README.md is missing`] : []),
      ...(sample === undefined
        ? [`${folder}/sample.json is missing`]
        : jsonFaults(`${folder}/sample.json`, sample)),
    ]
  })
}

/** Every code has a heading or a table row of its own in docs/errors.md. */
export function errorPageFaults(codes: readonly string[], read: ReadFile): Fault[] {
  const page = read('docs/errors.md')
  if (page === undefined) return ['docs/errors.md is missing']
  return codes
    .filter((code) => !new RegExp(`^(#+ |\\| *)\`?${code}\`?( |$)`, 'm').test(page))
    .map((code) => `docs/errors.md does not explain ${code}`)
}

export function changeLogFaults(read: ReadFile): Fault[] {
  const log = read('CHANGELOG.md')
  if (log === undefined) return ['CHANGELOG.md is missing']
  return /^## \[?Unreleased\]?/m.test(log) ? [] : ['CHANGELOG.md has no section "Unreleased"']
}

/** A text and where it stands. */
export type Page = { readonly path: string; readonly text: string }

/** Each numbered rule of a spec (`| D-3 | …`) is the only one of that number, and named by a test. */
export function ruleFaults(specs: readonly Page[], tests: readonly Page[]): Fault[] {
  const rules = specs.flatMap(({ path, text }) =>
    [...text.matchAll(/^\| ([A-Z]+-\d+) \|/gm)].map(([, rule = '']) => ({ path, rule })),
  )
  const named = new Set(tests.flatMap(({ text }) => text.match(/\b[A-Z]+-\d+\b/g) ?? []))
  return rules.flatMap(({ path, rule }, index) => {
    const isRepeated = rules.findIndex((other) => other.rule === rule) < index
    return [
      ...(isRepeated ? [`${path}: ${rule} is the number of another rule too`] : []),
      ...(named.has(rule) ? [] : [`${path}: no test names ${rule}`]),
    ]
  })
}

const maxAgentsLines = 90

/** AGENTS.md is read at the start of every session, so it is short. */
export function agentsFaults(read: ReadFile): Fault[] {
  const length = (read('AGENTS.md') ?? '').trimEnd().split('\n').length
  return length > maxAgentsLines ? [`AGENTS.md has ${length} lines of ${maxAgentsLines}`] : []
}

function jsonFaults(path: string, text: string): Fault[] {
  try {
    JSON.parse(text)
    return []
  } catch (error) {
    return [`${path} is not JSON: ${String(error)}`]
  }
}
