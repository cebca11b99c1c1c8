// What the service costs at run time: nothing of the demo is loaded where it is not asked for.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const repository = path.resolve(import.meta.dirname, '../..')

/** Every file that these files load, by any kind of import, types included. */
function loadedBy(entries: readonly string[]): Set<string> {
  const seen = new Set(entries)
  for (const name of seen) {
    const text = readFileSync(path.join(repository, name), 'utf8')
    for (const [, target = ''] of text.matchAll(/(?:from|import\() ?'(\.[^']+\.ts)'/g)) {
      seen.add(path.posix.join(path.posix.dirname(name), target))
    }
  }
  return seen
}

describe('the demo', () => {
  it('is loaded by its own command alone', () => {
    const others = ['run', 'check', 'once', 'spool-ls', 'spool-verify', 'spool-replay', 'spool-export']
    const commands = others.map((name) => `src/cli/commands/${name}.ts`)
    const loaded = loadedBy([...commands, 'src/worker/thread.ts', 'src/sources/sql/driver-host/main.ts'])
    expect([...loaded]).toEqual(expect.arrayContaining(['src/app.ts', 'src/sinks/loki/sink.ts']))
    expect([...loaded].filter((name) => name.includes('demo'))).toEqual([])
    expect(loadedBy(['src/cli/commands/demo.ts'])).toContain('src/demo/receiver/store.ts')
  })
})
