import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sinks } from '../../src/sinks/registry.ts'
import { lokiCodec } from '../../src/sinks/loki/codec.ts'
import { createLokiSink } from '../../src/sinks/loki/sink.ts'

const sourceFolder = new URL('../../src/sinks/', import.meta.url)

describe('the registry of sinks', () => {
  it('loads both halves of the Loki sink', async () => {
    expect(await sinks.loki.codec()).toBe(lokiCodec)
    expect(await sinks.loki.create()).toBe(createLokiSink)
  })

  it('costs a worker nothing but Node and core: no other import stands in it or in the codec', () => {
    for (const file of ['registry.ts', 'loki/codec.ts', 'loki/wire.ts']) {
      const text = readFileSync(new URL(file, sourceFolder), 'utf8')
      const imported = [...text.matchAll(/^import .* from '([^']+)'/gm)].map(([, name]) => name)
      for (const name of imported) expect(name).toMatch(/^(node:|\.\.\/\.\.\/core\/|\.\/wire\.ts$)/)
    }
  })
})
