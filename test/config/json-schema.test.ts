// The shipped JSON schema of the metrics file against the samples, the examples of the docs, and the fixtures
// of faulty files: it refuses what a schema can.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'

const repository = join(import.meta.dirname, '../..')
const gettingStarted = readdirSync(join(repository, 'docs/getting-started'))
const pages = [
  'README.md',
  'docs/configuration.md',
  ...gettingStarted.map((name) => `docs/getting-started/${name}`),
]
const fixtures = join(import.meta.dirname, 'fixtures')
const schema = readJson('config_files/monitor_input.schema.json')
const validate = new Ajv({ strict: false, strictSchema: true, allErrors: true }).compile(schema)

/** What only the program sees: the bytes of the file, a key that stands twice, and SQL. */
const beyondSchema = ['duplicate-key', 'latin-1', 'second-statement']

function readJson(path: string): object {
  return JSON.parse(readFileSync(join(repository, path), 'utf8')) as object // our own files, objects all
}

function faultsOf(value: unknown): object[] {
  validate(value)
  return validate.errors ?? []
}

function isAccepted(value: unknown): boolean {
  return faultsOf(value).length === 0
}

describe('the JSON schema accepts', () => {
  it.each([
    'monitor_input.json',
    'config_files/monitor_input.full.json',
    'config_files/monitor_input.postgres.json',
    'test/config/fixtures/valid-every-form.json',
  ])('%s', (path) => {
    expect(faultsOf(readJson(path))).toEqual([])
  })

  it.each(examplesOf(pages))('an example of $page', ({ text }) => {
    expect(faultsOf(JSON.parse(text))).toEqual([])
  })

  it.each(['console', 'rowtail_logs', 'lpt', 'm'.repeat(100)])('a metric called %s', (name) => {
    expect(isAccepted({ [name]: { every: 1, query: 'select 1' } })).toBe(true)
  })

  it('100 metrics beside $schema', () => {
    const metrics = Array.from({ length: 100 }, (_, index) => [`m${index}`, { every: 1, query: 'select 1' }])
    const file = Object.fromEntries(metrics) as Record<string, unknown> // of the entries above
    expect(isAccepted({ $schema: './monitor_input.schema.json', ...file })).toBe(true)
    expect(isAccepted({ ...file, more: { every: 1, query: 'select 1' } })).toBe(false)
  })
})

describe('the JSON schema refuses', () => {
  it.each(faultyFixtures().filter(({ name }) => !beyondSchema.includes(name)))('$name', ({ value }) => {
    expect(isAccepted(value)).toBe(false)
  })

  it.each(['Con', 'rowtail_LOG', 'lpt1', '1st', 'a-b', 'm'.repeat(101)])('a metric called %s', (name) => {
    expect(isAccepted({ [name]: { every: 1, query: 'select 1' } })).toBe(false)
  })

  it('every faulty file but those that only the program can judge', () => {
    const accepted = faultyFixtures().filter(({ value }) => isAccepted(value))
    expect(accepted.map(({ name }) => name).toSorted()).toEqual(beyondSchema)
  })
})

/** The faulty files that are JSON at all; the others never reach a schema. */
function faultyFixtures(): { name: string; value: unknown }[] {
  const names = readdirSync(fixtures).flatMap((file) => /^invalid-(.*)\.json$/.exec(file)?.[1] ?? [])
  return names.flatMap((name) => {
    try {
      return [{ name, value: JSON.parse(readFileSync(join(fixtures, `invalid-${name}.json`), 'utf8')) }]
    } catch {
      return []
    }
  })
}

/** A block of JSON, or a file that the shell writes. */
const example = /```json\n([\s\S]*?)```|<<'END'\n([\s\S]*?)\n *END\n/g

function examplesOf(pages: readonly string[]): { page: string; text: string }[] {
  return pages.flatMap((page) => {
    const blocks = readFileSync(join(repository, page), 'utf8').matchAll(example)
    return [...blocks].map(([, json = '', file = '']) => ({ page, text: json + file }))
  })
}
