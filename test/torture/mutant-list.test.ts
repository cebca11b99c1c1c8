// Mutants are edits of the compiled program: a change of the sources must not leave one that breaks nothing.
// That each is caught, `npm run mutants` shows.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../support/servers/processes.ts'
import { edited, mutants } from './mutant-list.ts'

const directory = mkdtempSync(join(tmpdir(), 'rowtail-mutants-'))

beforeAll(async () => {
  await run(resolve('node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json', '--outDir', directory])
}, 60_000)

afterAll(() => rmSync(directory, { recursive: true }))

describe('a mutant', () => {
  it.each(mutants)('$name: each of its edits fits in one place', ({ edits }) => {
    for (const edit of edits) {
      const text = readFileSync(join(directory, edit.file), 'utf8')
      expect(edited(text, edit)).not.toBe(text)
    }
  })
})
