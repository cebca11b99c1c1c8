// What the service costs at run time: nothing of the demo is loaded where it is not asked for.

import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { requestsOf, sourceFilesOf } from '../support/tidy/source-file.ts'

process.chdir(path.resolve(import.meta.dirname, '../..'))

/** Every file that these files load, by any kind of import. */
function loadedBy(entries: readonly string[]): Set<string> {
  const files = new Map(sourceFilesOf('src').map((file) => [file.path, file]))
  const seen = new Set(entries)
  for (const name of seen) {
    const file = files.get(name)
    if (file === undefined) continue
    for (const { target } of requestsOf(file)) if (target !== undefined) seen.add(target)
  }
  return seen
}

describe('the demo', () => {
  it('is loaded by its own command alone', () => {
    const others = ['run', 'check', 'once', 'spool-ls', 'spool-verify', 'spool-replay', 'spool-export']
    const commands = others.map((name) => `src/cli/commands/${name}.ts`)
    const entries = [...commands, 'src/worker/thread.ts', 'src/sources/sql/driver-host/main.ts']
    const loaded = [...loadedBy(entries)]
    expect(loaded).toEqual(expect.arrayContaining(['src/app.ts', 'src/worker/messages.ts']))
    expect(loaded.filter((name) => name.includes('demo'))).toEqual([])
    expect(loadedBy(['src/cli/commands/demo.ts'])).toContain('src/demo/receiver/store.ts')
  })
})
