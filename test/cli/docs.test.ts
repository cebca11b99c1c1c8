import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allSpellings } from '../../src/cli/flags-names.ts'
import { metricKeys } from '../../src/config/schema.ts'
import { errorAccounts, type ErrorCode } from '../../src/core/errors.ts'
import { exitCodeOf } from '../../src/cli/exit-codes.ts'
import { repository } from './surroundings.ts'

function page(name: string): string {
  return readFileSync(join(repository, 'docs', name), 'utf8')
}

describe('the generated pages', () => {
  it('are what the flag table and the schema say', () => {
    const node = join(repository, 'node_modules/.bin/node')
    const script = join(repository, 'scripts/generate-docs.mjs')
    const { status, stdout } = spawnSync(node, [script, '--check'], { encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  }, 30_000)

  it('name every flag and every key of a metric', () => {
    const flags = page('flags.md')
    const missing = allSpellings.filter((name) => !flags.includes(`--${name}`))
    expect(missing.filter((name) => !name.endsWith('_file'))).toEqual([])
    expect(metricKeys.filter((key) => !page('configuration.md').includes(`| \`${key}\` |`))).toEqual([])
  })
})

describe('the page of errors', () => {
  it('gives every code a row, with the exit code that the program gives it', () => {
    const rows = new Map(
      [...page('errors.md').matchAll(/^\| `([a-z_]+)` \|.*\| ([^|]*) \|$/gm)].map(([, code, exit]) => [
        code,
        exit,
      ]),
    )
    // Of an object of our own, whose keys are the codes.
    const codes = Object.keys(errorAccounts) as ErrorCode[]
    expect([...rows.keys()]).toEqual(codes)
    for (const code of codes) {
      expect([code, rows.get(code)]).toEqual([
        code,
        expect.stringMatching(new RegExp(`^(–|${exitCodeOf(code)}.*)$`)),
      ])
    }
  })
})
