// What the service's main thread loads of Node before anything happens: an import can bring megabytes.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const src = join(import.meta.dirname, '../src')

function builtinsLoadedBy(files: readonly string[]): string[] {
  const imports = files.map((file) => `await import(${JSON.stringify(join(src, file))})`)
  const program = [...imports, 'console.log(JSON.stringify(process.moduleLoadList))'].join('\n')
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  return JSON.parse(stdout) as string[] // Node's own list of names
}

const service = [
  'cli/index.ts',
  'cli/commands/run.ts',
  'app.ts',
  'sinks/loki/sink.ts',
  'web/server.ts',
  'web/handler.ts',
]

it('the service loads neither undici nor TLS, which an import of node:http would bring', () => {
  const loaded = builtinsLoadedBy(service)
  expect(loaded).toContain('NativeModule http')
  expect(loaded.filter((name) => /undici|NativeModule (?:https|tls)$/.test(name))).toEqual([])
}, 30_000)
