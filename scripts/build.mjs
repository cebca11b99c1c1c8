// Compiles src/ into dist/, from nothing: what was removed from src/ is gone from dist/ too.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { main, root, run, toolEnvironment } from './lib/steps.mjs'

await main(async () => {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  await run('tsc', ['-p', 'tsconfig.build.json'], { env: toolEnvironment() })
  return 0
})
