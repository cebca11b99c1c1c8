// The laws of the project that a linter cannot hold. Each rule is shown failing on a bad snippet, then run
// over the project; a fault reads `path:line: what`.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { errorAccounts } from '../src/core/errors.ts'
import * as documents from './support/tidy/documents.ts'
import { layerFaults, nativePackageFaults, pluginFaults } from './support/tidy/layers.ts'
import { sourceFile, sourceFilesOf } from './support/tidy/source-file.ts'
import * as syntax from './support/tidy/syntax.ts'

process.chdir(dirname(import.meta.dirname))

const src = sourceFilesOf('src')
const test = sourceFilesOf('test')
const bench = sourceFilesOf('bench')
const everything = [...src, ...test, ...bench, ...sourceFilesOf('scripts')]

describe('layers', () => {
  it('hold in src', () => expect(layerFaults(src)).toEqual([]))

  it.each([
    {
      what: 'a static import',
      path: 'src/core/x.ts',
      text: "import { a } from '../kit/a.ts'",
      to: 'src/kit',
    },
    {
      what: 'a type-only import',
      path: 'src/kit/x.ts',
      text: "import type { A } from '../cli/a.ts'",
      to: 'src/cli',
    },
    {
      what: 'a sibling',
      path: 'src/web/x.ts',
      text: "import { a } from '../startup/a.ts'",
      to: 'src/startup',
    },
    { what: 'a dynamic import', path: 'src/spool/x.ts', text: "import('../worker/a.ts')", to: 'src/worker' },
    {
      what: 'an inline type',
      path: 'src/core/x.ts',
      text: "type A = import('../app.ts').A",
      to: 'src/app.ts',
    },
    { what: 'a re-export', path: 'src/core/x.ts', text: "export { a } from '../cli/a.ts'", to: 'src/cli' },
    {
      what: 'a worker entry',
      path: 'src/core/x.ts',
      text: "new URL('../worker/a.ts', here)",
      to: 'src/worker',
    },
  ])('refuse $what that points up or sideways', ({ path, text, to }) => {
    const fault = `${path}:1: ${dirname(path)} must not import ${to}`
    expect(layerFaults([sourceFile(path, text)])).toEqual([fault])
  })

  it('refuse what lies outside src, and a folder that has no layer', () => {
    const outside = sourceFile('src/core/x.ts', "import { a } from '../../test/a.ts'")
    const faults = [
      'src/core/x.ts:1: test/a.ts lies outside src/',
      'src/utils/x.ts:1: src/utils has no place among the layers',
    ]
    expect(layerFaults([outside, sourceFile('src/utils/x.ts', '')])).toEqual(faults)
  })

  it('let imports point down, and cli and main know each other', () => {
    const files = [
      sourceFile('src/app.ts', "import { a } from './worker/a.ts'\nimport { b } from './core/b.ts'"),
      sourceFile('src/main.ts', "import { run } from './cli/run.ts'"),
      sourceFile('src/worker/x.ts', "import { a } from './a.ts'\nimport { b } from '../spool/b.ts'"),
    ]
    expect(layerFaults(files)).toEqual([])
  })
})

describe('plugins', () => {
  it('see no sibling and no registry', () => expect(pluginFaults(src)).toEqual([]))

  it.each(['../http/a.ts', '../../sinks/loki/a.ts', '../registry.ts'])('must not import %s', (target) => {
    const file = sourceFile('src/sources/sql/x.ts', `import { a } from '${target}'`)
    expect(pluginFaults([file])).toEqual([
      expect.stringContaining('x.ts:1: the plugin src/sources/sql must not'),
    ])
  })

  it('may import their own folders', () => {
    const text = "import { a } from '../source.ts'"
    expect(pluginFaults([sourceFile('src/sources/sql/driver-host/x.ts', text)])).toEqual([])
  })

  it('have a README and a sample', () => {
    expect(documents.pluginPaperFaults(pluginFolders(), readProject)).toEqual([])
  })

  it.each([
    [{}, ['p/README.md is missing', 'p/sample.json is missing']],
    [{ 'p/README.md': 'x', 'p/sample.json': '{' }, [expect.stringContaining('p/sample.json is not JSON')]],
    [{ 'p/README.md': 'x', 'p/sample.json': '{}' }, []],
  ])('are found without them: %j', (files, faults) => {
    expect(documents.pluginPaperFaults(['p'], readOf(files))).toEqual(faults)
  })
})

describe('native packages', () => {
  it('are imported by the drivers alone', () => expect(nativePackageFaults(src)).toEqual([]))

  it.each([
    "import koffi from 'koffi'",
    "await import('odbc')",
    "require('odbc')",
    "import type { L } from 'koffi'",
  ])('are found elsewhere: %s', (text) => {
    const elsewhere = sourceFile('src/sources/sql/source.ts', text)
    const there = sourceFile('src/sources/sql/driver-host/drivers/odbc-direct/x.ts', text)
    expect(nativePackageFaults([elsewhere, there])).toEqual([expect.stringContaining('sql/source.ts:1: ')])
  })
})

describe('sizes', () => {
  it('hold everywhere', () => expect(syntax.sizeFaults(everything)).toEqual([]))

  it('allow 400 lines of 110 characters and no more', () => {
    const line = `// ${'é'.repeat(107)}\n`
    expect(syntax.sizeFaults([sourceFile('x.ts', line.repeat(400))])).toEqual([])
    expect(syntax.sizeFaults([sourceFile('x.ts', '//\n'.repeat(401))])).toEqual([
      'x.ts:401: 401 lines of 400',
    ])
    expect(syntax.sizeFaults([sourceFile('x.ts', `//\n/${line}`)])).toEqual(['x.ts:2: 111 characters of 110'])
    const importLine = `import { a } from '${'b'.repeat(110)}'\n`
    expect(syntax.sizeFaults([sourceFile('x.ts', importLine)])).toEqual([])
  })
})

describe('headers', () => {
  it('say what each file of src and bench is for', () => {
    expect(syntax.headerFaults([...src, ...bench])).toEqual([])
  })

  it.each(['export const a = 1', '', '//\nlet a', '/* x */'])('are missed in %j', (text) => {
    expect(syntax.headerFaults([sourceFile('x.ts', text)])).toHaveLength(1)
  })

  it('may follow the line that names the interpreter', () => {
    expect(syntax.headerFaults([sourceFile('x.ts', '#!/usr/bin/env node\n// What for.')])).toEqual([])
  })
})

describe('types', () => {
  it('are neither forced nor switched off', () =>
    expect(syntax.typeFaults([...src, ...test, ...bench])).toEqual([]))

  it.each([
    ['enum A { B }', 'an enum'],
    ['let a: any', 'any'],
    ['const a = b!.c', 'a non-null assertion'],
    ['const a = b as C', 'a type assertion without a reason'],
    ['// about another line\n\nconst a = b as C', 'a type assertion without a reason'],
    ["const a = '// no comment' as C", 'a type assertion without a reason'],
  ])('are: %s', (text, fault) => {
    expect(syntax.typeFaults([sourceFile('x.ts', text)])).toEqual([expect.stringContaining(fault)])
  })

  it.each([
    'const a = b as C // the parser admits nothing else',
    '// The parser admits nothing else.\nconst a = b as C',
    'const a = [1] as const',
    "import { a as b } from './a.ts'\nexport { b as c }",
  ])('may be written: %s', (text) => {
    expect(syntax.typeFaults([sourceFile('x.ts', text)])).toEqual([])
  })
})

describe('exports', () => {
  it('are named, and come from where they are made', () =>
    expect(syntax.exportFaults([...src, ...bench])).toEqual([]))

  it.each(['export default 1', "export * from './a.ts'", "export { a } from './a.ts'"])(
    'are not: %s',
    (text) => {
      expect(syntax.exportFaults([sourceFile('x.ts', text)])).toHaveLength(1)
    },
  )
})

describe('tests', () => {
  it('never wait for time', () => {
    expect(syntax.waitFaults(test.filter(({ path }) => !path.startsWith('test/support/')))).toEqual([])
  })

  it.each(['setTimeout(go, 5)', 'await new Promise((go) => setTimeout(go, 5))', 'await sleep(5)'])(
    'are caught waiting: %s',
    (text) => expect(syntax.waitFaults([sourceFile('x.ts', text)])).toHaveLength(1),
  )

  it('all run', () => expect(syntax.evasionFaults(test)).toEqual([]))

  it.each(['skip', 'only', 'todo', 'skipIf(true)', 'concurrent.only'])(
    'are caught not running: it.%s',
    (call) => {
      expect(syntax.evasionFaults([sourceFile('x.ts', `it.${call}('x', () => {})`)])).toHaveLength(1)
    },
  )
})

describe('documents', () => {
  it('explain every error code', () => {
    expect(documents.errorPageFaults(Object.keys(errorAccounts), readProject)).toEqual([])
  })

  it('must name a code in a heading or at the start of a table row', () => {
    const page =
      '## `config_missing`\n| `port_taken` | text |\nflag_invalid is named in passing\n## internal\n'
    const codes = ['config_missing', 'port_taken', 'flag_invalid', 'internal', 'port']
    const missing = ['flag_invalid', 'port'].map((code) => `docs/errors.md does not explain ${code}`)
    expect(documents.errorPageFaults(codes, readOf({ 'docs/errors.md': page }))).toEqual(missing)
    expect(documents.errorPageFaults(codes, readOf({}))).toEqual(['docs/errors.md is missing'])
  })

  it('tell of unreleased changes', () => expect(documents.changeLogFaults(readProject)).toEqual([]))

  it('are missed when the change log has no such section', () => {
    expect(documents.changeLogFaults(readOf({ 'CHANGELOG.md': '## 1.0' }))).toHaveLength(1)
    expect(documents.changeLogFaults(readOf({}))).toHaveLength(1)
  })

  it('number rules that tests name', () => {
    const specs = readdirSync('docs/specs').map((name) => pageOf(`docs/specs/${name}`))
    const tests = test.filter(
      ({ path }) => /\.(test|contract)\.ts$/.test(path) && path !== 'test/tidy.test.ts',
    )
    expect(specs.length).toBeGreaterThan(0)
    expect(documents.ruleFaults(specs, tests)).toEqual([])
  })

  it('are missed by a rule that no test names, and by a number that is given twice', () => {
    const specs = [
      { path: 'a.md', text: '| A-1 | x |\n| A-2 | see A-3 |\n' },
      { path: 'b.md', text: '| A-1 | y |' },
    ]
    const tests = [{ path: 'x.test.ts', text: "it('A-1: x')\nit('A-22: y')" }]
    expect(documents.ruleFaults(specs, tests)).toEqual([
      'a.md: no test names A-2',
      'b.md: A-1 is the number of another rule too',
    ])
  })

  it('keep AGENTS.md short', () => expect(documents.agentsFaults(readProject)).toEqual([]))

  it('may fill 90 lines of AGENTS.md and no more', () => {
    expect(documents.agentsFaults(readOf({ 'AGENTS.md': 'x\n'.repeat(90) }))).toEqual([])
    expect(documents.agentsFaults(readOf({ 'AGENTS.md': 'x\n'.repeat(91) }))).toEqual([
      'AGENTS.md has 91 lines of 90',
    ])
  })
})

function pluginFolders(): string[] {
  return ['src/sources', 'src/sinks'].flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${folder}/${entry.name}`),
  )
}

function pageOf(path: string): documents.Page {
  return { path, text: readFileSync(path, 'utf8') }
}

function readProject(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function readOf(files: Readonly<Record<string, string>>): documents.ReadFile {
  return (path) => files[path]
}
