// Compiles src/ into dist/, from nothing: what was removed from src/ is gone from dist/ too.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from './lib/compile.mjs'
import { main, root } from './lib/steps.mjs'

await main(async () => {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  await compile(root)
  return 0
})
